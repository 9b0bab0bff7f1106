"""Loops see to every key, again after failures, and stop when told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from structlog.testing import capture_logs

from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.collection import Collection
from roadstead.base.errors import NotFound
from roadstead.controllers.lease import Lease
from roadstead.controllers.loop import Loop, Watched, itself
from roadstead.controllers.queue import Key
from roadstead.kube import status
from roadstead.objects.store import Store
from roadstead.resources import plain
from roadstead.testing.clock import START, SimulatedClock
from tests.controllers.waiting import running, until

ASK = Ask.internal(START)


@pytest.fixture
def roles(store: Store) -> Collection:
    """Some kind to watch."""
    return Collection(plain.ROLES, store)


async def make(roles: Collection, name: str, **more: Any) -> None:
    await roles.create("shop", {"metadata": {"name": name}, **more}, ASK)


def recording(seen: list[Key]) -> Callable[[Key], Awaitable[float | None]]:
    async def reconcile(key: Key) -> None:
        seen.append(key)

    return reconcile


async def test_what_is_there_at_the_start_comes_once_and_then_each_change(
    roles: Collection, clock: SimulatedClock
) -> None:
    seen: list[Key] = []
    await make(roles, "old")
    async with running(Loop("test", [Watched(roles, itself)], recording(seen), clock=clock)):
        await until(lambda: seen == [("shop", "old")])
        await make(roles, "new")
        await until(lambda: len(seen) == 2)
        await roles.delete("shop", "old", ASK)
        await until(lambda: len(seen) == 3)
    assert seen == [("shop", "old"), ("shop", "new"), ("shop", "old")]


async def test_a_change_asks_for_the_keys_of_both_states(roles: Collection, clock: SimulatedClock) -> None:
    seen: list[Key] = []

    def target(obj: dict[str, Any]) -> list[Key]:
        return [("", (obj["metadata"].get("labels") or {}).get("follows", "nobody"))]

    await make(roles, "one")
    async with running(Loop("test", [Watched(roles, target)], recording(seen), clock=clock)):
        await until(lambda: seen == [("", "nobody")])
        body = {"metadata": {"name": "one", "labels": {"follows": "a"}}}
        await roles.update("shop", "one", body, ASK)
        await until(lambda: len(seen) == 3)
    assert sorted(seen[1:]) == [("", "a"), ("", "nobody")]


async def test_what_mentions_a_text_comes_before_and_after_it_does_and_nothing_else(
    roles: Collection, clock: SimulatedClock
) -> None:
    seen: list[Key] = []
    await make(roles, "silent")
    await make(roles, "loud", rules=[{"verbs": ["sail"]}])
    async with running(Loop("test", [Watched(roles, itself, b'"sail"')], recording(seen), clock=clock)):
        await until(lambda: seen == [("shop", "loud")])
        await make(roles, "quiet", rules=[{"verbs": ["row"]}])
        await roles.update("shop", "loud", {"metadata": {"name": "loud"}, "rules": [{"verbs": ["row"]}]}, ASK)
        await until(lambda: len(seen) == 2)
        await roles.update("shop", "loud", {"metadata": {"name": "loud"}, "rules": [{"verbs": ["rest"]}]}, ASK)
        await make(roles, "last", rules=[{"verbs": ["sail"]}])
        await until(lambda: len(seen) == 3)
    assert seen == [("shop", "loud"), ("shop", "loud"), ("shop", "last")]


async def test_a_key_that_comes_while_it_is_worked_on_comes_once_more_and_never_twice_at_a_time(
    roles: Collection, clock: SimulatedClock
) -> None:
    begun, at_work, gate = 0, 0, asyncio.Event()

    async def reconcile(key: Key) -> None:
        nonlocal begun, at_work
        begun, at_work = begun + 1, at_work + 1
        assert at_work == 1
        await gate.wait()
        at_work -= 1

    await make(roles, "one")
    loop = Loop("test", [Watched(roles, itself)], reconcile, workers=3, clock=clock)
    async with running(loop):
        await until(lambda: begun == 1)
        for _ in range(5):
            loop.add(("shop", "one"))
        gate.set()
        await until(lambda: begun == 2 and at_work == 0)
        await clock.settle()
    assert begun == 2


async def test_a_failure_is_told_in_one_line_and_comes_again_ever_later(
    roles: Collection, clock: SimulatedClock
) -> None:
    times: list[float] = []

    async def reconcile(key: Key) -> None:
        times.append(clock.seconds())
        raise NotFound("secret", "pull")

    await make(roles, "one")
    with capture_logs() as lines:
        async with running(Loop("test", [Watched(roles, itself)], reconcile, clock=clock)):
            for count, wait in enumerate((1, 2, 4, 8, 16, 30, 30), start=1):
                await until(lambda count=count: len(times) == count)  # type: ignore[misc]
                await clock.settle()
                await clock.advance(wait - 0.5)
                assert len(times) == count
                await clock.advance(0.5)
    told = [line for line in lines if line["event"] == "reconcile failed"]
    assert len(told) == len(times)
    wanted = {"loop": "test", "namespace": "shop", "object": "one", "again_in": 1.0}
    assert {name: told[0][name] for name in wanted} == wanted


@pytest.mark.parametrize(("times", "told"), [(1, 0), (2, 1)])
async def test_who_was_slower_once_says_nothing_of_it(
    roles: Collection, clock: SimulatedClock, times: int, told: int
) -> None:
    begun = 0

    async def reconcile(key: Key) -> None:
        nonlocal begun
        begun += 1
        if begun <= times:
            raise status.conflict(status.GroupResource("", "roles"), "one", "modified")

    await make(roles, "one")
    with capture_logs() as lines:
        async with running(Loop("test", [Watched(roles, itself)], reconcile, clock=clock)):
            for wait in (1, 2):
                await clock.settle()
                await clock.advance(wait)
            await until(lambda: begun > times)
    assert [line["event"] for line in lines if line["log_level"] == "warning"] == ["reconcile failed"] * told


async def test_success_forgets_the_failures_before(roles: Collection, clock: SimulatedClock) -> None:
    times: list[float] = []

    async def reconcile(key: Key) -> None:
        times.append(clock.seconds())
        if len(times) != 3:
            raise NotFound("secret", "pull")

    await make(roles, "one")
    loop = Loop("test", [Watched(roles, itself)], reconcile, clock=clock)
    async with running(loop):
        for count, wait in ((1, 1), (2, 2)):
            await until(lambda count=count: len(times) == count)  # type: ignore[misc]
            await clock.settle()
            await clock.advance(wait)
        await until(lambda: len(times) == 3)
        loop.add(("shop", "one"))
        await until(lambda: len(times) == 4)
        await clock.settle()
        await clock.advance(1)
        await until(lambda: len(times) == 5)
    assert times == [0, 1, 3, 3, 4]


async def test_a_key_comes_again_when_it_asked_to(roles: Collection, clock: SimulatedClock) -> None:
    times: list[float] = []

    async def reconcile(key: Key) -> float:
        times.append(clock.seconds())
        return 90.0

    await make(roles, "one")
    async with running(Loop("test", [Watched(roles, itself)], reconcile, clock=clock)):
        await until(lambda: len(times) == 1)
        await clock.settle()
        await clock.advance(89)
        assert times == [0]
        await clock.advance(1)
        await until(lambda: len(times) == 2)


async def test_a_resync_makes_everything_come_again(roles: Collection, clock: SimulatedClock) -> None:
    seen: list[Key] = []
    await make(roles, "one")
    await make(roles, "two")
    async with running(Loop("test", [Watched(roles, itself)], recording(seen), resync_seconds=600, clock=clock)):
        await until(lambda: len(seen) == 2)
        await clock.settle()
        await clock.advance(600)
        await until(lambda: len(seen) == 4)


async def test_a_watch_that_fell_behind_starts_anew(store: Store, clock: SimulatedClock) -> None:
    seen: list[Key] = []
    tight = Store(store._log, watch_queue=2)
    roles = Collection(plain.ROLES, tight)
    async with running(Loop("test", [Watched(roles, itself)], recording(seen), clock=clock)):
        await clock.settle()
        names = [f"r{index}" for index in range(9)]
        staged = [await roles.stage_create({"metadata": {"name": each, "namespace": "shop"}}, ASK) for each in names]
        await tight.append([each.write for each in staged if each.write])
        await clock.settle()
        await clock.advance(1)
        await until(lambda: {name for _, name in seen} == set(names))


async def test_an_object_that_breaks_the_key_function_does_not_stop_the_others(
    roles: Collection, clock: SimulatedClock
) -> None:
    seen: list[Key] = []

    def key_of(obj: dict[str, Any]) -> list[Key]:
        return [("", obj["metadata"]["labels"]["app"])]

    await make(roles, "broken")
    await roles.create("shop", {"metadata": {"name": "whole", "labels": {"app": "web"}}}, ASK)
    with capture_logs():
        async with running(Loop("test", [Watched(roles, key_of)], recording(seen), clock=clock)):
            await until(lambda: seen == [("", "web")])


async def test_a_loop_works_only_while_its_lease_is_held(
    roles: Collection, leases: Collection, clock: SimulatedClock
) -> None:
    await make(roles, "one")
    seen: dict[str, list[Key]] = {"a": [], "b": []}
    held = {name: Lease(leases, "ops", "work", name, clock=clock) for name in seen}
    loops = [
        Loop(name, [Watched(roles, itself)], recording(seen[name]), lease=held[name], clock=clock) for name in seen
    ]
    async with running(*loops):
        await held["a"].step()
        await held["b"].step()
        await until(lambda: seen["a"] == [("shop", "one")])
        await make(roles, "two")
        await until(lambda: len(seen["a"]) == 2)
        assert seen["b"] == []
        # a falls silent: first it stops, then b may begin.
        await clock.advance(25)
        await held["b"].step()
        await make(roles, "three")
        await clock.settle()
        assert (len(seen["a"]), seen["b"]) == (2, [])
        await clock.advance(10)
        await held["b"].step()
        await until(lambda: len(seen["b"]) == 3)
        assert len(seen["a"]) == 2


async def test_a_loop_ends_when_the_store_closes(roles: Collection, clock: SimulatedClock) -> None:
    task = asyncio.create_task(Loop("test", [Watched(roles, itself)], recording([]), clock=clock).run())
    await clock.settle()
    roles.store.end_watches()
    await asyncio.wait_for(task, 5)
