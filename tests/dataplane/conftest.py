"""A registry per test, over a real log and a real file system in a temporary folder, without sockets."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from roadstead.base.settings import Settings
from roadstead.testing.registry_client import House, furnish, house_at


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with namespaces and people, to be copied."""
    folder = tmp_path_factory.mktemp("furnished") / "data"
    folder.mkdir()
    asyncio.run(furnish(folder))
    return folder


@pytest.fixture
def folder(furnished: Path, tmp_path: Path) -> Path:
    """A copy of it for one test."""
    return Path(shutil.copytree(furnished, tmp_path / "data"))


@pytest.fixture
async def house(folder: Path) -> AsyncIterator[House]:
    """The registry with default settings."""
    async with house_at(folder) as opened:
        yield opened


@pytest.fixture
def settings() -> Callable[..., Settings]:
    """Settings with some values of `registry` changed."""

    def changed(**registry: Any) -> Settings:
        plain = Settings()
        return replace(plain, registry=replace(plain.registry, **registry))

    return changed
