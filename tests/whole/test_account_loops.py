"""The loops of service accounts in a whole app: what a namespace holds once they have come round."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from pathlib import Path

import orjson
import pytest

from roadstead.base.background import Background
from tests.whole.world import World, bearer, opened

SHOP = "/api/v1/namespaces/shop"
BINDINGS = "/apis/rbac.authorization.k8s.io/v1/namespaces/shop/rolebindings"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = await opened(tmp_path)
    background = Background()
    made.app.start_background(background)
    yield made
    await background.stop()
    await made.app.close()


async def pull_secret(world: World, account: str) -> tuple[str, str]:
    """Host and token of the managed secret of an account, once it is filled in."""
    async with asyncio.timeout(10):
        while True:
            found = await world.must("GET", f"{SHOP}/secrets")
            for secret in found["items"]:
                data = orjson.loads(base64.b64decode((secret.get("data") or {}).get(".dockercfg", "e30=")))
                if secret["metadata"]["name"].startswith(f"{account}-dockercfg-") and data:
                    host, entry = next(iter(data.items()))
                    return host, base64.b64decode(entry["auth"]).decode().removeprefix("<token>:")
            await asyncio.sleep(0.01)


async def test_the_pods_of_a_new_namespace_can_pull_and_its_builder_can_push(world: World) -> None:
    await world.namespace("shop")
    host, token = await pull_secret(world, "default")
    assert host == "registry.test:5000"
    # Allowed, and not there: a caller without the right is told nothing but 401.
    assert (await world.registry("GET", "/v2/shop/web/tags/list", bearer(token)))[0] == 404
    assert (await world.registry("POST", "/v2/shop/web/blobs/uploads/", bearer(token)))[0] == 401
    _, token = await pull_secret(world, "builder")
    assert (await world.registry("POST", "/v2/shop/web/blobs/uploads/", bearer(token)))[0] == 202


async def test_a_namespace_holds_the_usual_accounts_and_bindings(world: World) -> None:
    await world.namespace("shop")
    await pull_secret(world, "deployer")
    accounts = (await world.must("GET", f"{SHOP}/serviceaccounts"))["items"]
    assert sorted(each["metadata"]["name"] for each in accounts) == ["builder", "default", "deployer"]
    bindings = (await world.must("GET", BINDINGS))["items"]
    names = sorted(each["metadata"]["name"] for each in bindings)
    assert names == ["system:deployers", "system:image-builders", "system:image-pullers"]


async def test_a_namespace_goes_with_everything_the_loops_put_into_it(world: World) -> None:
    await world.namespace("shop")
    await pull_secret(world, "deployer")
    await world.must("DELETE", SHOP)
    async with asyncio.timeout(10):
        while (await world.api("GET", SHOP))[0] != 404:  # noqa: ASYNC110 -- asked through the door, as clients do
            await asyncio.sleep(0.01)
    assert (await world.must("GET", f"{SHOP}/serviceaccounts"))["items"] == []
    assert (await world.must("GET", f"{SHOP}/secrets"))["items"] == []
