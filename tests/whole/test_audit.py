"""Both doors tell who changed what, by whose word, and how it ended."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from roadstead.base.settings import Audit, Settings
from roadstead.base.values import Json
from tests.whole.world import World, basic, bearer, opened


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = await opened(tmp_path, replace(Settings(), audit=Audit(to="file")))
    await made.namespace("shop")
    yield made
    await made.app.close()


def last(world: World, *fields: str) -> list[object]:
    """Some fields of the last line."""
    record: Json = orjson.loads((world.folder / "audit.jsonl").read_bytes().splitlines()[-1])
    assert record["time"].endswith("Z")
    assert record["id"]
    return [record.get(field) for field in fields]


def count(world: World) -> int:
    return len((world.folder / "audit.jsonl").read_bytes().splitlines())


WHAT = ("verb", "group", "resource", "subresource", "namespace", "name")


async def test_a_change_by_the_administrator(world: World) -> None:
    await world.must("POST", "/api/v1/namespaces/shop/configmaps", {"metadata": {"name": "c"}, "data": {"a": "b"}})
    assert last(world, *WHAT) == ["create", None, "configmaps", None, "shop", "c"]
    assert last(world, "door", "user", "decision", "code") == ["api", "system:admin", "allow", 201]
    await world.must("DELETE", "/api/v1/namespaces/shop/configmaps/c")
    assert last(world, *WHAT) == ["delete", None, "configmaps", None, "shop", "c"]
    assert last(world, "reason", "code") == ["group system:masters may do everything", 200]


async def test_a_change_in_somebody_elses_name_tells_both(world: World) -> None:
    await world.api("POST", "/api/v1/namespaces", {"metadata": {"name": "x"}}, Impersonate_User="alice")
    assert last(world, "user", "impersonated_by", "decision", "code") == ["alice", "system:admin", "forbid", 403]
    assert "alice" in str(last(world, "reason")[0])


async def test_a_change_by_nobody_we_know(world: World) -> None:
    await world.api("DELETE", "/api/v1/namespaces/shop", Authorization="Bearer nonsense")
    assert last(world, "user", "decision", "name", "code") == [None, "unauthenticated", "shop", 401]


async def test_a_try_to_act_as_somebody_without_the_right(world: World) -> None:
    await world.account("shop", "robot")
    token = await world.token("shop", "robot")
    await world.api("DELETE", "/api/v1/namespaces/shop", Authorization=bearer(token), Impersonate_User="root")
    assert last(world, "user", "decision", "code") == ["system:serviceaccount:shop:robot", "forbid", 403]


async def test_reads_and_reviews_are_not_told(world: World) -> None:
    before = count(world)
    await world.must("GET", "/api/v1/namespaces")
    await world.must("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", {"metadata": {}})
    await world.registry("GET", "/v2/", basic("x", world.admin))
    assert count(world) == before


async def test_a_push_and_a_refused_one(world: World) -> None:
    await world.registry("POST", "/v2/shop/web/blobs/uploads/", basic("x", world.admin))
    assert last(world, "door", "user", "verb", "path") == [
        "registry",
        "system:admin",
        "post",
        "/v2/shop/web/blobs/uploads/",
    ]
    assert last(world, "namespace", "name", "decision", "code") == ["shop", "web", "allow", 202]
    await world.registry("POST", "/v2/shop/web/blobs/uploads/", "Bearer anonymous")
    assert last(world, "user", "decision", "code") == ["system:anonymous", "forbid", 401]


async def test_no_line_tells_a_secret(world: World) -> None:
    await world.must(
        "POST", "/api/v1/namespaces/shop/secrets", {"metadata": {"name": "s"}, "stringData": {"k": "hunter2"}}
    )
    await world.account("shop", "robot")
    token = await world.token("shop", "robot")
    await world.registry("POST", "/v2/shop/web/blobs/uploads/", basic("x", token))
    text = (world.folder / "audit.jsonl").read_text()
    assert "hunter2" not in text
    assert token not in text
    assert world.admin not in text
