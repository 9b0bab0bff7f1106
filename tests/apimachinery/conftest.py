"""A small world per test, over the real log."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from roadstead.objects.sqlite import SqliteLog
from roadstead.objects.store import Store
from tests.apimachinery.world import World, world


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """An empty store."""
    opened = Store(SqliteLog(tmp_path / "objects.db"))
    yield opened
    await opened.close()


@pytest.fixture
def small(store: Store) -> World:
    """The small API over it."""
    return world(store)
