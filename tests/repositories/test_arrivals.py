"""How pushes enter a stream together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from roadstead.base.errors import Failure
from roadstead.objects.sqlite import SqliteLog
from roadstead.objects.store import Store
from roadstead.repositories.arrivals import Arrival, Kept, Precondition, PreconditionFailed
from tests.resources.world import World, digest, furnished, image


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    store = Store(SqliteLog(tmp_path / "objects.db"))
    world = await furnished(store)
    await world.kinds.arrivals.ensure_stream("shop", "web", world.ask())
    yield world
    await store.close()


def arrival(world: World, letter: str, tag: str, precondition: Precondition | None = None) -> Arrival:
    return Arrival(image(letter), [tag], world.ask(), precondition=precondition)


async def all_at_once(world: World, *arrivals: Arrival) -> list[Kept | BaseException]:
    keeping = (world.kinds.arrivals.keep("shop", "web", each) for each in arrivals)
    return await asyncio.gather(*keeping, return_exceptions=True)


async def writes_of_the_stream(world: World, after: int) -> int:
    changes = await world.store.changes(after, 0)
    return sum(change.key.resource.startswith("imagestreams") for change in changes)


async def test_pushes_that_wait_share_one_write_of_their_stream(world: World) -> None:
    before = world.store.revision()
    await all_at_once(world, *(arrival(world, letter, f"tag-{letter}") for letter in "abcdef"))
    assert len(world.kinds.contents.tags("shop", "web")) == 6
    assert await writes_of_the_stream(world, before) < 6


async def test_one_push_that_may_not_enter_does_not_stop_the_others(world: World) -> None:
    missing = Precondition(match=frozenset({digest("f")}))
    results = await all_at_once(
        world, arrival(world, "a", "one"), arrival(world, "b", "two", missing), arrival(world, "c", "three")
    )
    assert [isinstance(result, Failure) for result in results] == [False, True, False]
    assert isinstance(results[1], PreconditionFailed)
    assert world.kinds.contents.tags("shop", "web") == ["one", "three"]


async def test_of_two_first_pushes_that_want_to_be_the_first_one_wins(world: World) -> None:
    first = Precondition(none_match=frozenset({"*"}))
    results = await all_at_once(world, arrival(world, "a", "v1", first), arrival(world, "b", "v1", first))
    assert sorted(isinstance(result, PreconditionFailed) for result in results) == [False, True]


async def test_a_group_the_stream_refuses_is_tried_one_by_one(world: World) -> None:
    limit = {"type": "openshift.io/ImageStream", "max": {"openshift.io/images": "1"}}
    await world.create("limitranges", "few", spec={"limits": [limit]})
    results = await all_at_once(world, arrival(world, "a", "one"), arrival(world, "b", "two"))
    assert sorted(isinstance(result, Failure) for result in results) == [False, True]
    assert len(world.kinds.contents.tags("shop", "web")) == 1


async def test_a_push_cancelled_in_its_turn_leaves_the_turn_to_the_next(world: World) -> None:
    keep = world.kinds.arrivals.keep
    leading = asyncio.create_task(keep("shop", "web", arrival(world, "a", "one")))
    waiting = asyncio.create_task(keep("shop", "web", arrival(world, "b", "two")))
    await asyncio.sleep(0)
    leading.cancel()
    await waiting
    assert "two" in world.kinds.contents.tags("shop", "web")


async def test_a_change_by_others_is_seen_by_the_next_push(world: World) -> None:
    await all_at_once(world, arrival(world, "a", "one"))
    await world.kinds.stream_tags.delete("shop", "web:one", world.ask())
    await all_at_once(world, arrival(world, "b", "two"))
    assert world.kinds.contents.tags("shop", "web") == ["two"]
