"""Work that comes round by itself, and never takes the server down."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from roadstead.base.observe import logger


class Background:
    """Tasks that repeat until `stop`."""

    def __init__(self) -> None:
        self._tasks: list[asyncio.Task[None]] = []

    def every(self, seconds: float, name: str, work: Callable[[], Awaitable[object]]) -> None:
        """Does `work` now and then each time `seconds` have passed; a failure is logged and tried again next time."""
        self._tasks.append(asyncio.create_task(_repeat(seconds, name, work), name=name))

    async def stop(self) -> None:
        """Ends all tasks."""
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def _repeat(seconds: float, name: str, work: Callable[[], Awaitable[object]]) -> None:
    while True:
        try:
            await work()
        except Exception:
            logger().exception("background work failed", task=name)
        await asyncio.sleep(seconds)
