"""Leases and things over the real log, with a clock that stands still."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from roadstead.apimachinery.collection import Collection
from roadstead.objects.sqlite import SqliteLog
from roadstead.objects.store import Store
from roadstead.resources import plain
from roadstead.testing.clock import SimulatedClock
from tests.controllers.accounts import Cluster


@pytest.fixture
async def store() -> AsyncIterator[Store]:
    """An empty store."""
    opened = Store(SqliteLog.in_memory())
    yield opened
    await opened.close()


@pytest.fixture
def clock() -> SimulatedClock:
    """A clock that moves when it is told to."""
    return SimulatedClock()


@pytest.fixture
def leases(store: Store) -> Collection:
    """The leases of the store."""
    return Collection(plain.LEASES, store)


@pytest.fixture
def cluster(store: Store, clock: SimulatedClock, tmp_path: Path) -> Cluster:
    """The kinds around service accounts."""
    return Cluster(store, clock, tmp_path / "keys")
