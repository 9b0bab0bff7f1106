"""One holder at a time, and a new one when the old one falls silent."""

from __future__ import annotations

import asyncio

from roadstead.apimachinery.collection import Collection
from roadstead.controllers.lease import Lease
from roadstead.testing.clock import SimulatedClock


def lease(leases: Collection, holder: str, clock: SimulatedClock) -> Lease:
    return Lease(leases, "ops", "work", holder, clock=clock)


async def test_of_two_that_want_it_one_holds_it(leases: Collection, clock: SimulatedClock) -> None:
    both = [lease(leases, name, clock) for name in "ab"]
    await asyncio.gather(*(each.step() for each in both))
    assert sorted(each.held() for each in both) == [False, True]
    for _ in range(5):
        await clock.advance(10)
        await asyncio.gather(*(each.step() for each in both))
        assert sorted(each.held() for each in both) == [False, True]


async def test_a_silent_holder_stops_before_another_begins(leases: Collection, clock: SimulatedClock) -> None:
    old, new = lease(leases, "a", clock), lease(leases, "b", clock)
    await old.step()
    for _ in range(40):
        await new.step()
        assert not (old.held() and new.held())
        await clock.advance(1)
    assert new.held()
    assert not old.held()
    await old.step()
    assert not old.held()


async def test_the_record_says_who_and_since_when(leases: Collection, clock: SimulatedClock) -> None:
    first = lease(leases, "a", clock)
    await first.step()
    await clock.advance(10)
    await first.step()
    stored = leases.peek("ops", "work")
    assert stored is not None
    assert stored["spec"] == {
        "holderIdentity": "a",
        "leaseDurationSeconds": 30,
        "acquireTime": "2026-11-23T18:49:39.000000Z",
        "renewTime": "2026-11-23T18:49:49.000000Z",
        "leaseTransitions": 0,
    }


async def test_a_process_that_comes_back_under_its_name_goes_on_at_once(
    leases: Collection, clock: SimulatedClock
) -> None:
    await lease(leases, "a", clock).step()
    again = lease(leases, "a", clock)
    await again.step()
    assert again.held()


async def test_a_clean_stop_gives_the_lease_back(leases: Collection, clock: SimulatedClock) -> None:
    first, second = lease(leases, "a", clock), lease(leases, "b", clock)
    running = asyncio.create_task(first.run())
    await first.acquired()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert not first.held()
    await second.step()
    assert second.held()


async def test_the_holder_is_told_when_it_could_not_renew_in_time(leases: Collection, clock: SimulatedClock) -> None:
    only = lease(leases, "a", clock)
    await only.step()
    told = asyncio.create_task(only.lost())
    await clock.settle()
    await clock.advance(15)
    await only.step()
    await clock.advance(15)
    assert not told.done()
    await clock.advance(10)
    await asyncio.wait_for(told, 5)
