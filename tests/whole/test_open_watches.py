"""An open watch ends when whoever opened it may not watch any more, and goes on for everybody else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from roadstead.app.build import build
from roadstead.base.settings import Settings
from tests.whole.world import World

BINDINGS = "/apis/rbac.authorization.k8s.io/v1/namespaces/shop/rolebindings"
MAPS = "/api/v1/namespaces/shop/configmaps"
WATCHER = {"kind": "ServiceAccount", "name": "watcher", "namespace": "shop"}


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """A namespace with an account that may view it."""
    app = build(Settings(), tmp_path, "127.0.0.1:5000")
    await app.recover()
    found = World(app, tmp_path)
    await found.namespace("shop")
    await found.account("shop", "watcher")
    await found.grant("shop", "view", WATCHER, "watches")
    yield found
    await app.close()


class Watch:
    """One open watch on config maps."""

    def __init__(self, lines: AsyncGenerator[bytes, None]) -> None:
        self._lines = lines
        self._next: asyncio.Task[bytes] | None = None

    @classmethod
    async def open(cls, world: World, query: str = "", **headers: str) -> Watch:
        reply = await world.reply("GET", f"{MAPS}?watch=true{query}", **headers)
        assert reply.status == 200
        assert isinstance(reply.body, AsyncGenerator)
        found = cls(reply.body)
        await found.quiet()
        return found

    async def quiet(self) -> None:
        """Waits a moment, in which nothing comes."""
        if self._next is None:
            self._next = asyncio.ensure_future(anext(self._lines))
        done, _ = await asyncio.wait({self._next}, timeout=0.05)
        assert not done

    async def event(self) -> Any:
        """The next event."""
        waiting, self._next = self._next or asyncio.ensure_future(anext(self._lines)), None
        return orjson.loads(await asyncio.wait_for(waiting, 5))

    async def ended(self) -> bool:
        """Whether it ends, without a word."""
        try:
            await self.event()
        except StopAsyncIteration:
            return True
        return False

    async def close(self) -> None:
        if self._next is not None:
            self._next.cancel()
            await asyncio.gather(self._next, return_exceptions=True)
        await self._lines.aclose()


async def bearer(world: World) -> dict[str, str]:
    return {"Authorization": f"Bearer {await world.token('shop', 'watcher')}"}


async def test_without_its_binding_a_watch_ends_and_others_go_on(world: World) -> None:
    ours, theirs = await Watch.open(world, **await bearer(world)), await Watch.open(world)
    await world.must("DELETE", f"{BINDINGS}/watches")
    await world.app.api.watches.look()
    assert await ours.ended()
    await world.must("POST", MAPS, {"metadata": {"name": "a"}})
    assert (await theirs.event())["object"]["metadata"]["name"] == "a"
    await theirs.close()


async def test_a_watch_ends_with_the_account_of_its_token(world: World) -> None:
    watch = await Watch.open(world, **await bearer(world))
    await world.must("DELETE", "/api/v1/namespaces/shop/serviceaccounts/watcher")
    await world.app.api.watches.look()
    assert await watch.ended()


async def test_a_watch_opened_in_somebodys_name_ends_with_their_rights(world: World) -> None:
    watch = await Watch.open(world, Impersonate_User="system:serviceaccount:shop:watcher")
    await world.must("DELETE", f"{BINDINGS}/watches")
    await world.app.api.watches.look()
    assert await watch.ended()


async def test_a_watch_that_may_go_on_does(world: World) -> None:
    headers = await bearer(world)
    watches = [await Watch.open(world, **headers), await Watch.open(world, "&fieldSelector=metadata.name=a", **headers)]
    await world.grant("shop", "view", {"kind": "User", "name": "else"}, "other")
    await world.app.api.watches.look()
    await world.must("POST", MAPS, {"metadata": {"name": "a"}})
    for watch in watches:
        assert (await watch.event())["object"]["metadata"]["name"] == "a"
        await watch.close()


async def test_nobody_has_to_ask(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world.app.api.watches, "_seconds", 0.01)
    watch = await Watch.open(world, **await bearer(world))
    await world.must("DELETE", f"{BINDINGS}/watches")
    assert await watch.ended()


async def test_projects_are_watched_only_as_long_as_the_token_is_good(world: World) -> None:
    reply = await world.reply("GET", "/apis/project.openshift.io/v1/projects?watch=true", **await bearer(world))
    assert isinstance(reply.body, AsyncGenerator)
    watch = Watch(reply.body)
    assert (await watch.event())["object"]["metadata"]["name"] == "shop"
    await watch.quiet()
    await world.must("DELETE", "/api/v1/namespaces/shop/serviceaccounts/watcher")
    await world.app.api.watches.look()
    assert await watch.ended()
