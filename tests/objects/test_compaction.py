"""What is forgotten, and what is not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from roadstead.base.errors import Expired
from roadstead.objects.compaction import MARKS, Compactor
from roadstead.objects.sqlite import SqliteLog
from roadstead.objects.store import Store
from roadstead.testing.log_model import put

NOW = datetime(2030, 1, 1, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
async def store() -> AsyncIterator[Store]:
    store = Store(SqliteLog.in_memory())
    yield store
    await store.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


def compactor(store: Store, clock: Clock, keep_bytes: int = 1 << 20) -> Compactor:
    return Compactor(store, timedelta(seconds=600), keep_bytes, clock)


async def test_history_older_than_its_time_is_forgotten_and_younger_is_kept(store: Store, clock: Clock) -> None:
    work = compactor(store, clock)
    await store.append([put("a"), put("a", b"2")])
    await work.step()
    await store.append([put("a", b"3")])
    clock.now += timedelta(seconds=599)
    await work.step()
    assert store.compacted() == 0
    clock.now += timedelta(seconds=1)
    await work.step()
    assert store.compacted() == 2
    with pytest.raises(Expired):
        await store.changes(0, 0)


async def test_too_many_bytes_of_replaced_states_are_forgotten_before_their_time(store: Store, clock: Clock) -> None:
    work = compactor(store, clock, keep_bytes=10_000)
    for _ in range(20):
        await store.append([put("a", b"x" * 1000)])
    await work.step()
    kept = await store.changes(store.compacted(), 0)
    assert 0 < store.compacted() < store.revision()
    assert sum(len(change.previous or b"") for change in kept) >= 5_000


async def test_few_bytes_of_replaced_states_are_kept_for_their_time(store: Store, clock: Clock) -> None:
    work = compactor(store, clock, keep_bytes=100_000)
    for _ in range(20):
        await store.append([put("a", b"x" * 1000)])
    await work.step()
    assert store.compacted() == 0


async def test_states_that_were_never_replaced_count_for_nothing(store: Store, clock: Clock) -> None:
    work = compactor(store, clock, keep_bytes=10_000)
    for number in range(20):
        await store.append([put(f"a{number}", b"x" * 1000)])
    await work.step()
    assert store.compacted() == 0


async def test_the_marks_stay_few_however_often_it_looks(store: Store, clock: Clock) -> None:
    work = compactor(store, clock)
    await store.append([put("a"), put("a", b"2")])
    for _ in range(3 * MARKS):
        await work.step()
    assert len(work._marks) <= MARKS
    clock.now += timedelta(seconds=600)
    await work.step()
    assert store.compacted() == 2
