"""Uploads as files: bytes are hashed and written in threads while the next ones arrive; the end is one rename."""

from __future__ import annotations

import fcntl
import math
import os
import re
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime
from uuid import uuid4

import orjson

from roadstead.base.errors import NotFound, OutOfRange, TooLarge
from roadstead.base.values import Json
from roadstead.blobs.batch import Batch
from roadstead.blobs.claims import Claims
from roadstead.blobs.durable import PRIVATE, begin_sync, write_all
from roadstead.blobs.filesystem import FilesystemBlobs
from roadstead.blobs.store import DigestMismatch, Tail, Upload
from roadstead.blobs.threads import Threads, settled
from roadstead.oci.digest import Digest, Hasher, InvalidDigest

BATCH = 2 << 20
"""Bytes gathered before they go to a thread; an upload holds two batches in memory at most."""

LIVE_KEPT = 4096
"""Uploads remembered. The oldest gives way; it is read from its files again, and hashed again at the end."""

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class _Live:
    """What this process remembers of an upload it began: the hash of its first `size` bytes, and its note."""

    def __init__(self, note: Json, started: datetime) -> None:
        self.note, self.started, self.size = note, started, 0
        try:
            self.hasher = Hasher(str(note.get("algorithm")))
        except InvalidDigest:
            self.hasher = Hasher()

    def add(self, at: int, data: memoryview) -> None:
        """Go on with the bytes at an offset. Once they do not follow, this hash fits the file no more, ever."""
        if at == self.size:
            self.hasher.update(data)
            self.size += len(data)
        else:
            self.size = -1


class FollowedFile:
    """The data file of an upload, as a Followed: it stays open when the upload becomes a blob or goes away."""

    def __init__(self, fd: int, threads: Threads) -> None:
        self._file, self._threads = os.fdopen(fd, "rb", buffering=0), threads

    async def read(self, start: int, length: int) -> bytes:
        """See Followed."""
        return await self._threads.run(os.pread, self._file.fileno(), length, start)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class FilesystemUploads:
    """Uploads in the folder of a FilesystemBlobs. An upload is there exactly while its data file is.

    Nothing is synced before `finish`: a restart keeps the uploads, a loss of power may cost those under way.
    With `shared`, other processes may go on with an upload begun here: the file alone says how far it is.
    """

    def __init__(self, blobs: FilesystemBlobs, *, shared: bool = False) -> None:
        self._shared = shared
        self._blobs, self._threads = blobs, blobs.threads
        self._root = f"{blobs.folders.root}/uploads"
        self._claims = Claims()
        self._live: dict[str, _Live] = {}

    async def start(self, note: Json) -> str:
        """See Uploads."""
        id = str(uuid4())
        encoded = orjson.dumps(note)
        await self._threads.run(self._start, id, encoded)
        if len(self._live) >= LIVE_KEPT:
            del self._live[next(iter(self._live))]
        self._live[id] = _Live(orjson.loads(encoded), datetime.now(UTC))
        return id

    async def status(self, id: str) -> Upload | None:
        """See Uploads."""
        live = self._live.get(id)
        if live is not None and live.size >= 0 and not self._shared:
            return Upload(id, live.size, live.note, live.started)
        return await self._threads.run(self._status, id) if _UUID.fullmatch(id) else None

    async def append(self, id: str, offset: int, chunks: AsyncIterator[bytes], limit: int | None = None) -> int:
        """See Uploads."""
        _check(id)
        with self._claims.claimed(id):
            at, batch = await self._pour(id, Tail(offset, chunks, limit))
            await self._threads.run(self._write, id, at, batch)
            return at + batch.length

    async def follow(self, id: str) -> FollowedFile:
        """See Uploads."""
        _check(id)
        return FollowedFile(await self._threads.run(self._open, id, os.O_RDONLY), self._threads)

    async def digest(self, id: str, algorithm: str) -> Digest:
        """See Uploads."""
        _check(id)
        with self._claims.claimed(id):
            return await self._threads.run(self._digest, id, algorithm)

    async def finish(self, id: str, digest: Digest, tail: Tail | None = None) -> int:
        """See Uploads. A short tail costs no trip to a thread of its own."""
        _check(id)
        with self._claims.claimed(id):
            last = await self._pour(id, tail) if tail is not None else None
            size = await self._threads.run(self._finish, id, digest, last)
            self._live.pop(id, None)
            return size

    async def cancel(self, id: str) -> bool:
        """See Uploads."""
        self._live.pop(id, None)
        return bool(_UUID.fullmatch(id)) and await self._threads.run(self._drop, id)

    async def sweep(self, idle_since: datetime) -> list[str]:
        """See Uploads."""
        gone = await self._threads.run(self._sweep, idle_since.timestamp(), self._claims.now())
        for id in gone:
            self._live.pop(id, None)
        return gone

    async def recover(self, untouched_since: datetime | None = None) -> int:
        """Remove the uploads a crash left half made or half removed; returns their number. For the start only.

        With a time, only those nobody touched since then.
        """
        return await self._threads.run(self._recover, untouched_since)

    async def _pour(self, id: str, tail: Tail) -> tuple[int, Batch]:
        """Write what arrives, one batch in a thread while the next one fills; returns the last batch and its offset.

        However the stream ends, no thread is still at it afterwards. When it breaks, what has arrived is written.
        """
        offset, batch, writing = tail.offset, Batch(), None
        try:
            async for chunk in tail.chunks:
                if tail.limit is not None and offset + batch.length + len(chunk) > tail.limit:
                    raise TooLarge(f"the upload is larger than the {tail.limit} bytes accepted")
                batch.add(chunk)
                if batch.length >= BATCH:
                    if writing:
                        await settled(writing)
                    writing = self._threads.submit(self._write, id, offset, batch)
                    offset, batch = offset + batch.length, Batch()
        except BaseException:
            if writing:
                await settled(writing)
            if batch.length:
                await self._threads.run(self._write, id, offset, batch)
            raise
        if writing:
            await settled(writing)
        return offset, batch

    def _start(self, id: str, note: bytes) -> None:
        folder = f"{self._root}/{id}"
        self._blobs.folders.ensure(self._root)
        os.mkdir(folder, PRIVATE)
        try:
            _create(f"{folder}/note.json", note)
            _create(f"{folder}/data", b"")
        except BaseException:
            self._tidy(id)
            raise

    def _status(self, id: str) -> Upload | None:
        folder = f"{self._root}/{id}"
        try:
            offset = os.stat(f"{folder}/data").st_size
            with open(f"{folder}/note.json", "rb", buffering=0) as file:
                note, written = orjson.loads(file.read()), os.fstat(file.fileno()).st_mtime
        except (FileNotFoundError, orjson.JSONDecodeError):
            return None
        return Upload(id, offset, note, datetime.fromtimestamp(written, UTC))

    def _write(self, id: str, offset: int, batch: Batch) -> None:
        """Add one batch. Opened anew each time: a cancelled upload is noticed, and no descriptor is ever left over."""
        live = self._live.get(id)
        fd = self._open(id, os.O_WRONLY | os.O_APPEND)
        try:
            if self._shared:
                fcntl.flock(fd, fcntl.LOCK_EX)  # held for this batch; the size then tells whether another came first
            size = os.fstat(fd).st_size
            if size != offset:
                raise OutOfRange(f"upload {id!r} holds {size} bytes; bytes at {offset} do not follow")
            for piece in batch.pieces:
                rest = memoryview(piece)
                while rest:
                    written = os.write(fd, rest)
                    if live is not None:
                        live.add(offset, rest[:written])
                    offset, rest = offset + written, rest[written:]
            if batch.length >= BATCH:
                begin_sync(fd, size, batch.length)
        finally:
            os.close(fd)

    def _finish(self, id: str, digest: Digest, last: tuple[int, Batch] | None) -> int:
        if last is not None:
            self._write(id, *last)
        fd = self._open(id, os.O_RDWR)
        try:
            if self._shared:
                fcntl.flock(fd, fcntl.LOCK_EX)
            size = os.fstat(fd).st_size
            found = self._found(id, fd, size, digest.algorithm)
            if found != digest:
                raise DigestMismatch(digest, found)
            os.utime(fd)  # the grace of a garbage collection counts from now, not from the last append
            self._sync(id, fd)
        finally:
            os.close(fd)
        try:
            self._blobs.keep(f"{self._root}/{id}/data", digest)
        except FileNotFoundError:
            raise NotFound("upload", id) from None
        self._tidy(id)
        return size

    def _digest(self, id: str, algorithm: str) -> Digest:
        fd = self._open(id, os.O_RDONLY)
        try:
            return self._found(id, fd, os.fstat(fd).st_size, algorithm)
        finally:
            os.close(fd)

    def _found(self, id: str, fd: int, size: int, algorithm: str) -> Digest:
        """The digest of the bytes held: the one made on the way, or made anew from the file after a restart."""
        live = self._live.get(id)
        if live is not None and live.size == size and live.hasher.algorithm == algorithm:
            return live.hasher.digest()
        hasher, at, piece = Hasher(algorithm), 0, bytearray(BATCH)
        while got := os.preadv(fd, [piece], at):
            hasher.update(memoryview(piece)[:got])
            at += got
        return hasher.digest()

    def _sync(self, id: str, fd: int) -> None:
        """Sync the data. When that fails nobody knows which bytes are stored, so none are claimed to be.

        A second fsync would succeed without writing them: the kernel reports a lost page once.
        """
        try:
            os.fsync(fd)
        except OSError:
            self._live.pop(id, None)
            os.ftruncate(fd, 0)
            raise

    def _drop(self, id: str) -> bool:
        try:
            os.unlink(f"{self._root}/{id}/data")
        except FileNotFoundError:
            return False
        self._tidy(id)
        return True

    def _tidy(self, id: str) -> None:
        """Remove what is left of an upload that is over; whatever cannot be removed is left to a sweep."""
        with suppress(OSError):
            os.unlink(f"{self._root}/{id}/data")
        with suppress(OSError):
            os.unlink(f"{self._root}/{id}/note.json")
        with suppress(OSError):
            os.rmdir(f"{self._root}/{id}")

    def _sweep(self, idle_since: float, busy: frozenset[str]) -> list[str]:
        gone = []
        for id in self._ids():
            if id not in busy and self._touched(id) < idle_since:
                if not self._drop(id):
                    self._tidy(id)
                gone.append(id)
        return gone

    def _recover(self, untouched_since: datetime | None) -> int:
        before = math.inf if untouched_since is None else untouched_since.timestamp()
        over = [id for id in self._ids() if self._is_over(id) and self._touched(id) < before]
        for id in over:
            self._tidy(id)
        return len(over)

    def _is_over(self, id: str) -> bool:
        """Whether nobody can go on with it: half made, half removed, or of those that end with their process."""
        upload = self._status(id)
        return upload is None or upload.note.get("resumable") is False

    def _touched(self, id: str) -> float:
        for path in (f"{self._root}/{id}/data", f"{self._root}/{id}"):
            with suppress(FileNotFoundError):
                return os.stat(path).st_mtime
        return time.time()

    def _ids(self) -> list[str]:
        try:
            return [name for name in os.listdir(self._root) if _UUID.fullmatch(name)]
        except FileNotFoundError:
            return []

    def _open(self, id: str, flags: int) -> int:
        try:
            return os.open(f"{self._root}/{id}/data", flags)
        except FileNotFoundError:
            raise NotFound("upload", id) from None


def _check(id: str) -> None:
    """What is no UUID was never given out, and never becomes part of a path."""
    if not _UUID.fullmatch(id):
        raise NotFound("upload", id)


def _create(path: str, content: bytes) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        write_all(fd, content)
    finally:
        os.close(fd)
