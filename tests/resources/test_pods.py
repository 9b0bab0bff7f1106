"""The logs of pods: from whoever runs them, or a clear no."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from roadstead.apimachinery.ask import Ask
from roadstead.base.values import Json
from roadstead.kube.status import StatusError
from roadstead.resources import plain
from roadstead.resources.pods import LogOptions, Pods
from tests.resources.world import World

CONTAINERS = [{"name": "a", "image": "i"}, {"name": "b", "image": "i"}]


def pods(world: World) -> Pods:
    """The kind."""
    found = world.kinds.plain(plain.PODS)
    assert isinstance(found, Pods)
    return found


async def log(world: World, **query: str) -> str:
    """The log of the pod `p`."""
    ask: Ask = world.ask(query=query)
    outcome = await pods(world).subresource("get", "shop", "p", "log", None, ask)
    assert outcome.text is not None
    return b"".join([piece async for piece in outcome.text]).decode()


async def pod(world: World, containers: Any = CONTAINERS[:1], **spec: Any) -> None:
    await world.create("pods", "p", spec={"containers": containers, **spec})


async def test_a_log_comes_from_whoever_runs_the_pod(world: World) -> None:
    asked: list[LogOptions] = []

    async def source(found: Json, options: LogOptions) -> AsyncIterator[bytes]:
        asked.append(options)

        async def lines() -> AsyncIterator[bytes]:
            yield found["metadata"]["name"].encode()
            yield b": hello\n"

        return lines()

    pods(world).logs = source
    await pod(world, nodeName="here")
    assert await log(world, tailLines="5", follow="true", limitBytes="9") == "p: hello\n"
    assert asked == [LogOptions("a", follow=True, tail_lines=5, limit_bytes=9)]


@pytest.mark.parametrize(
    ("spec", "query", "why"),
    [
        ({}, {}, "pod p does not have a host assigned"),
        ({"nodeName": "far"}, {}, "the log of pod p is not kept here"),
        ({}, {"container": "x"}, "container x is not valid for pod p"),
        ({"containers": CONTAINERS}, {}, r"a container name must be specified for pod p, choose one of: \[a b\]"),
        ({}, {"tailLines": "-1"}, 'tailLines: Invalid value: "-1": must be greater than or equal to 0'),
        ({}, {"sinceSeconds": "0"}, 'sinceSeconds: Invalid value: "0": must be greater than or equal to 1'),
    ],
)
async def test_a_log_nobody_has_is_refused_with_the_reason(world: World, spec: Json, query: Any, why: str) -> None:
    await pod(world, **spec)
    with pytest.raises(StatusError, match=why):
        await log(world, **query)


async def test_a_pod_that_is_not_there_has_no_log(world: World) -> None:
    with pytest.raises(StatusError, match='pods "p" not found'):
        await log(world)


@pytest.mark.parametrize("connection", ["attach", "exec", "portforward"])
@pytest.mark.parametrize("verb", ["create", "get"])
async def test_nobody_is_connected_to_a_program_and_the_refusal_says_why(
    world: World, verb: str, connection: str
) -> None:
    await pod(world)
    with pytest.raises(StatusError, match="pod p does not have a host assigned"):
        await pods(world).subresource(verb, "shop", "p", connection, None, world.ask())
    with pytest.raises(StatusError, match='pods "q" not found'):
        await pods(world).subresource(verb, "shop", "q", connection, None, world.ask())


async def test_nobody_is_connected_to_what_runs_elsewhere(world: World) -> None:
    await pod(world, nodeName="n")
    with pytest.raises(StatusError, match="pod p runs elsewhere, if at all"):
        await pods(world).subresource("create", "shop", "p", "exec", None, world.ask())
