"""Answers of a registry that means harm, or is broken: put in front of an `UpstreamRegistry`.

    upstream.before.append(on("/manifests/", endless()))

Each is an answer to a request that its path chooses; what is not chosen is answered well.
"""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Callable, Sequence

import orjson
from aiohttp import web

from roadstead.oci.digest import Digest
from roadstead.oci.mediatypes import OCI_INDEX, OCI_MANIFEST
from roadstead.testing.builders import Content, index
from roadstead.testing.upstream import Answerer, refusal

GIGABYTE = 1024**3
DAY_SECONDS = 86_400.0
_PIECE = b" " * (256 * 1024)


def on(part: str, answerer: Answerer, *, times: int = 0, method: str = "") -> Answerer:
    """Only for requests with this text in their path (and this method), and only so many times; 0: always."""
    left = [times]

    async def chosen(request: web.BaseRequest) -> web.StreamResponse | None:
        if part not in request.path_qs or method not in ("", request.method):
            return None
        if times and not left[0]:
            return None
        left[0] -= 1
        return await answerer(request)

    return chosen


def slow(seconds: float) -> Answerer:
    """Waits before it answers, then answers well."""

    async def answer(request: web.BaseRequest) -> None:
        await asyncio.sleep(seconds)

    return answer


def drips(media_type: str = OCI_MANIFEST, pause: float = 0.05) -> Answerer:
    """A byte at a time, without end: never silent for long, never done."""
    return _streamed(lambda: b" ", media_type, pause=pause)


def stalls(first: bytes = b"{", media_type: str = OCI_MANIFEST, length: int = 1000) -> Answerer:
    """A beginning, then nothing, with the connection held open."""

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        begun = await _begin(request, media_type, length)
        await begun.write(first)
        await asyncio.sleep(DAY_SECONDS)
        return begun

    return answer


def ends_early(data: bytes, keep: int, media_type: str = "application/octet-stream") -> Answerer:
    """Announces all of some bytes, sends the first `keep`, and closes."""

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        begun = await _begin(request, media_type, length=len(data))
        await begun.write(data[:keep])
        _cut(request)
        return begun

    return answer


def resumable(data: bytes, keep: int) -> Answerer:
    """Ends early time after time, but honours ranges: each answer brings `keep` more bytes."""

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        start = int(request.headers.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")[0])
        headers = {"Content-Range": f"bytes {start}-{len(data) - 1}/{len(data)}"} if start else {}
        begun = web.StreamResponse(status=206 if start else 200, headers=headers)
        begun.content_length = len(data) - start
        await begun.prepare(request)
        await begun.write(data[start : start + keep])
        if start + keep < len(data):
            _cut(request)
        return begun

    return answer


def sends(
    body: bytes, media_type: str = OCI_MANIFEST, *, status: int = 200, headers: dict[str, str] | None = None
) -> Answerer:
    """These bytes, whatever was asked for."""

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        begun = web.StreamResponse(status=status, headers={"Content-Type": media_type, **(headers or {})})
        begun.content_length = len(body)
        await begun.prepare(request)
        for at in range(0, len(body), len(_PIECE)):
            await begun.write(body[at : at + len(_PIECE)])
        return begun

    return answer


def announces(length: int, media_type: str = OCI_MANIFEST) -> Answerer:
    """A length, and then no end of bytes up to it: a 5 GB manifest."""
    return _streamed(lambda: _PIECE, media_type, length=length)


def endless(media_type: str = OCI_MANIFEST) -> Answerer:
    """Bytes for ever, without a length."""
    return _streamed(lambda: _PIECE, media_type)


def endless_error() -> Answerer:
    """404, and words without end."""
    return _streamed(lambda: _PIECE, "application/json", status=404)


def redirects_to(url: str, status: int = 307) -> Answerer:
    """Somewhere else; `{n}` in the address counts the redirects."""
    count = iter(range(10**9))

    async def answer(_: web.BaseRequest) -> web.Response:
        return web.Response(status=status, headers={"Location": url.replace("{n}", str(next(count)))})

    return answer


def wants_token_from(realm: str) -> Answerer:
    """A Bearer challenge that leads elsewhere."""
    return challenges(f'Bearer realm="{realm}",service="upstream"')


def challenges(*headers: str) -> Answerer:
    """401 for ever, with these challenges."""

    async def answer(_: web.BaseRequest) -> web.Response:
        said = refusal("UNAUTHORIZED")
        for header in headers:
            said.headers.add("WWW-Authenticate", header)
        return said

    return answer


def too_many(retry_after: str = "") -> Answerer:
    """429, with a time or without."""

    async def answer(_: web.BaseRequest) -> web.Response:
        return refusal("TOOMANYREQUESTS", headers={"Retry-After": retry_after} if retry_after else {})

    return answer


def breaks(status: int = 500) -> Answerer:
    """A fault of its own."""

    async def answer(_: web.BaseRequest) -> web.Response:
        return web.Response(status=status, text="<html>oh dear</html>", content_type="text/html")

    return answer


def hangs_up() -> Answerer:
    """Closes without a word."""

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        _cut(request)
        raise ConnectionResetError

    return answer


def endless_tags() -> Answerer:
    """Page after page of tags, each with a next one."""
    count = iter(range(10**9))

    async def answer(request: web.BaseRequest) -> web.Response:
        number = next(count)
        body = orjson.dumps({"name": "endless", "tags": [f"v{number}"]})
        link = f'<{request.path}?n=1&last=v{number}>; rel="next"'
        return web.Response(body=body, content_type="application/json", headers={"Link": link})

    return answer


def gzip_bomb(megabytes: int = 64) -> Answerer:
    """A small body that says it is compressed, and is large once it is not."""
    return sends(gzip.compress(b" " * (megabytes << 20), 9), headers={"Content-Encoding": "gzip"})


def header_bomb(count: int = 100, length: int = 60_000) -> Answerer:
    """Headers by the megabyte."""
    return sends(b"{}", headers={f"X-Bomb-{number}": "b" * length for number in range(count)})


def self_containing_index() -> Answerer:
    """Under each digest, an index that names that very digest as its only child."""

    async def answer(request: web.BaseRequest) -> web.Response:
        digest = request.path.rpartition("/")[2]
        digest = digest if ":" in digest else str(Digest.of(b"itself"))
        child = {"mediaType": OCI_INDEX, "digest": digest, "size": 300}
        body = orjson.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [child]})
        return web.Response(body=body, headers={"Content-Type": OCI_INDEX, "Docker-Content-Digest": digest})

    return answer


def many_entries(count: int = 10**6) -> Content:
    """An index with so many entries, each of them the same small image that is nowhere."""
    child = {"mediaType": OCI_MANIFEST, "digest": str(Digest.of(b"nowhere")), "size": 2}
    entry = orjson.dumps(child)
    body = b'{"schemaVersion":2,"mediaType":"%s","manifests":[%s]}' % (OCI_INDEX.encode(), b",".join([entry] * count))
    return Content(body, OCI_INDEX)


def nested(depth: int, innermost: Content) -> Sequence[Content]:
    """Indexes one inside the other, the outermost first, and the image in the last of them: `depth` + 1 contents."""
    chain = [innermost]
    for _ in range(depth):
        chain.append(index(chain[-1]))
    return chain[::-1]


class Rebinding:
    """A name server that changes its mind: each look-up gets the next of these answers, the last for ever."""

    def __init__(self, *answers: str) -> None:
        self._answers, self.asked = list(answers), 0

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        """The addresses, as the guard's `lookup` wants them."""
        self.asked += 1
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        return answer.split(",")


def _streamed(
    piece: Callable[[], bytes], media_type: str, *, length: int | None = None, pause: float = 0.0, status: int = 200
) -> Answerer:
    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        begun = await _begin(request, media_type, length, status)
        sent = 0
        while length is None or sent < length:
            data = piece() if length is None else piece()[: length - sent]
            await begun.write(data)
            sent += len(data)
            if pause:
                await asyncio.sleep(pause)
        return begun

    return answer


async def _begin(
    request: web.BaseRequest, media_type: str, length: int | None, status: int = 200
) -> web.StreamResponse:
    begun = web.StreamResponse(status=status, headers={"Content-Type": media_type})
    begun.content_length = length
    await begun.prepare(request)
    return begun


def _cut(request: web.BaseRequest) -> None:
    if request.transport is not None:
        request.transport.close()
