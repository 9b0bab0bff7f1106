"""Blobs as files: written aside, synced, renamed into place, so that a name never stands for half a blob."""

from __future__ import annotations

import logging
import os
from collections.abc import AsyncIterator
from concurrent.futures import Executor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from roadstead.base.errors import TooLarge
from roadstead.blobs.durable import Folders, sync_folder
from roadstead.blobs.store import DigestMismatch, Found
from roadstead.blobs.threads import Threads
from roadstead.oci.digest import Digest, InvalidDigest

PIECE = 1 << 20
"""Bytes read at once from an open blob."""

logger = logging.getLogger(__name__)


class FileBlob:
    """An open blob file, as an OpenBlob; a deleted file stays readable through it."""

    def __init__(self, fd: int, threads: Threads) -> None:
        self._file = os.fdopen(fd, "rb", buffering=0)
        self._threads = threads
        self.size = os.fstat(fd).st_size

    def fileno(self) -> int:
        """The descriptor, open until `close`."""
        return self._file.fileno()

    async def read(self, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """The bytes asked for, in pieces of at most 1 MiB."""
        end = self.size if length is None else min(self.size, start + length)
        while start < end:
            piece = await self._threads.run(os.pread, self.fileno(), min(PIECE, end - start), start)
            if not piece:  # somebody cut the file short: the receiver sees that bytes are missing
                return
            yield piece
            start += len(piece)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class FilesystemBlobs:
    """A BlobStore in a folder, which one process owns at a time. Call `recover` before it is used after a crash."""

    def __init__(self, folder: str | Path, executor: Executor) -> None:
        self.folders = Folders(os.fspath(folder))
        self.threads = Threads(executor)
        self._blobs, self._aside = f"{self.folders.root}/blobs", f"{self.folders.root}/tmp"

    async def size(self, digest: Digest) -> int | None:
        """See BlobStore."""
        return await self.threads.run(_size, self._path(digest))

    async def open(self, digest: Digest) -> FileBlob | None:
        """See BlobStore."""
        return await self.threads.run(self._open, digest)

    async def put(self, digest: Digest, data: bytes) -> None:
        """See BlobStore. For bodies already in memory; larger ones come as uploads."""
        await self.threads.run(self._put, digest, data)

    async def get(self, digest: Digest, limit: int) -> bytes | None:
        """See BlobStore. A damaged blob is logged and counts as absent, so that pushing it again heals it."""
        return await self.threads.run(self._get, digest, limit)

    async def delete(self, digest: Digest) -> bool:
        """See BlobStore."""
        return await self.threads.run(_unlink, self._path(digest))

    async def walk(self) -> AsyncIterator[Found]:
        """See BlobStore. Holds the names of one folder at a time; files that are no blobs are passed over."""
        for algorithm in await self.threads.run(_names, self._blobs):
            for shelf in await self.threads.run(_names, f"{self._blobs}/{algorithm}"):
                for found in await self.threads.run(_shelf, f"{self._blobs}/{algorithm}/{shelf}", algorithm):
                    yield found

    async def recover(self, untouched_since: datetime | None = None) -> int:
        """Remove what a crash left half written; returns the number of files removed.

        With a time, only what nobody touched since then: another process may be at work in the same folder.
        Also makes durable what was renamed but not yet synced: it is visible, so from now on it is vouched for.
        """
        return await self.threads.run(self._recover, untouched_since)

    def keep(self, file: str, digest: Digest) -> None:
        """Move a verified and synced file in as a blob; durable on return. Blocks; for uploads."""
        self.folders.place(file, self._path(digest))

    def _path(self, digest: Digest) -> str:
        return f"{self._blobs}/{digest.algorithm}/{digest.hex[:2]}/{digest.hex}"

    def _open(self, digest: Digest) -> FileBlob | None:
        try:
            return FileBlob(os.open(self._path(digest), os.O_RDONLY), self.threads)
        except FileNotFoundError:
            return None

    def _put(self, digest: Digest, data: bytes) -> None:
        found = Digest.of(data, digest.algorithm)
        if found != digest:
            raise DigestMismatch(digest, found)
        self.folders.write(self._path(digest), data, self._aside)

    def _get(self, digest: Digest, limit: int) -> bytes | None:
        try:
            with open(self._path(digest), "rb", buffering=0) as file:
                data = file.read(limit + 1)
                if len(data) > limit:
                    size = os.fstat(file.fileno()).st_size
                    raise TooLarge(f"blob {digest} has {size} bytes; at most {limit} are read at once")
        except FileNotFoundError:
            return None
        found = Digest.of(data, digest.algorithm)
        if found != digest:
            logger.error("blob %s is damaged: its file has the digest %s", digest, found)
            return None
        return data

    def _recover(self, untouched_since: datetime | None) -> int:
        left = [path for name in _names(self._aside) if _left(path := f"{self._aside}/{name}", untouched_since)]
        for path in left:
            with suppress(FileNotFoundError):
                os.unlink(path)
        for folder in self._standing_folders():
            sync_folder(folder)
        # Made now, so that the first blobs of a shelf need not wait for it to be durable; on a read-only disk, never.
        with suppress(OSError):
            self.folders.ensure_all(f"{self._blobs}/sha256", [f"{number:02x}" for number in range(256)])
        return len(left)

    def _standing_folders(self) -> list[str]:
        algorithms = [f"{self._blobs}/{name}" for name in _names(self._blobs)]
        shelves = [f"{folder}/{name}" for folder in algorithms for name in _names(folder)]
        above = [folder for folder in (self.folders.root, self._blobs) if os.path.isdir(folder)]
        return [*shelves, *algorithms, *above]


def _left(path: str, untouched_since: datetime | None) -> bool:
    """Whether a file is nobody's work any more."""
    if untouched_since is None:
        return True
    try:
        return os.stat(path).st_mtime < untouched_since.timestamp()
    except FileNotFoundError:
        return False


def _size(path: str) -> int | None:
    try:
        return os.stat(path).st_size
    except FileNotFoundError:
        return None


def _unlink(path: str) -> bool:
    try:
        os.unlink(path)
    except FileNotFoundError:
        return False
    return True


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return []


def _shelf(folder: str, algorithm: str) -> list[Found]:
    found = []
    for name in _names(folder):
        with suppress(InvalidDigest, FileNotFoundError):
            digest, facts = Digest.parse(f"{algorithm}:{name}"), os.stat(f"{folder}/{name}")
            found.append(Found(digest, facts.st_size, datetime.fromtimestamp(facts.st_mtime, UTC)))
    return found
