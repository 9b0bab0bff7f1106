"""When old states are forgotten: by age, and sooner when there are too many bytes of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from roadstead.objects.log import Change
from roadstead.objects.store import Store

MARKS = 1024
"""Revisions remembered between two compactions; with more changes than that, the marks lie further apart."""


@dataclass(frozen=True, slots=True)
class _Mark:
    """The log stood at `revision` at a time, when so many bytes of states had been replaced since the start."""

    seen: datetime
    revision: int
    replaced: int


class Compactor:
    """Forgets changes once they are older than `keep`, or once more than `keep_bytes` of replaced states are kept.

    A stream of thousands of tags is written whole by every push: with age alone, a busy hour of pushes into one stream
    would fill the disk. A watcher that falls behind the mark reads 410 and lists again.
    """

    def __init__(self, store: Store, keep: timedelta, keep_bytes: int, clock: Callable[[], datetime]) -> None:
        self._store, self._keep, self._keep_bytes, self._clock = store, keep, keep_bytes, clock
        self._replaced = self._forgotten = 0
        self._marks: deque[_Mark] = deque()
        store.follow(self._count)

    async def step(self) -> None:
        """Compacts up to the newest mark that is old enough, or beyond which few enough bytes remain."""
        now = self._clock()
        self._mark(now)
        due = None
        while self._marks and self._is_due(self._marks[0], now):
            due = self._marks.popleft()
        if due is not None:
            self._forgotten = due.replaced
            await self._store.compact(due.revision)

    def _is_due(self, mark: _Mark, now: datetime) -> bool:
        too_many = self._replaced - self._forgotten > self._keep_bytes
        return mark.seen <= now - self._keep or (too_many and self._replaced - mark.replaced >= self._keep_bytes // 2)

    def _count(self, changes: Sequence[Change]) -> None:
        for change in changes:
            self._replaced += len(change.previous or b"")
        last = self._marks[-1].replaced if self._marks else self._forgotten
        if self._replaced - last >= self._keep_bytes // 8:
            self._mark(self._clock())

    def _mark(self, now: datetime) -> None:
        self._marks.append(_Mark(now, self._store.revision(), self._replaced))
        if len(self._marks) > MARKS:
            self._marks = deque(list(self._marks)[::2])
