"""Waiting for what loops do, without waiting for time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from roadstead.controllers.loop import Loop


async def until(condition: Callable[[], bool]) -> None:
    """Waits for what must happen without time passing."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 -- what is waited for has no event
            await asyncio.sleep(0.001)


@asynccontextmanager
async def running(*works: Loop) -> AsyncIterator[None]:
    """Loops at work, stopped at the end."""
    tasks = [asyncio.create_task(each.run()) for each in works]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
