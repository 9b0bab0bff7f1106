"""Bytes of a file to a socket: by the kernel on a plain connection, in pieces over TLS."""

from __future__ import annotations

import asyncio
import os
import select
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

from aiohttp import web

from roadstead.base.web import FileSlice

QUANTUM = 32 * 1024 * 1024
PIECE = 256 * 1024
PATIENCE_MILLISECONDS = 5


@asynccontextmanager
async def reading_on(seconds: float) -> AsyncIterator[None]:
    """Time for the client to read what the block sends; ConnectionResetError when it does not."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise ConnectionResetError("the client stopped reading") from None


class FileSender:
    """Sends slices of files; disk reads happen in a few threads, waiting for slow clients in the loop."""

    def __init__(self, threads: int = 8, idle_seconds: float = 60.0) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="send")
        self._idle = idle_seconds

    async def send(self, request: web.BaseRequest, response: web.StreamResponse, part: FileSlice) -> None:
        """Writes headers and the slice; raises ConnectionError when the client goes away or stops reading."""
        transport = request.transport
        if transport is None:
            raise ConnectionResetError("the client is gone")
        if transport.get_extra_info("sslcontext") is not None:
            await response.prepare(request)
            await self._copy(response, part)
        else:
            # With no room in the buffer, draining means the headers have reached the socket: the kernel may follow.
            transport.set_write_buffer_limits(high=0)
            async with reading_on(self._idle):
                await response.prepare(request)
                await request.writer.drain()
            await self._hand_to_kernel(transport, part)
            transport.set_write_buffer_limits()
        await response.write_eof()

    def close(self) -> None:
        """Lets the threads go."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _copy(self, response: web.StreamResponse, part: FileSlice) -> None:
        loop, at, end = asyncio.get_running_loop(), part.start, part.start + part.length
        while at < end:
            piece = await loop.run_in_executor(self._pool, os.pread, part.file.fileno(), min(PIECE, end - at), at)
            if not piece:
                raise ConnectionAbortedError("the file ended early")
            async with reading_on(self._idle):
                await response.write(piece)
            at += len(piece)

    async def _hand_to_kernel(self, transport: asyncio.Transport, part: FileSlice) -> None:
        loop, at, end = asyncio.get_running_loop(), part.start, part.start + part.length
        # A descriptor of our own: uvloop refuses a writer on its transport's.
        out = os.dup(transport.get_extra_info("socket").fileno())
        try:
            while at < end:
                sent = await loop.run_in_executor(self._pool, _push, out, part.file.fileno(), at, end - at)
                at += sent
                if at < end and not sent:
                    await self._writable(out)
        finally:
            os.close(out)

    async def _writable(self, descriptor: int) -> None:
        loop = asyncio.get_running_loop()
        ready = asyncio.Event()
        loop.add_writer(descriptor, ready.set)
        try:
            async with reading_on(self._idle):
                await ready.wait()
        finally:
            loop.remove_writer(descriptor)


def _push(out: int, source: int, at: int, length: int) -> int:
    """As much as the socket takes within a moment; 0 when it takes nothing. Raises when the file ends early."""
    poll = select.poll()
    poll.register(out, select.POLLOUT)
    total, most = 0, min(length, QUANTUM)
    while total < most:
        try:
            sent = os.sendfile(out, source, at + total, most - total)
        except BlockingIOError:
            if not poll.poll(PATIENCE_MILLISECONDS):
                break
            continue
        if not sent:
            raise ConnectionAbortedError("the file ended early")
        total += sent
    return total
