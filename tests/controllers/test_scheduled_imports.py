"""Tags that ask to be kept fresh are looked at once in an interval (import-and-triggers contract, section 2)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from roadstead.controllers.lease import Lease
from roadstead.controllers.scheduled_imports import Rate, ScheduledImports
from roadstead.objects.store import Store
from roadstead.remote.errors import Kind, RemoteFailure
from roadstead.resources import plain
from roadstead.testing import builders
from roadstead.testing.clock import SimulatedClock
from tests.controllers.importing import PLACE, Harbour, harbour
from tests.controllers.waiting import running, until

KEY = ("shop", "web")
INTERVAL = 900.0


@pytest.fixture
async def here(store: Store, clock: SimulatedClock) -> Harbour:
    found = await harbour(store, clock)
    found.push()
    await found.point(scheduled=True)
    return found


def scheduled(here: Harbour, per_minute: int = 0) -> ScheduledImports:
    interval = timedelta(seconds=INTERVAL)
    patience = here.world.kinds.imports.importer.patience
    return ScheduledImports(here.runner, patience, interval=interval, per_minute=per_minute, clock=here.clock)


async def turn(here: Harbour, loop: ScheduledImports) -> float:
    """Lets the next turn come; the seconds until the one after it."""
    waiting = await loop.reconcile(KEY)
    assert waiting is not None
    await here.clock.advance(waiting)
    after = await loop.reconcile(KEY)
    assert after is not None
    return after


async def test_a_moved_tag_is_picked_up_within_the_interval(here: Harbour) -> None:
    async with running(scheduled(here).loop()):
        await here.clock.advance(INTERVAL)
        await until(lambda: here.image() is not None)
        second = here.push(content=builders.image("second"))
        await here.clock.advance(INTERVAL)
        await until(lambda: here.image() == second.digest)


async def test_an_unchanged_tag_is_looked_at_and_nothing_is_written(here: Harbour, store: Store) -> None:
    loop = scheduled(here)
    await turn(here, loop)
    before = store.revision()
    here.asked.clear()
    assert await turn(here, loop) == pytest.approx(INTERVAL, abs=1)
    assert (here.asked, store.revision()) == (["v1"], before)


async def test_before_its_turn_a_stream_is_left_alone_however_often_it_changes(here: Harbour) -> None:
    loop = scheduled(here)
    await turn(here, loop)
    here.asked.clear()
    for number in range(5):
        await here.clock.advance(10)
        await here.world.patch("imagestreams", "web", {"metadata": {"labels": {"n": str(number)}}})
        assert await loop.reconcile(KEY) == pytest.approx(INTERVAL - 10 * (number + 1), abs=1)
    assert here.asked == []


async def test_a_restart_moves_no_turn(here: Harbour) -> None:
    first = await scheduled(here).reconcile(KEY)
    await here.clock.advance(1)
    second = await scheduled(here).reconcile(KEY)
    assert first is not None
    assert second is not None
    assert first - second == pytest.approx(1, abs=0.01)


async def test_only_one_of_two_processes_does_the_work(here: Harbour) -> None:
    leases = here.world.kinds.plain(plain.LEASES)
    one, two = (Lease(leases, "shop", "importers", name, clock=here.clock) for name in ("one", "two"))
    await one.step()
    await two.step()
    assert [one.held(), two.held()] == [True, False]
    here.asked.clear()
    async with running(scheduled(here).loop(one)), running(scheduled(here).loop(two)):
        await here.clock.advance(15)
        await here.clock.settle()
    # The lease was not renewed meanwhile, so nobody worked after it ran out.
    assert here.asked.count("v1") <= 1


async def test_a_registry_that_is_down_is_left_alone_longer_each_time_and_made_up_for(here: Harbour) -> None:
    loop, place = scheduled(here), here.world.elsewhere.repository(PLACE)
    place.fails["*"] = RemoteFailure(Kind.UNAVAILABLE, "no connection", host="q.test")
    await turn(here, loop)
    assert len(here.conditions()) == 1
    patience = here.world.kinds.imports.importer.patience
    assert patience.rest("q.test", here.clock.now()) == timedelta(minutes=1)
    await turn(here, loop)
    assert patience.rest("q.test", here.clock.now()) == timedelta(minutes=2)
    place.fails.clear()
    await turn(here, loop)
    assert here.conditions() == []
    assert patience.rest("q.test", here.clock.now()) == timedelta()


async def test_a_turn_that_falls_into_a_rest_waits_for_its_end(here: Harbour) -> None:
    loop, place = scheduled(here), here.world.elsewhere.repository(PLACE)
    await turn(here, loop)
    waiting = await loop.reconcile(KEY)
    assert waiting is not None
    patience = here.world.kinds.imports.importer.patience
    patience.failed("q.test", here.clock.now(), int(waiting) + 300)
    await here.clock.advance(waiting)
    place.asked.clear()
    rest = await loop.reconcile(KEY)
    assert rest == pytest.approx(300, abs=2)
    assert place.asked == []
    await here.clock.advance(rest or 0)
    await loop.reconcile(KEY)
    assert place.asked == ["v1"]


async def test_tags_that_are_not_scheduled_any_more_are_left_alone(here: Harbour) -> None:
    loop = scheduled(here)
    assert await loop.reconcile(KEY) is not None
    await here.point()
    assert await loop.reconcile(KEY) is None


async def test_the_same_failure_is_written_once(here: Harbour, store: Store) -> None:
    loop, place = scheduled(here), here.world.elsewhere.repository(PLACE)
    place.fails["*"] = RemoteFailure(Kind.DENIED, "denied", host="q.test")
    await turn(here, loop)
    stream = await here.stream()
    await turn(here, loop)
    assert await here.stream() == stream
    (event,) = [each for each in await here.events() if each["reason"] == "FailedImport"]
    assert event["count"] == 2


async def test_looks_are_handed_out_at_the_rate_set(clock: SimulatedClock) -> None:
    rate = Rate(60, clock)
    assert [rate.wait() for _ in range(120)] == [0.0] * 120
    assert rate.wait() == pytest.approx(1.0)
    await clock.advance(1.5)
    assert rate.wait() == 0.0
    assert rate.wait() == pytest.approx(0.5)
    assert Rate(0, clock).wait() == 0.0


async def test_a_stream_that_finds_no_look_left_comes_as_soon_as_there_is_one(here: Harbour) -> None:
    loop = scheduled(here, per_minute=1)
    while not loop._rate.wait():
        pass
    waiting = await loop.reconcile(KEY)
    here.asked.clear()
    await here.clock.advance(waiting or 0)
    soon = await loop.reconcile(KEY)
    assert soon is not None
    if not here.asked:
        assert 0 < soon <= 60
