"""Servers that start fast enough to be killed a hundred times."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from roadstead.testing.nursery import Nursery


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """Forks servers; whatever is left of them ends with it."""
    opened = Nursery()
    yield opened
    opened.close()
