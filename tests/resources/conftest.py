"""A whole API per test, over a real log in a temporary folder."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from roadstead.objects.sqlite import SqliteLog
from roadstead.objects.store import Store
from tests.resources.world import World, furnished


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """An empty store."""
    opened = Store(SqliteLog(tmp_path / "objects.db"))
    yield opened
    await opened.close()


@pytest.fixture
async def world(store: Store) -> World:
    """A namespace `shop` with an empty stream `web`."""
    return await furnished(store)
