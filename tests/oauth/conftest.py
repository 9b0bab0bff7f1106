"""A house per test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.oauth.world import House, house


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    """The app with alice and bob in its htpasswd file."""
    async with house(tmp_path) as opened:
        yield opened
