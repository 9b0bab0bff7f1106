"""Our requests and replies over aiohttp: one adapter for every listener."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import ssl
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from aiohttp import StreamReader, web
from aiohttp.http_exceptions import HttpProcessingError

from roadstead.base.observe import logger
from roadstead.base.sending import FileSender, reading_on
from roadstead.base.web import FileSlice, Handler, Reply, Request, close, new_id

SMALL_FILE = 64 * 1024
READ_AHEAD = 512 * 1024
LINE_LIMIT = 16 * 1024
HEADER_COUNT = 100
LAST_BYTES_SECONDS = 0.5
"""Time for the end of a reply to leave, once the time for requests under way is over."""


@dataclass(frozen=True)
class Limits:
    """What a connection may cost; all in seconds."""

    body_idle_seconds: float = 60.0
    keep_alive_seconds: float = 90.0
    send_idle_seconds: float = 60.0


class StreamedBody:
    """A request body as it arrives; a client that stalls for too long counts as gone."""

    def __init__(self, request: web.BaseRequest, idle_seconds: float) -> None:
        self._request, self._content, self._idle = request, request.content, idle_seconds

    async def chunks(self) -> AsyncIterator[bytes]:
        """The bytes as they come; raises ConnectionError when the client breaks off or stalls."""
        if self._request.headers.get("Expect", "").lower() == "100-continue" and not self._content.total_bytes:
            await self._request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        while True:
            try:
                chunk = await self._next(self._content)
            except (TimeoutError, web.RequestPayloadError, asyncio.IncompleteReadError) as broken:
                raise ConnectionError(f"the client stopped sending: {broken}") from None
            if not chunk:
                return
            yield chunk

    async def _next(self, content: StreamReader) -> bytes:
        if content.at_eof():
            return b""
        async with asyncio.timeout(self._idle):
            return await content.readany()


class Door:
    """One of our handlers, made to answer aiohttp's requests."""

    def __init__(
        self, handler: Handler, sender: FileSender, limits: Limits, on_fault: Callable[[Request], Reply]
    ) -> None:
        self._handler, self._sender, self._limits, self._on_fault = handler, sender, limits, on_fault
        self._busy, self._idle, self._closing = 0, asyncio.Event(), False
        self._idle.set()

    async def __call__(self, incoming: web.BaseRequest) -> web.StreamResponse:
        """Answers one request; whatever is not a reply becomes the fault page, never a stack trace."""
        self._busy += 1
        self._idle.clear()
        try:
            return await self._answer(incoming)
        except ConnectionError as gone:
            logger().debug("the client is gone", method=incoming.method, path=incoming.rel_url.raw_path, why=str(gone))
            return _cut(incoming)
        finally:
            self._busy -= 1
            if not self._busy:
                self._idle.set()

    async def drain(self, seconds: float) -> None:
        """Waits until nothing is being answered, at most so long; each answer from now on closes its connection."""
        self._closing = True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._idle.wait()

    async def _answer(self, incoming: web.BaseRequest) -> web.StreamResponse:
        request = self._translate(incoming)
        try:
            reply = await self._handler(request)
        except (asyncio.CancelledError, ConnectionError):
            raise
        except Exception:
            reply = self._on_fault(request)
        if not self._closing:
            return await self._send(incoming, reply)
        response = await self._send(incoming, replace(reply, headers=[*_pairs(reply), ("Connection", "close")]))
        response.force_close()
        return response

    def _translate(self, incoming: web.BaseRequest) -> Request:
        path, _, query = _origin_form(incoming.raw_path).partition("?")
        transport = incoming.transport
        encrypted = transport is not None and transport.get_extra_info("sslcontext") is not None
        return Request(
            incoming.method,
            path,
            query,
            incoming.headers,
            StreamedBody(incoming, self._limits.body_idle_seconds),
            scheme="https" if encrypted else "http",
            host=incoming.headers.get("Host", ""),
            remote=incoming.remote or "",
            id=new_id(),
            peer_certificate=_certificate_of(transport) if encrypted else b"",
        )

    async def _send(self, incoming: web.BaseRequest, reply: Reply) -> web.StreamResponse:
        body = reply.body
        if incoming.method == "HEAD" or reply.status == 304:
            close(reply)
            return await self._send_head(incoming, reply)
        if isinstance(body, bytes):
            return await self._send_bytes(
                incoming, web.Response(status=reply.status, headers=_signed(reply), body=body)
            )
        if isinstance(body, FileSlice):
            return await self._send_file(incoming, reply, body)
        return await self._send_stream(incoming, reply, body)

    async def _send_head(self, incoming: web.BaseRequest, reply: Reply) -> web.StreamResponse:
        response = web.StreamResponse(status=reply.status, headers=_signed(reply))
        length = reply.length
        if length is None and isinstance(reply.body, bytes | FileSlice):
            length = len(reply.body) if isinstance(reply.body, bytes) else reply.body.length
        if length is not None and reply.status != 304:
            response.content_length = length
        await response.prepare(incoming)
        return response

    async def _send_bytes(self, incoming: web.BaseRequest, response: web.StreamResponse) -> web.StreamResponse:
        """Sent here rather than by aiohttp, which would wait for ever for a client that stopped reading."""
        async with reading_on(self._limits.send_idle_seconds):
            await response.prepare(incoming)
            await response.write_eof()
        return response

    async def _send_file(self, incoming: web.BaseRequest, reply: Reply, part: FileSlice) -> web.StreamResponse:
        try:
            if part.length <= SMALL_FILE and (small := _at_hand(part)) is not None:
                whole = web.Response(status=reply.status, headers=_signed(reply), body=small)
                return await self._send_bytes(incoming, whole)
            response = web.StreamResponse(status=reply.status, headers=_signed(reply))
            response.content_length = part.length
            await self._sender.send(incoming, response, part)
            return response
        finally:
            part.file.close()

    async def _send_stream(
        self, incoming: web.BaseRequest, reply: Reply, pieces: AsyncIterator[bytes]
    ) -> web.StreamResponse:
        response = web.StreamResponse(status=reply.status, headers=_signed(reply))
        if reply.length is not None:
            response.content_length = reply.length
        try:
            await response.prepare(incoming)
            async for piece in pieces:
                async with reading_on(self._limits.send_idle_seconds):
                    await response.write(piece)
        finally:
            stop = getattr(pieces, "aclose", None)
            if stop is not None:
                await stop()
        await response.write_eof()
        return response


def _signed(reply: Reply) -> list[tuple[str, str]]:
    """Its headers, with our name where aiohttp would write which Python and libraries we run on."""
    return [*_pairs(reply), ("Server", "roadstead")]


def _pairs(reply: Reply) -> Iterable[tuple[str, str]]:
    return reply.headers.items() if isinstance(reply.headers, dict) else reply.headers


def _faults_logger() -> logging.Logger:
    """Where aiohttp reports what goes wrong; what a client sends that is no HTTP gets its 400 and is no fault."""

    def is_fault(record: logging.LogRecord) -> bool:
        return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))

    reports = logging.Logger("roadstead.http")
    reports.parent = logging.getLogger()
    reports.addFilter(is_fault)
    return reports


def _origin_form(target: str) -> str:
    """Path and query of a request target, which a client may send with our scheme and host in front (RFC 9112, 3.2)."""
    if target.startswith("/"):
        return target
    try:
        parts = urlsplit(target)
    except ValueError:
        return target
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _certificate_of(transport: asyncio.Transport | None) -> bytes:
    """What the client proved to own when the connection was made, as DER; empty for nothing."""
    tls = transport.get_extra_info("ssl_object") if transport is not None else None
    return (tls.getpeercert(binary_form=True) or b"") if tls is not None else b""


def _cut(incoming: web.BaseRequest) -> web.StreamResponse:
    """Ends a connection in the middle, so that nobody takes what was sent for the whole.

    The response stands for none: aiohttp finds nobody to send it to, where an exception would be logged as a fault.
    """
    if incoming.transport is not None:
        incoming.transport.abort()
    return web.Response(status=499)


def _at_hand(part: FileSlice) -> bytes | None:
    """The bytes, when the page cache has them all: reading them then cannot block the loop."""
    buffer = bytearray(part.length)
    try:
        got = os.preadv(part.file.fileno(), [buffer], part.start, os.RWF_NOWAIT)
    except (BlockingIOError, OSError, AttributeError):
        return None
    return bytes(buffer) if got == part.length else None


class Listener:
    """One address we answer on, over one handler."""

    def __init__(self, door: Door, limits: Limits) -> None:
        self._door = door
        self._server = web.Server(
            door,
            access_log=None,
            auto_decompress=False,
            keepalive_timeout=limits.keep_alive_seconds,
            lingering_time=10.0,
            max_line_size=LINE_LIMIT,
            max_field_size=LINE_LIMIT,
            max_headers=HEADER_COUNT,
            read_bufsize=READ_AHEAD,
            logger=_faults_logger(),
        )
        self._runner = web.ServerRunner(self._server)
        self._site: web.TCPSite | None = None

    async def start(self, host: str, port: int, tls: ssl.SSLContext | None) -> int:
        """Listens; returns the port (the one chosen when 0 was asked). Raises OSError when it cannot."""
        await self._runner.setup()
        self._site = web.TCPSite(self._runner, host, port, ssl_context=tls, backlog=1024, reuse_address=True)
        await self._site.start()
        return int(self._runner.addresses[0][1])

    async def refuse_new(self) -> None:
        """Stops accepting connections; those that are open go on."""
        if self._site is not None:
            await self._site.stop()
            self._site = None

    async def stop(self, drain_seconds: float) -> None:
        """Lets requests under way finish for at most `drain_seconds`, then closes every connection.

        aiohttp's own shutdown comes last: from its begin on it reads nothing more, not even the rest of an upload.
        """
        await self.refuse_new()
        await self._door.drain(drain_seconds)
        self._runner._shutdown_timeout = LAST_BYTES_SECONDS
        await self._runner.cleanup()
