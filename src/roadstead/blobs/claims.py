"""One writer at a time for each upload; no I/O."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from roadstead.base.errors import Conflict


class Claims:
    """The uploads being written to at this moment, by this process."""

    def __init__(self) -> None:
        self._held: set[str] = set()

    @contextmanager
    def claimed(self, id: str) -> Iterator[None]:
        """Hold an upload while the block runs; raises Conflict when somebody else does."""
        if id in self._held:
            raise Conflict("upload", id, "another request is writing to it")
        self._held.add(id)
        try:
            yield
        finally:
            self._held.discard(id)

    def now(self) -> frozenset[str]:
        """The ids held."""
        return frozenset(self._held)
