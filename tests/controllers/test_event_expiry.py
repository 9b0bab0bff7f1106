"""Events are forgotten once nobody has seen them again for a while."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from roadstead.controllers import event_expiry
from roadstead.controllers.event_expiry import EventExpiry
from roadstead.kube.time import format_time
from roadstead.objects.sqlite import SqliteLog
from roadstead.objects.store import Store
from roadstead.resources import plain
from tests.resources.world import World, furnished


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """Every kind, with a namespace `shop`."""
    store = Store(SqliteLog(tmp_path / "objects.db"))
    yield await furnished(store)
    await store.close()


def expiry(world: World) -> EventExpiry:
    return EventExpiry(world.kinds.plain(plain.EVENTS), timedelta(hours=1), lambda: world.now)


async def event(world: World, name: str) -> None:
    about = {"kind": "ImageStream", "name": "web"}
    await world.create("events", name, involvedObject=about, lastTimestamp=format_time(world.now))


async def test_an_event_goes_an_hour_after_it_was_last_seen(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_expiry, "PAGE", 2)
    work = expiry(world)
    for name in "abc":
        await event(world, name)
    world.now += timedelta(minutes=50)
    await event(world, "late")
    assert await work.step() == 0
    again = {"lastTimestamp": format_time(world.now)}
    await world.patch("events", "a", again)
    world.now += timedelta(minutes=11)
    assert await work.step() == 2
    assert await world.names("events") == ["a", "late"]
    world.now += timedelta(hours=1)
    assert await work.step() == 2
    assert await work.step() == 0


async def test_an_event_without_times_counts_from_its_creation(world: World) -> None:
    work = expiry(world)
    await world.create("events", "plain", involvedObject={"kind": "Pod", "name": "p"}, lastTimestamp=None)
    assert await work.step() == 0
    world.now += timedelta(hours=1)
    assert await work.step() == 1
