"""The time as loops see it, so that tests need not wait for it."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Where a loop gets its time from."""

    def now(self) -> datetime:
        """The time of day, for what is written down."""
        ...

    def seconds(self) -> float:
        """A number that grows by one each second and never jumps, for measuring."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Returns once so many seconds have passed."""
        ...


class RealClock:
    """The time of this machine."""

    def now(self) -> datetime:
        """See `Clock`."""
        return datetime.now(UTC)

    def seconds(self) -> float:
        """See `Clock`."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """See `Clock`."""
        await asyncio.sleep(seconds)


REAL = RealClock()
