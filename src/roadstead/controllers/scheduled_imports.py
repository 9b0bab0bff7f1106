"""Tags that ask to be kept fresh are looked at again and again (import-and-triggers contract, section 2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from roadstead.base.errors import Failure
from roadstead.base.observe import logger
from roadstead.base.values import Json
from roadstead.controllers.clock import REAL, Clock
from roadstead.controllers.imports import ImportRunner
from roadstead.controllers.lease import Lease
from roadstead.controllers.loop import Loop, Watched, itself
from roadstead.controllers.queue import Key
from roadstead.importing import pending
from roadstead.importing.patience import Patience


@dataclass(slots=True)
class Rate:
    """A bucket of looks: `per_minute` come in steadily, twice as many are kept at most; 0 has no bottom."""

    per_minute: int
    clock: Clock
    _tokens: float = -1.0
    _seen: float = 0.0

    def wait(self) -> float:
        """Takes one look out (0.0), or tells after how many seconds there will be one."""
        if self.per_minute <= 0:
            return 0.0
        now, most = self.clock.seconds(), 2.0 * self.per_minute
        gained = (now - self._seen) * self.per_minute / 60
        self._tokens = most if self._tokens < 0 else min(most, self._tokens + gained)
        self._seen = now
        if self._tokens < 1:
            return (1 - self._tokens) * 60 / self.per_minute
        self._tokens -= 1
        return 0.0


def batched(names: list[str], size: int) -> Iterator[list[str]]:
    """The names in groups of at most `size`."""
    for start in range(0, len(names), size):
        yield names[start : start + size]


class ScheduledImports:
    """One key for each stream. Each has its turn once in an interval, at a time that only its uid decides."""

    def __init__(
        self,
        runner: ImportRunner,
        patience: Patience,
        *,
        interval: timedelta,
        per_minute: int,
        clock: Clock = REAL,
    ) -> None:
        self._runner, self._patience, self._interval, self._clock = runner, patience, interval, clock
        self._rate = Rate(per_minute, clock)
        self._turns: dict[Key, datetime] = {}

    def loop(self, lease: Lease | None = None, *, workers: int = 4) -> Loop:
        """The loop that does it."""
        watched = (Watched(self._runner.streams, itself, b'"scheduled":true'),)
        return Loop("scheduled imports", watched, self.reconcile, workers=workers, lease=lease, clock=self._clock)

    async def reconcile(self, key: Key) -> float | None:
        """Looks at the stream when its turn has come; the seconds until it comes (again)."""
        stream, now = self._runner.stream(key), self._clock.now()
        tags = pending.scheduled(stream) if stream is not None else {}
        if stream is None or not tags:
            self._turns.pop(key, None)
            return None
        turn = self._turns.setdefault(key, self._next(stream, now))
        if turn > now:
            return (turn - now).total_seconds()
        rests = {tag: self._patience.rest(host, now) for tag, host in tags.items()}
        ready = [tag for tag, rest in rests.items() if not rest]
        if not ready:
            # Its turn stays: it is made up for as soon as one of its registries may be asked.
            return max(1.0, min(rests.values()).total_seconds())
        if wait := self._rate.wait():
            return wait
        self._turns[key] = self._next(stream, now)
        await self._look(key, ready)
        return max(0.0, (self._turns[key] - self._clock.now()).total_seconds())

    async def _look(self, key: Key, tags: list[str]) -> None:
        """Imports of everything that is due; what is refused waits for the next turn."""
        for some in batched(tags, pending.MOST_AT_ONCE):
            stream = self._runner.stream(key)
            wanted = pending.wanted(stream, some) if stream is not None else None
            if stream is None or wanted is None:
                return
            try:
                await self._runner.run(stream, wanted, self._clock.now(), scheduled=True)
            except Failure as failure:
                said = {"namespace": key[0], "stream": key[1], "error": failure.message}
                logger().info("a scheduled import waits for its next turn", **said)
                return

    def _next(self, stream: Json, now: datetime) -> datetime:
        return pending.next_turn(str(stream["metadata"].get("uid") or ""), self._interval, now)
