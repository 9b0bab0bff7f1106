"""A clock that moves when a test says so."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 23, 18, 49, 39, tzinfo=UTC)
ROUNDS = 50
"""How often the event loop is given away after a step; storage threads may need several."""


class SimulatedClock:
    """Stands still until `advance`; whoever sleeps meanwhile wakes in the order of their times."""

    def __init__(self, start: datetime = START) -> None:
        self._start, self._passed = start, 0.0
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        """The simulated time of day."""
        return self._start + timedelta(seconds=self._passed)

    def seconds(self) -> float:
        """The simulated seconds that have passed."""
        return self._passed

    async def sleep(self, seconds: float) -> None:
        """Returns once the clock was moved so far."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken = asyncio.get_running_loop().create_future()
        sleeper = (self._passed + seconds, woken)
        self._sleepers.append(sleeper)
        try:
            await woken
        finally:
            self._sleepers.remove(sleeper)

    async def advance(self, seconds: float) -> None:
        """Lets so many seconds pass, and everybody who wakes meanwhile do what they do then."""
        end = self._passed + seconds
        await self.settle()
        while (due := min((at for at, _ in self._sleepers), default=end + 1)) <= end:
            self._passed = max(self._passed, due)
            for at, woken in list(self._sleepers):
                if at <= self._passed and not woken.done():
                    woken.set_result(None)
            await self.settle()
        self._passed = end

    async def settle(self) -> None:
        """Lets everything that can happen at this moment happen."""
        for _ in range(ROUNDS):
            await asyncio.sleep(0)
        await asyncio.sleep(0.002)
        for _ in range(ROUNDS):
            await asyncio.sleep(0)
