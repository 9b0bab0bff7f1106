"""One blob on its way here from another registry: stored as it comes, and read at once by all who wait for it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator

from roadstead.blobs.store import DigestMismatch, Followed, Uploads
from roadstead.oci.digest import Digest

BATCH = 1 << 20
"""Bytes gathered before they are written, while the next ones come."""

MOST_UNWRITTEN = 4 << 20
"""Bytes in memory that the disk has not got yet; the other registry waits beyond."""

PIECE = 1 << 20


class Transfer:
    """The bytes from the first to the last, in memory until written, then in an upload that readers follow.

    The last byte of what a reader wants is handed out only when all have proved to be the right ones: whoever got a
    whole answer, of a part too, got the right one. Readers come and go as they like, the transfer goes on without them.
    """

    def __init__(self, digest: Digest, uploads: Uploads, id: str, followed: Followed) -> None:
        self.digest, self.size = digest, -1
        self.received = 0
        self._uploads, self._id, self._followed = uploads, id, followed
        self._written = 0
        self._tail: deque[tuple[int, bytes]] = deque()
        self._writing: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        self.ended = self._verified = False
        self._readers = 0

    @classmethod
    async def begin(cls, digest: Digest, uploads: Uploads) -> Transfer:
        """A transfer that has no bytes yet; a restart forgets it. Raises StorageFull, StorageReadOnly."""
        id = await uploads.start({"algorithm": digest.algorithm, "resumable": False})
        return cls(digest, uploads, id, await uploads.follow(id))

    # -- the one who brings the bytes

    async def take(self, chunks: AsyncIterator[bytes]) -> None:
        """Adds bytes at the end. When `chunks` raises, those before it count, and another may bring the rest."""
        async for chunk in chunks:
            self._tail.append((self.received, chunk))
            self.received += len(chunk)
            self._wake()
            if self.received - self._written >= BATCH and (self._writing is None or self._writing.done()):
                await self._settle()
                self._writing = asyncio.create_task(self._write())
            while self.received - self._written >= MOST_UNWRITTEN:
                await self._settle()

    async def keep(self) -> None:
        """Checks the bytes, lets readers have the last one, and makes the blob; durable on return.

        Raises DigestMismatch; storage failures are those of Uploads.
        """
        await self._settle()
        await self._write()
        found = await self._uploads.digest(self._id, self.digest.algorithm)
        if found != self.digest:
            raise DigestMismatch(self.digest, found)
        self.size, self._verified = self.received, True
        self._wake()
        await self._uploads.finish(self._id, self.digest)
        self._end()

    async def drop(self) -> None:
        """Forgets the bytes; whoever still reads is cut off."""
        if self.ended:
            return
        if (writing := self._writing) is not None:
            writing.cancel()
            await asyncio.wait([writing])
            writing.cancelled() or writing.exception()  # seen here, so that the loop does not report it as forgotten
        await self._uploads.cancel(self._id)
        self._end()

    async def _write(self) -> None:
        """Hands what is in memory to the upload, until less than a batch is left."""
        while self._written < self.received:
            pieces = [piece for at, piece in self._tail if at >= self._written]
            self._written = await self._uploads.append(self._id, self._written, _each(pieces))
            while self._tail and self._tail[0][0] < self._written:
                self._tail.popleft()
            if self.received - self._written < BATCH:
                return

    async def _settle(self) -> None:
        if self._writing is not None:
            writing, self._writing = self._writing, None
            await writing

    # -- those who read

    def reader(self) -> ArrivingBlob:
        """One more reader; the size must be known."""
        self._readers += 1
        return ArrivingBlob(self)

    async def piece(self, at: int, most: int) -> bytes:
        """The next bytes from `at` on, waited for; raises ConnectionAbortedError when they will not come."""
        while at >= (ready := self._ready(at + most)) or (self.ended and not self._verified):
            if self.ended:
                raise ConnectionAbortedError("the other registry did not give the rest")
            await self._changed.wait()
        if at < self._written:
            piece = await self._followed.read(at, min(most, ready - at, PIECE))
            if not piece:
                raise ConnectionAbortedError("the bytes are gone")
            return piece
        for start, chunk in self._tail:
            if at < start + len(chunk):
                return chunk[at - start : min(at + most, ready) - start]
        raise AssertionError("what is received is written or in memory")

    def leave(self) -> None:
        """One reader less."""
        self._readers -= 1
        self._release()

    def _ready(self, end: int) -> int:
        return self.received if self._verified else min(self.received, end - 1)

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    def _end(self) -> None:
        self.ended = True
        self._tail.clear()
        self._wake()
        self._release()

    def _release(self) -> None:
        if self.ended and not self._readers:
            self._followed.close()


class ArrivingBlob:
    """A transfer as an OpenBlob."""

    def __init__(self, transfer: Transfer) -> None:
        self._transfer, self._open = transfer, True

    @property
    def size(self) -> int:
        """The length in bytes, of which some may not be here yet."""
        return self._transfer.size

    def fileno(self) -> None:
        """There is no file the kernel could send: it is not whole."""
        return None

    async def read(self, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """The bytes asked for, as they come."""
        end = self.size if length is None else min(self.size, start + length)
        while start < end:
            piece = await self._transfer.piece(start, end - start)
            yield piece
            start += len(piece)

    def close(self) -> None:
        """Leave the transfer to itself."""
        if self._open:
            self._open = False
            self._transfer.leave()


async def _each(pieces: list[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece
