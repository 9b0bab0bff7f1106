"""Work in threads."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from roadstead.blobs.threads import Threads


async def test_a_cancelled_caller_leaves_only_when_the_work_has_ended(threads: ThreadPoolExecutor) -> None:
    begun, go, ended = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        go.wait()
        ended.set()
        raise ValueError("nobody waits for this any more")

    task = asyncio.create_task(Threads(threads).run(work))
    await asyncio.to_thread(begun.wait)
    try:
        for _ in range(3):
            task.cancel()
            await asyncio.sleep(0)
            assert not task.done()
    finally:
        go.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended.is_set()


async def test_what_the_work_raises_reaches_the_caller(threads: ThreadPoolExecutor) -> None:
    with pytest.raises(ZeroDivisionError):
        await Threads(threads).run(divmod, 1, 0)
    assert await Threads(threads).run(divmod, 7, 2) == (3, 1)
