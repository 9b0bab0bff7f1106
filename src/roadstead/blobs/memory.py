"""Blobs and uploads in memory: the reference driver, for tests and for registries that may forget."""

from __future__ import annotations

from collections.abc import AsyncIterator
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import uuid4

from roadstead.base.errors import NotFound, OutOfRange, TooLarge
from roadstead.base.values import Json
from roadstead.blobs.claims import Claims
from roadstead.blobs.store import DigestMismatch, Found, Tail, Upload
from roadstead.oci.digest import Digest

PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class MemoryBlob:
    """The bytes of one blob, as an OpenBlob."""

    data: bytes

    @property
    def size(self) -> int:
        """The length in bytes."""
        return len(self.data)

    def fileno(self) -> None:
        """There is no file."""
        return None

    async def read(self, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """The bytes asked for, in pieces of at most 1 MiB."""
        end = self.size if length is None else min(self.size, start + length)
        for at in range(start, end, PIECE):
            yield self.data[at : min(at + PIECE, end)]

    def close(self) -> None:
        """Nothing is held."""


class MemoryBlobs:
    """A BlobStore that lives as long as the process."""

    def __init__(self) -> None:
        self._kept: dict[Digest, tuple[bytes, datetime]] = {}

    async def size(self, digest: Digest) -> int | None:
        """See BlobStore."""
        kept = self._kept.get(digest)
        return len(kept[0]) if kept else None

    async def open(self, digest: Digest) -> MemoryBlob | None:
        """See BlobStore."""
        kept = self._kept.get(digest)
        return MemoryBlob(kept[0]) if kept else None

    async def put(self, digest: Digest, data: bytes) -> None:
        """See BlobStore."""
        found = Digest.of(data, digest.algorithm)
        if found != digest:
            raise DigestMismatch(digest, found)
        self._kept[digest] = bytes(data), datetime.now(UTC)

    async def get(self, digest: Digest, limit: int) -> bytes | None:
        """See BlobStore."""
        data, _ = self._kept.get(digest, (None, None))
        if data is not None and len(data) > limit:
            raise TooLarge(f"blob {digest} has {len(data)} bytes; at most {limit} are read at once")
        return data

    async def delete(self, digest: Digest) -> bool:
        """See BlobStore."""
        return self._kept.pop(digest, None) is not None

    async def walk(self) -> AsyncIterator[Found]:
        """See BlobStore."""
        for digest, (data, modified) in list(self._kept.items()):
            yield Found(digest, len(data), modified)


@dataclass(slots=True)
class _Held:
    note: Json
    started: datetime
    touched: datetime
    data: bytearray = field(default_factory=bytearray)


@dataclass(frozen=True, slots=True)
class _MemoryFollowed:
    data: bytearray

    async def read(self, start: int, length: int) -> bytes:
        """See Followed."""
        return bytes(self.data[start : start + length])

    def close(self) -> None:
        """Nothing is held."""


class MemoryUploads:
    """Uploads that end as blobs of a MemoryBlobs."""

    def __init__(self, blobs: MemoryBlobs) -> None:
        self._blobs = blobs
        self._held: dict[str, _Held] = {}
        self._claims = Claims()

    async def start(self, note: Json) -> str:
        """See Uploads."""
        id, now = str(uuid4()), datetime.now(UTC)
        self._held[id] = _Held(deepcopy(note), started=now, touched=now)
        return id

    async def status(self, id: str) -> Upload | None:
        """See Uploads."""
        held = self._held.get(id)
        return Upload(id, len(held.data), deepcopy(held.note), held.started) if held else None

    async def append(self, id: str, offset: int, chunks: AsyncIterator[bytes], limit: int | None = None) -> int:
        """See Uploads."""
        with self._claims.claimed(id):
            data = self._get(id).data
            if offset != len(data):
                raise OutOfRange(f"upload {id!r} holds {len(data)} bytes; bytes at {offset} do not follow")
            async for chunk in chunks:
                if limit is not None and len(data) + len(chunk) > limit:
                    raise TooLarge(f"the upload is larger than the {limit} bytes accepted")
                data += chunk
                self._get(id).touched = datetime.now(UTC)
            self._get(id)
            return len(data)

    async def follow(self, id: str) -> _MemoryFollowed:
        """See Uploads."""
        return _MemoryFollowed(self._get(id).data)

    async def digest(self, id: str, algorithm: str) -> Digest:
        """See Uploads."""
        return Digest.of(bytes(self._get(id).data), algorithm)

    async def finish(self, id: str, digest: Digest, tail: Tail | None = None) -> int:
        """See Uploads."""
        if tail is not None:
            await self.append(id, tail.offset, tail.chunks, tail.limit)
        with self._claims.claimed(id):
            held = self._get(id)
            await self._blobs.put(digest, bytes(held.data))
            del self._held[id]
            return len(held.data)

    async def cancel(self, id: str) -> bool:
        """See Uploads."""
        return self._held.pop(id, None) is not None

    async def sweep(self, idle_since: datetime) -> list[str]:
        """See Uploads."""
        busy = self._claims.now()
        idle = [id for id, held in self._held.items() if held.touched < idle_since and id not in busy]
        for id in idle:
            del self._held[id]
        return idle

    def _get(self, id: str) -> _Held:
        """The upload as it is now; a cancel may come between two chunks."""
        if id not in self._held:
            raise NotFound("upload", id)
        return self._held[id]
