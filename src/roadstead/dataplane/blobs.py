"""Blobs: read whole or in parts, unlink, delete for good (registry contract, section 7)."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Sequence

from roadstead.base.web import FileSlice, Reply, ReplyBody
from roadstead.blobs.store import OpenBlob
from roadstead.dataplane.admitted import Admitted
from roadstead.oci import conditions
from roadstead.oci.digest import Digest
from roadstead.oci.ranges import Multipart, Range, parse_range
from roadstead.repositories.delete import Delete
from roadstead.repositories.pull import Pull

OCTETS = "application/octet-stream"


class BlobHandlers:
    """Handlers of `/v2/<name>/blobs/<digest>` and `/admin/blobs/<digest>`."""

    def __init__(self, pull: Pull, delete: Delete) -> None:
        self._pull, self._delete = pull, delete

    async def get(self, ask: Admitted) -> Reply:
        """GET and HEAD: the blob, one part, several parts, or 304."""
        digest = Digest.parse(ask.reference)
        find = self._pull.glimpse if ask.request.method == "HEAD" else self._pull.blob
        blob = await find(ask.repository, digest)
        try:
            return self._reply(ask, digest, blob)
        except BaseException:
            blob.close()
            raise

    async def unlink(self, ask: Admitted) -> Reply:
        """DELETE: this repository shows it no longer; the bytes stay for others."""
        await self._delete.blob(ask.repository, Digest.parse(ask.reference))
        return Reply(202, {"Content-Length": "0"})

    async def destroy(self, ask: Admitted) -> Reply:
        """DELETE /admin/blobs/…: the bytes go, whoever links them; the pruner answers for that (section 7.5)."""
        await self._delete.bytes(Digest.parse(ask.reference))
        return Reply(204)

    def _reply(self, ask: Admitted, digest: Digest, blob: OpenBlob) -> Reply:
        headers = {
            "Content-Type": OCTETS,
            "Docker-Content-Digest": str(digest),
            "ETag": conditions.entity_tag(digest),
            "Cache-Control": "max-age=31536000",
            "Accept-Ranges": "bytes",
        }
        if not conditions.none_match(ask.request.headers.getall("If-None-Match", []), str(digest)):
            blob.close()
            return Reply(304, headers)
        reply = self._found(ask, digest, blob, headers)
        if ask.request.method == "HEAD":
            blob.close()
            reply.body = b""
        return reply

    def _found(self, ask: Admitted, digest: Digest, blob: OpenBlob, headers: dict[str, str]) -> Reply:
        asked, ranges = ask.request.headers, None
        if conditions.range_applies(asked.get("If-Range"), str(digest)):
            ranges = parse_range(asked.get("Range"), blob.size)
        if ranges is None:
            return Reply(200, headers, _slice(blob, Range(0, blob.size - 1)), length=blob.size)
        if len(ranges) == 1:
            part = ranges[0]
            headers["Content-Range"] = part.content_range(blob.size)
            return Reply(206, headers, _slice(blob, part), length=part.length)
        frame = Multipart(ranges, blob.size, OCTETS, secrets.token_hex(16))
        return Reply(
            206,
            {**headers, "Content-Type": frame.media_type},
            _Pieces(blob, _parts(blob, ranges, frame)),
            length=frame.length,
        )


def _slice(blob: OpenBlob, part: Range) -> ReplyBody:
    """The bytes as the kernel can send them, or in pieces where there is no file."""
    if blob.fileno() is None:
        return _Pieces(blob, blob.read(part.start, part.length))
    return FileSlice(blob, part.start, part.length)  # type: ignore[arg-type]  # fileno() is not None


class _Pieces:
    """Bytes of a blob, which is closed at their end, or by `aclose` even before the first was asked for."""

    def __init__(self, blob: OpenBlob, pieces: AsyncIterator[bytes]) -> None:
        self._blob, self._pieces = blob, pieces

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        try:
            return await anext(self._pieces)
        except BaseException:
            self._blob.close()
            raise

    async def aclose(self) -> None:
        """Lets the blob go."""
        self._blob.close()


async def _parts(blob: OpenBlob, ranges: Sequence[Range], frame: Multipart) -> AsyncIterator[bytes]:
    for part in ranges:
        yield frame.head(part)
        async for piece in blob.read(part.start, part.length):
            yield piece
    yield frame.tail
