"""Blocking storage work in a bounded set of threads, and its errors as kinds of failure."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable
from concurrent.futures import Executor
from typing import ParamSpec, TypeVar

from roadstead.base.errors import Failure, StorageFull, StorageReadOnly

P = ParamSpec("P")
T = TypeVar("T")

_FULL = {errno.ENOSPC, errno.EDQUOT}
_READ_ONLY = {errno.EROFS, errno.EACCES, errno.EPERM}


class Threads:
    """Runs functions that block on storage, away from the event loop."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    def submit(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> asyncio.Future[T]:
        """Begin the work; wait for the result with `settled`."""
        loop = asyncio.get_running_loop()
        return loop.run_in_executor(self._executor, lambda: _translated(work, *args, **kwargs))

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do the work and return its result; StorageFull and StorageReadOnly stand for the system's own errors."""
        return await settled(self.submit(work, *args, **kwargs))


async def settled(work: asyncio.Future[T]) -> T:
    """The result of work in a thread, which cannot be stopped: a caller that is cancelled leaves when it has ended.

    Otherwise a claim could be given up, or a descriptor closed and reused, while a thread still writes.
    """
    cancelled: asyncio.CancelledError | None = None
    while not work.done():
        try:
            await asyncio.wait([work])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        work.exception()  # seen here, so that the loop does not report it as forgotten
        raise cancelled
    return work.result()


def _translated(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    try:
        return work(*args, **kwargs)
    except OSError as error:
        failure = _failure(error)
        if failure is None:
            raise
        raise failure from error


def _failure(error: OSError) -> Failure | None:
    if error.errno in _FULL:
        return StorageFull("the blob storage is full; free some space, then try again", retry_after=30)
    if error.errno in _READ_ONLY:
        return StorageReadOnly(f"the blob storage does not accept writes: {error.strerror}", retry_after=30)
    return None
