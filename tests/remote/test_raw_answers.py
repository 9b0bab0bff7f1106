"""What breaks HTTP itself, byte by byte, ends in a clear failure in time; what is merely odd is read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from roadstead.oci.digest import Digest
from roadstead.remote.errors import Kind, RemoteFailure
from roadstead.testing.builders import image
from tests.remote.conftest import MakeClient

WEB = image("web")
TYPE, LENGTH = f"Content-Type: {WEB.media_type}\r\n", f"Content-Length: {len(WEB.data)}\r\n"
CHUNKED = "Transfer-Encoding: chunked\r\n"
ONE_CHUNK = b"%x\r\n%s\r\n" % (len(WEB.data), WEB.data)
FOREVER = 10**6

Pieces = tuple[bytes, bytes, int]
"""What is sent first, and what is sent after it so many times."""


def head(*lines: str, version: str = "HTTP/1.1", status: str = "200 OK") -> bytes:
    return f"{version} {status}\r\n{''.join(lines)}\r\n".encode()


GOOD: dict[str, Pieces] = {
    "HTTP/1.0, ended by closing": (head(TYPE, version="HTTP/1.0") + WEB.data, b"", 0),
    "many interim answers first": (
        b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 50 + head(TYPE, LENGTH),
        WEB.data,
        1,
    ),
    "in one chunk": (head(TYPE, CHUNKED) + ONE_CHUNK + b"0\r\n\r\n", b"", 0),
}
BAD: dict[str, tuple[Pieces, Kind]] = {
    "no head at all": ((WEB.data, b"", 0), Kind.MALFORMED),
    "two lengths": ((head("Content-Length: 5\r\nContent-Length: 6\r\n") + b"123456", b"", 0), Kind.MALFORMED),
    "a negative length": ((head("Content-Length: -5\r\n") + b"123456", b"", 0), Kind.MALFORMED),
    "a length and chunks": ((head(TYPE, "Content-Length: 5\r\n", CHUNKED) + ONE_CHUNK, b"", 0), Kind.MALFORMED),
    "a chunk of a size nobody has": ((head(CHUNKED) + b"fffffffffffffffff\r\n", b" ", 1), Kind.MALFORMED),
    "a status line without end": ((b"HTTP/1.1 200 ", b"a" * 65536, FOREVER), Kind.MALFORMED),
    "a header without end": ((b"HTTP/1.1 200 OK\r\nX: ", b"a" * 65536, FOREVER), Kind.MALFORMED),
    "headers without end": ((b"HTTP/1.1 200 OK\r\n", b"X: a\r\n" * 1000, FOREVER), Kind.MALFORMED),
    "trailers without end": ((head(CHUNKED) + ONE_CHUNK + b"0\r\n", b"X: a\r\n" * 1000, FOREVER), Kind.MALFORMED),
    "interim answers without end": ((b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100, FOREVER), Kind.TIMEOUT),
    "a chunk extension without end": ((head(CHUNKED) + b"1;", b"a" * 65536, FOREVER), Kind.TIMEOUT),
    "a manifest in chunks of one byte": ((head(CHUNKED), b"1\r\n \r\n" * 1000, FOREVER), Kind.TIMEOUT),
    "a status of no kind": ((head("Content-Length: 0\r\n", status="999 Odd"), b"", 0), Kind.UNAVAILABLE),
    "a part nobody asked for": ((head(TYPE, LENGTH, status="206 Part") + WEB.data, b"", 0), Kind.REFUSED),
    "nothing new": ((head(status="304 Not Modified"), b"", 0), Kind.REFUSED),
}


@asynccontextmanager
async def answering(pieces: Pieces) -> AsyncIterator[str]:
    """host:port of a server that answers every request with these bytes and hangs up."""
    first, more, times = pieces

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(first)
            for _ in range(times):
                writer.write(more)
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def fetched(client_of: MakeClient, pieces: Pieces) -> Digest:
    async with answering(pieces) as host:
        client = client_of(host, document_seconds=1, idle_seconds=1)
        client._session.upstream.plain = True
        return (await client.manifest("team/web", "v1")).digest


@pytest.mark.parametrize("name", GOOD)
async def test_odd_answers_are_read(client_of: MakeClient, name: str) -> None:
    assert str(await fetched(client_of, GOOD[name])) == WEB.digest


@pytest.mark.parametrize("name", BAD)
async def test_broken_answers_are_clear_failures(client_of: MakeClient, name: str) -> None:
    pieces, kind = BAD[name]
    with pytest.raises(RemoteFailure) as failed:
        await fetched(client_of, pieces)
    assert failed.value.kind is kind, failed.value.message


@pytest.mark.parametrize(
    "target", ["javascript:alert(1)", "http://user:word@127.0.0.1/", "/elsewhere/\xff", "http://["]
)
async def test_a_redirect_to_what_is_no_place_is_refused(client_of: MakeClient, target: str) -> None:
    redirect = head(f"Location: {target}\r\nContent-Length: 0\r\n", status="307 There")
    with pytest.raises(RemoteFailure) as failed:
        await fetched(client_of, (redirect, b"", 0))
    assert failed.value.kind in (Kind.BLOCKED, Kind.MALFORMED, Kind.UNAVAILABLE)
    assert not failed.value.message.startswith(" ")
    assert "word" not in failed.value.message
