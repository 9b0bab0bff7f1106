"""Blobs and manifests put into another registry: mounted, in one piece, or in pieces that can be taken up again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from urllib.parse import quote, urljoin, urlsplit

from roadstead.oci.digest import Digest
from roadstead.remote.client import RemoteRegistry
from roadstead.remote.errors import Kind, RemoteFailure
from roadstead.remote.guard import Answer
from roadstead.remote.session import Wanted

ONE_PIECE = 1024 * 1024
"""A blob up to this size is sent in a single request."""
PIECE = 64 * 1024 * 1024
MAX_BREAKS = 4
"""Breaks of the connection in a row, without any byte gained, that are put up with."""
MOST_BREAKS = 50
"""Breaks of one upload in all."""
_PASSING = frozenset({Kind.UNAVAILABLE, Kind.CUT_SHORT, Kind.TIMEOUT, Kind.UNAUTHORIZED})
BINARY = {"Content-Type": "application/octet-stream"}

OpenAt = Callable[[int], AbstractAsyncContextManager[AsyncIterator[bytes]]]
"""Opens the content from a byte on."""


@dataclass(frozen=True, slots=True)
class Upload:
    """What is to be sent."""

    digest: Digest
    size: int
    open_at: OpenAt


class Feed:
    """A stream handed out in pieces of the size a request announces."""

    def __init__(self, chunks: AsyncIterator[bytes]) -> None:
        self._chunks, self._left = chunks, b""
        self.failure: BaseException | None = None

    async def take(self, count: int) -> AsyncIterator[bytes]:
        """The next `count` bytes. What goes wrong at the source is kept in `failure`: the HTTP client hides it."""
        try:
            while count:
                chunk = self._left or await anext(self._chunks)
                now, self._left = chunk[:count], chunk[count:]
                count -= len(now)
                yield now
        except StopAsyncIteration:
            self.failure = RemoteFailure(Kind.CUT_SHORT, "the source ended before its size was reached")
            raise self.failure from None
        except RemoteFailure as failure:
            self.failure = failure
            raise


class Pusher:
    """Puts content into one repository of a registry. Every method raises RemoteFailure."""

    def __init__(self, registry: RemoteRegistry, repository: str, *, piece: int = PIECE) -> None:
        self._registry, self._repository, self._piece = registry, repository, piece
        self._scope = f"repository:{registry.full_name(repository)}:pull,push"

    async def has_blob(self, digest: Digest) -> bool:
        """Whether the blob is there already."""
        path = self._registry.blob_path(self._repository, digest)
        async with await self._send(Wanted("HEAD", path, self._scope)) as answer:
            if answer.status in (200, 404):
                return answer.status == 200
            raise await self._registry.failed(answer, f"blob {digest}")

    async def blob(self, upload: Upload, mount_from: str = "") -> bool:
        """Sends a blob; False when the registry took it from `mount_from`, a repository of its own, instead."""
        location = await self._start(upload.digest, mount_from)
        if not location:
            return False
        if upload.size <= ONE_PIECE:
            await self._in_one_piece(location, upload)
        else:
            await self._in_pieces(location, upload)
        return True

    async def manifest(self, reference: str, body: bytes, media_type: str) -> bool:
        """Puts a manifest under a tag or its digest; whether the registry lists it under its subject by itself."""
        path = self._registry.manifest_path(self._repository, reference)
        wanted = Wanted("PUT", path, self._scope, {"Content-Type": media_type}, body)
        async with await self._send(wanted) as answer:
            if answer.status not in (200, 201, 202):
                raise await self._registry.failed(answer, f"manifest {self._repository}:{reference}")
            return "OCI-Subject" in answer.headers

    async def _start(self, digest: Digest, mount_from: str) -> str:
        """Where the upload goes on; empty when the blob was mounted."""
        path, scope = self._registry.uploads_path(self._repository), self._scope
        if mount_from:
            source = self._registry.full_name(mount_from)
            query = f"?mount={digest}&from={quote(source, safe='')}"
            wanted = Wanted("POST", path + query, f"{scope} repository:{source}:pull")
            async with await self._send(wanted) as answer:
                if answer.status == 201:
                    return ""
                if answer.status == 202:
                    return self._location(answer)
        async with await self._send(Wanted("POST", path, scope)) as answer:
            if answer.status != 202:
                raise await self._registry.failed(answer, f"an upload to {self._repository}")
            return self._location(answer)

    async def _in_one_piece(self, location: str, upload: Upload) -> None:
        async with upload.open_at(0) as chunks:
            data = b"".join([chunk async for chunk in chunks])
        await self._finish(location, upload.digest, data)

    async def _in_pieces(self, location: str, upload: Upload) -> None:
        at, breaks, all_breaks = 0, 0, 0
        while at < upload.size:
            before = at
            try:
                async with upload.open_at(at) as chunks:
                    feed = Feed(chunks)
                    while at < upload.size:
                        location = await self._append(location, feed, at, upload)
                        at = min(upload.size, at + self._piece)
            except RemoteFailure as failure:
                if failure.kind not in _PASSING or failure.host != self._registry.host:
                    raise
                location, at = await self._where(location, failure)
                breaks, all_breaks = (0 if at > before else breaks + 1), all_breaks + 1
                if breaks > MAX_BREAKS or all_breaks > MOST_BREAKS:
                    raise
        await self._finish(location, upload.digest, b"")

    async def _append(self, location: str, feed: Feed, at: int, upload: Upload) -> str:
        count = min(self._piece, upload.size - at)
        headers = {**BINARY, "Content-Length": str(count), "Content-Range": f"{at}-{at + count - 1}"}
        seconds = self._registry.transfer_seconds
        wanted = Wanted("PATCH", location, self._scope, headers, feed.take(count), seconds)
        try:
            async with await self._send(wanted) as answer:
                if answer.status not in (201, 202, 204):
                    raise await self._registry.failed(answer, f"an upload to {self._repository}")
                return self._location(answer, location)
        except RemoteFailure as failure:
            raise feed.failure or failure from None

    async def _where(self, location: str, failure: RemoteFailure) -> tuple[str, int]:
        """Where a broken upload goes on, and from which byte; raises the failure when it does not."""
        async with await self._send(Wanted("GET", location, self._scope)) as answer:
            if answer.status != 204:
                raise failure
            first, _, last = answer.headers.get("Range", "").removeprefix("bytes=").partition("-")
            if not last.isdigit() or len(last) > 18 or first != "0":
                raise failure
            # "0-0" is what an empty upload says, and one of a single byte too: send that byte again.
            return self._location(answer, location), int(last) + 1 if int(last) else 0

    async def _finish(self, location: str, digest: Digest, data: bytes) -> None:
        target = f"{location}{'&' if '?' in location else '?'}digest={quote(str(digest), safe='')}"
        seconds = self._registry.transfer_seconds
        wanted = Wanted("PUT", target, self._scope, {**BINARY, "Content-Length": str(len(data))}, data, seconds)
        async with await self._send(wanted) as answer:
            if answer.status not in (201, 204):
                raise await self._registry.failed(answer, f"blob {digest}")

    def _location(self, answer: Answer, otherwise: str = "") -> str:
        """The address a registry names for what comes next; never plain http after https."""
        text, host = answer.headers.get("Location", ""), self._registry.host
        if not text and otherwise:
            return otherwise
        address = urljoin(answer.url, text)
        if not text or (answer.url.startswith("https:") and urlsplit(address).scheme != "https"):
            raise RemoteFailure(Kind.MALFORMED, f"{host} names no place to upload to", host=host)
        return address

    async def _send(self, wanted: Wanted) -> Answer:
        return await self._registry.send(wanted, self._repository)
