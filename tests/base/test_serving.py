"""Requests and replies over real sockets: bytes, lengths, breaks, and clients that misbehave."""

from __future__ import annotations

import asyncio
import os
import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from multidict import CIMultiDict

from roadstead.app.build import utc_now
from roadstead.base.certificates import Certificates
from roadstead.base.sending import FileSender
from roadstead.base.serving import Door, Limits, Listener
from roadstead.base.web import FileSlice, Handler, Reply, Request
from roadstead.testing.builders import Content, image
from roadstead.testing.registry_client import House, furnish, house_at

BIG = Content(os.urandom(3_000_000))
SMALL = Content(b"a small blob")
EMPTY = Content(b"")
IMAGE = image()
BLOBS = "/v2/shop/web/blobs"
SHORT = Limits(body_idle_seconds=0.4, send_idle_seconds=0.4)


@dataclass
class Got:
    """An answer as it came over the wire."""

    status: int
    headers: CIMultiDict[str]
    body: bytes


@dataclass
class Line:
    """One connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, *parts: bytes) -> None:
        self.writer.write(b"".join(parts))
        await self.writer.drain()

    async def ask(self, method: str, target: str, body: bytes | None = None, **headers: str) -> Got:
        sent = {"Content-Length": str(len(body))} if body is not None else {}
        sent |= {name.replace("_", "-"): text for name, text in headers.items()}
        await self.send(head(method, target, sent), body or b"")
        return await self.answer(method)

    async def answer(self, method: str = "GET") -> Got:
        async with asyncio.timeout(15):
            lines = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            pairs = (line.partition(": ") for line in lines[1:] if line)
            headers = CIMultiDict((name, text) for name, _, text in pairs)
            status = int(lines[0].split()[1])
            if method == "HEAD" or status in (100, 204, 304):
                return Got(status, headers, b"")
            return Got(status, headers, await self.reader.readexactly(int(headers["Content-Length"])))

    async def rest(self) -> bytes:
        """Everything until the server closes the connection."""
        async with asyncio.timeout(15):
            try:
                return await self.reader.read()
            except ConnectionError:
                return b""

    def cut(self) -> None:
        self.writer.transport.abort()


def head(method: str, target: str, headers: dict[str, str]) -> bytes:
    lines = [
        f"{method} {target} HTTP/1.1",
        "Host: registry.test",
        *(f"{name}: {text}" for name, text in headers.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode()


@dataclass
class Site:
    """A handler that listens on loopback."""

    door: Door
    listener: Listener
    port: int
    trust: ssl.SSLContext | None
    faults: list[Request]
    lines: list[Line] = field(default_factory=list)

    async def line(self) -> Line:
        opened = await asyncio.open_connection("127.0.0.1", self.port, ssl=self.trust, limit=1 << 20)
        line = Line(*opened)
        self.lines.append(line)
        return line

    async def quiet(self, seconds: float = 5.0) -> None:
        """Waits until nothing is being answered; fails when that takes too long."""
        began = time.monotonic()
        await self.door.drain(seconds)
        assert time.monotonic() - began < seconds


@asynccontextmanager
async def listening(
    handler: Handler, folder: Path, *, tls: bool = False, limits: Limits = SHORT
) -> AsyncIterator[Site]:
    sender, faults = FileSender(idle_seconds=limits.send_idle_seconds), list[Request]()

    def on_fault(request: Request) -> Reply:
        faults.append(request)
        return Reply(500, {"Content-Type": "text/plain"}, b"a fault")

    door = Door(handler, sender, limits, on_fault)
    listener, trust, serving = Listener(door, limits), None, None
    if tls:
        certificates = Certificates(folder, ["127.0.0.1"])
        certificates.ensure(utc_now())
        serving, trust = certificates.context(), ssl.create_default_context(cafile=folder / "ca.crt")
    site = Site(door, listener, await listener.start("127.0.0.1", 0, serving), trust, faults)
    try:
        yield site
    finally:
        for line in site.lines:
            line.cut()
        await listener.stop(1)
        sender.close()
        await asyncio.sleep(0)


@dataclass
class Served:
    """The registry on sockets."""

    house: House
    site: Site

    @property
    def who(self) -> str:
        return "Bearer " + (self.house.folder / "admin.token").read_text().strip()

    async def ask(self, line: Line, method: str, target: str, body: bytes | None = None, **headers: str) -> Got:
        return await line.ask(method, target, body, Authorization=self.who, **headers)


@pytest.fixture(params=["plain", "TLS"])
async def served(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Served]:
    """The registry with an image and a few blobs, on a plain and on an encrypted socket."""
    await furnish(tmp_path)
    async with house_at(tmp_path) as house:
        await house.admin.push("shop/web", IMAGE, "v1")
        for blob in (BIG, SMALL, EMPTY):
            assert (await house.admin.push_blob("shop/web", blob)).status == 201
        async with listening(house.app.registry, tmp_path, tls=request.param == "TLS") as site:
            yield Served(house, site)


async def test_blobs_of_every_size_arrive_whole_one_after_the_other(served: Served) -> None:
    line = await served.site.line()
    for blob in (SMALL, BIG, EMPTY, BIG, SMALL):
        got = await served.ask(line, "GET", f"{BLOBS}/{blob.digest}")
        assert (got.status, got.body) == (200, blob.data)
        assert got.headers["Content-Length"] == str(len(blob.data))
        assert "Transfer-Encoding" not in got.headers


async def test_parts_of_a_blob_are_exactly_those_asked_for(served: Served) -> None:
    line, target, size = await served.site.line(), f"{BLOBS}/{BIG.digest}", len(BIG.data)
    for start, end in ((0, 1), (5, 65_541), (1, 2_000_001), (size - 1, size), (size - 100_000, size), (0, size)):
        got = await served.ask(line, "GET", target, Range=f"bytes={start}-{end - 1}")
        assert (got.status, got.headers["Content-Range"]) == (206, f"bytes {start}-{end - 1}/{size}")
        assert got.body == BIG.data[start:end]
    several = await served.ask(line, "GET", target, Range="bytes=0-9,1000000-2500000,-5")
    assert several.status == 206
    assert all(part in several.body for part in (BIG.data[:10], BIG.data[1_000_000:2_500_001], BIG.data[-5:]))
    beyond = await served.ask(line, "GET", target, Range=f"bytes={size}-")
    assert (beyond.status, beyond.headers["Content-Range"]) == (416, f"bytes */{size}")


async def test_a_head_has_the_length_of_its_get_and_no_body(served: Served) -> None:
    """On one connection: a byte too many or too few would show in the next answer."""
    line = await served.site.line()
    targets = [f"{BLOBS}/{blob.digest}" for blob in (BIG, SMALL, EMPTY)]
    targets += [
        "/v2/shop/web/manifests/v1",
        "/v2/shop/web/manifests/none",
        "/v2/shop/web/tags/list",
        "/v2/",
        "/healthz",
    ]
    for target in (*targets, f"{BLOBS}/sha256:{'0' * 64}", f"{BLOBS}/x", "/nowhere", "/v2/Up/per/manifests/v1"):
        for ranges in ("", "bytes=0-4", "bytes=0-4,8-9"):
            whole = await served.ask(line, "GET", target, Range=ranges)
            short = await served.ask(line, "HEAD", target, Range=ranges)
            if target.endswith("tags/list"):
                assert (whole.status, short.status) == (200, 405)
                continue
            assert short.status == whole.status, target
            assert short.headers["Content-Length"] == str(len(whole.body)), target


async def test_a_304_has_no_body_and_the_connection_goes_on(served: Served) -> None:
    line = await served.site.line()
    for target in (f"{BLOBS}/{BIG.digest}", "/v2/shop/web/manifests/v1"):
        for method in ("GET", "HEAD"):
            got = await served.ask(line, method, target, If_None_Match="*")
            assert got.status == 304
            assert got.headers["ETag"]
    assert (await served.ask(line, "GET", f"{BLOBS}/{SMALL.digest}")).body == SMALL.data


async def test_requests_sent_together_are_answered_in_order(served: Served) -> None:
    line, who = await served.site.line(), {"Authorization": served.who}
    blobs = (SMALL, BIG, EMPTY, SMALL)
    await line.send(*(head("GET", f"{BLOBS}/{blob.digest}", who) for blob in blobs))
    for blob in blobs:
        assert (await line.answer()).body == blob.data


async def start(served: Served, line: Line) -> str:
    started = await served.ask(line, "POST", f"{BLOBS}/uploads/", b"")
    assert started.status == 202
    return started.headers["Location"].partition("registry.test")[2]


async def kept(served: Served, line: Line, target: str) -> int:
    status = await served.ask(line, "GET", target.partition("?")[0])
    assert status.status == 204
    return int(status.headers["Range"].removeprefix("0-")) + 1


async def test_a_client_that_waits_for_100_gets_it_and_then_its_answer(served: Served) -> None:
    line, data = await served.site.line(), Content(b"patient bytes" * 100)
    target = await start(served, line)
    sent = {"Authorization": served.who, "Content-Length": str(len(data.data)), "Expect": "100-continue"}
    await line.send(head("PUT", f"{target}&digest={data.digest}", sent))
    assert (await line.answer()).status == 100
    await line.send(data.data)
    assert (await line.answer()).status == 201


async def test_a_client_that_waits_and_is_refused_hears_so_without_sending(served: Served) -> None:
    line = await served.site.line()
    target = await start(served, line)
    for headers, status in (({}, 401), ({"Authorization": served.who, "Content-Range": "5-9"}, 416)):
        other = await served.site.line()
        sent = {"Content-Length": "5", "Expect": "100-continue", **headers}
        await other.send(head("PATCH", target, sent))
        assert (await other.answer()).status == status


async def test_an_upload_in_chunks_of_the_wire(served: Served) -> None:
    line, data = await served.site.line(), BIG.data[:500_000]
    target = await start(served, line)
    await line.send(head("PATCH", target, {"Authorization": served.who, "Transfer-Encoding": "chunked"}))
    for at in range(0, len(data), 77_777):
        piece = data[at : at + 77_777]
        await line.send(f"{len(piece):x}\r\n".encode(), piece, b"\r\n")
    await line.send(b"0\r\n\r\n")
    got = await line.answer()
    assert (got.status, got.headers["Range"]) == (202, "0-499999")
    assert await kept(served, line, target) == len(data)


async def test_a_client_that_goes_away_in_the_middle_goes_on_from_there(served: Served) -> None:
    line, blob = await served.site.line(), Content(os.urandom(1_000_000))
    target = await start(served, line)
    await line.send(
        head("PATCH", target, {"Authorization": served.who, "Content-Length": "1000000"}), blob.data[:400_000]
    )
    await asyncio.sleep(0.05)
    line.cut()
    await settled(served)
    again = await served.site.line()
    have = await kept(served, again, target)
    assert 1 < have <= 400_000
    status = await served.ask(again, "GET", target.partition("?")[0])
    there = status.headers["Location"].partition("registry.test")[2]
    done = await served.ask(again, "PUT", f"{there}&digest={blob.digest}", blob.data[have:])
    assert done.status == 201
    assert (await served.ask(again, "GET", f"{BLOBS}/{blob.digest}")).body == blob.data
    assert served.site.faults == []


async def settled(served: Served) -> None:
    """Waits until the server has noticed that nobody is there any more."""
    for _ in range(100):
        if not served.site.door._busy:
            return
        await asyncio.sleep(0.02)
    raise AssertionError("the server still waits for a client that is gone")


async def test_a_client_that_stops_sending_is_cut_off_and_its_bytes_are_kept(served: Served) -> None:
    line = await served.site.line()
    target = await start(served, line)
    await line.send(head("PATCH", target, {"Authorization": served.who, "Content-Length": "1000"}), b"x" * 10)
    assert await line.rest() == b""
    assert await kept(served, await served.site.line(), target) == 10
    assert served.site.faults == []


@pytest.mark.parametrize("chunk", [b"zz\r\n", b"-5\r\n", b"5\r\nabcdefgh\r\n", b"fffffffffffffffff\r\n"])
async def test_chunks_that_make_no_sense_are_refused_and_harm_nobody(served: Served, chunk: bytes) -> None:
    line = await served.site.line()
    target = await start(served, line)
    await line.send(head("PATCH", target, {"Authorization": served.who, "Transfer-Encoding": "chunked"}), chunk)
    said = await line.rest()
    assert b"Traceback" not in said
    assert not said or said.startswith((b"HTTP/1.0 400", b"HTTP/1.1 400"))
    other = await served.site.line()
    assert (await served.ask(other, "GET", target.partition("?")[0])).status == 204
    assert served.site.faults == []


async def test_a_refused_upload_is_answered_before_its_body_is_read(served: Served) -> None:
    line = await served.site.line()
    await line.send(head("PATCH", f"{BLOBS}/uploads/x", {"Content-Length": str(10**12)}), b"x" * 1000)
    assert (await line.answer()).status == 401


NONSENSE = {
    "a header line of 20 KiB": b"GET /v2/ HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 20_000 + b"\r\n\r\n",
    "a header line of 2 MiB": b"GET /v2/ HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 2_000_000 + b"\r\n\r\n",
    "1000 headers": b"GET /v2/ HTTP/1.1\r\nHost: x\r\n" + b"X: x\r\n" * 1000 + b"\r\n",
    "a target of 20 KiB": b"GET /v2/" + b"x" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "no HTTP at all": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "another version": b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
    "a NUL in a header": b"GET /v2/ HTTP/1.1\r\nHost: x\r\nX: a\x00b\r\n\r\n",
    "a negative length": b"PUT /v2/ HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    "two lengths": b"PUT /v2/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    "a length and chunks": b"PUT /v2/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    "an endless length": b"PUT /v2/ HTTP/1.1\r\nHost: x\r\nContent-Length: " + b"9" * 400 + b"\r\n\r\n",
    "a folded header": b"GET /v2/ HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n",
    "a space before the colon": b"GET /v2/ HTTP/1.1\r\nHost : x\r\n\r\n",
    "an address that is none": b"GET http://[::1/v2/ HTTP/1.1\r\nHost: x\r\n\r\n",
    "a bad port": b"GET http://a:99999999/v2/ HTTP/1.1\r\nHost: x\r\n\r\n",
    "a star": b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
    "a tunnel": b"CONNECT a:1 HTTP/1.1\r\nHost: x\r\n\r\n",
    "bytes that are no text": b"GET /v2/\xff\xfe?n=\xff HTTP/1.1\r\nHost: \xff\r\nRange: \xff\r\n\r\n",
    "escapes that are none": b"GET /v2/a/b/manifests/%zz%f HTTP/1.1\r\nHost: x\r\n\r\n",
}


@pytest.mark.parametrize("name", NONSENSE)
async def test_nonsense_is_refused_without_a_fault_and_the_next_client_is_served(tmp_path: Path, name: str) -> None:
    async with registry_at(tmp_path) as served:
        line = await served.site.line()
        line.writer.write(NONSENSE[name])
        line.writer.write_eof()
        said = await line.rest()
        assert b"Traceback" not in said
        assert said[9:10] in (b"", b"3", b"4"), said[:300]
        assert (await served.ask(await served.site.line(), "GET", "/v2/")).status == 200
        assert served.site.faults == []


@asynccontextmanager
async def registry_at(folder: Path) -> AsyncIterator[Served]:
    async with house_at(folder) as house, listening(house.app.registry, folder) as site:
        yield Served(house, site)


async def test_a_target_with_our_address_in_front_is_the_same_target(tmp_path: Path) -> None:
    async with registry_at(tmp_path) as served:
        got = await served.ask(await served.site.line(), "GET", "http://registry.test/v2/_catalog?n=0")
        assert (got.status, got.body) == (200, b'{"repositories":[]}')


async def test_an_old_client_without_keep_alive_is_served(tmp_path: Path) -> None:
    async with registry_at(tmp_path) as served:
        line = await served.site.line()
        await line.send(b"GET /healthz HTTP/1.0\r\n\r\n")
        assert b" 200 " in await line.rest()


# From here on, handlers made for one test.


class Sparse:
    """A file with a lot of nothing in it."""

    def __init__(self, folder: Path, size: int) -> None:
        self.file = (folder / "sparse").open("w+b", buffering=0)
        self.file.truncate(size)

    def reply(self) -> Reply:
        size = os.fstat(self.file.fileno()).st_size
        return Reply(200, {}, FileSlice(self.file, 0, size))


async def endless() -> AsyncIterator[bytes]:
    while True:
        yield bytes(65_536)


REPLIES: dict[str, Callable[[Path], Reply]] = {
    "a file": lambda folder: Sparse(folder, 1 << 29).reply(),
    "bytes": lambda _: Reply(200, {}, bytes(64 << 20)),
    "a stream": lambda _: Reply(200, {}, endless()),
}


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "TLS"])
@pytest.mark.parametrize("kind", REPLIES)
async def test_a_client_that_stops_reading_is_let_go(tmp_path: Path, kind: str, tls: bool) -> None:
    reply = REPLIES[kind](tmp_path)

    async def handler(_: Request) -> Reply:
        return reply

    async with listening(handler, tmp_path, tls=tls) as site:
        line = await site.line()
        await line.send(head("GET", "/", {}))
        await asyncio.sleep(0.1)
        await site.quiet()
        if isinstance(reply.body, FileSlice):
            with pytest.raises(ValueError, match="closed"):
                reply.body.file.fileno()
        assert site.faults == []


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "TLS"])
async def test_a_slow_reader_gets_everything(tmp_path: Path, tls: bool) -> None:
    sparse = Sparse(tmp_path, 20 << 20)

    async def handler(_: Request) -> Reply:
        return sparse.reply()

    async with listening(handler, tmp_path, tls=tls) as site:
        line, seen = await site.line(), 0
        await line.send(head("GET", "/", {"Connection": "close"}))
        await line.reader.readuntil(b"\r\n\r\n")
        while piece := await line.reader.read(1 << 20):
            seen += len(piece)
            await asyncio.sleep(0.01)
        assert seen == 20 << 20


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "TLS"])
async def test_a_file_cut_short_while_it_is_sent_ends_the_connection_early(tmp_path: Path, tls: bool) -> None:
    sparse = Sparse(tmp_path, 1 << 20)

    async def handler(_: Request) -> Reply:
        reply = sparse.reply()
        sparse.file.truncate(1000)
        return reply

    async with listening(handler, tmp_path, tls=tls) as site:
        line = await site.line()
        await line.send(head("GET", "/", {}))
        said = await line.rest()
        assert len(said.partition(b"\r\n\r\n")[2]) < 1 << 20
        assert b"500" not in said[:20]


async def test_a_fault_of_a_handler_is_a_page_without_a_trace_and_the_connection_goes_on(tmp_path: Path) -> None:
    async def handler(request: Request) -> Reply:
        if request.path == "/fault":
            raise RuntimeError("secret details")
        return Reply(200, {}, b"fine")

    async with listening(handler, tmp_path) as site:
        line = await site.line()
        got = await line.ask("GET", "/fault")
        assert (got.status, got.body) == (500, b"a fault")
        assert [request.path for request in site.faults] == ["/fault"]
        assert (await line.ask("GET", "/fine")).body == b"fine"


async def test_a_server_that_stops_finishes_what_it_began_and_closes_politely(served: Served) -> None:
    line, idle, blob = await served.site.line(), await served.site.line(), Content(os.urandom(100_000))
    target = await start(served, line)
    assert (await idle.ask("GET", "/healthz")).status == 200
    sent = {"Authorization": served.who, "Content-Length": "100000"}
    await line.send(head("PUT", f"{target}&digest={blob.digest}", sent), blob.data[:1000])
    await asyncio.sleep(0.05)
    stopping = asyncio.create_task(served.site.listener.stop(5))
    await asyncio.sleep(0.05)
    with pytest.raises(OSError):  # noqa: PT011  # refused, in the words of whatever system this is
        await served.site.line()
    await line.send(blob.data[1000:])
    got = await line.answer()
    assert (got.status, got.headers["Connection"]) == (201, "close")
    await stopping
    assert await line.rest() == b""
    assert await idle.rest() == b""


async def test_a_server_that_stops_waits_no_longer_than_it_said(served: Served) -> None:
    line = await served.site.line()
    target = await start(served, line)
    await line.send(head("PATCH", target, {"Authorization": served.who, "Content-Length": "1000"}), b"x")
    await asyncio.sleep(0.05)
    began = time.monotonic()
    await served.site.listener.stop(0.1)
    assert time.monotonic() - began < 3


async def test_no_answer_says_which_libraries_we_run_on(tmp_path: Path) -> None:
    async def handler(_: Request) -> Reply:
        return Reply(body=b"x")

    async with listening(handler, tmp_path) as site:
        line = await site.line()
        for method in ("GET", "HEAD"):
            assert (await line.ask(method, "/")).headers.getall("Server") == ["roadstead"]
