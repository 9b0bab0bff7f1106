"""Work that comes round by itself, and never takes the server down."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from roadstead.base.observe import logger

RESTART_SECONDS = 1.0


class Background:
    """Tasks that repeat until `stop`."""

    def __init__(self) -> None:
        self._tasks: list[asyncio.Task[None]] = []

    def every(self, seconds: float, name: str, work: Callable[[], Awaitable[object]]) -> None:
        """Does `work` now and then each time `seconds` have passed; a failure is logged and tried again next time."""
        self._tasks.append(asyncio.create_task(_repeat(seconds, name, work), name=name))

    def keep(self, name: str, work: Callable[[], Awaitable[object]]) -> None:
        """Does `work`, which goes on by itself; when it fails all the same, that is logged and it starts again."""
        self._tasks.append(asyncio.create_task(_kept(name, work), name=name))

    async def stop(self) -> None:
        """Ends all tasks."""
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def _kept(name: str, work: Callable[[], Awaitable[object]]) -> None:
    while True:
        try:
            await work()
            return
        except Exception:
            logger().exception("background work failed", task=name)
        await asyncio.sleep(RESTART_SECONDS)


async def _repeat(seconds: float, name: str, work: Callable[[], Awaitable[object]]) -> None:
    while True:
        try:
            await work()
        except Exception:
            logger().exception("background work failed", task=name)
        await asyncio.sleep(seconds)
