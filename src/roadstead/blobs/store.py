"""Ports of the bytes that never change: blobs kept under their digest, and uploads on their way to become one; no I/O.

Where each byte lies, in the filesystem driver under its folder:

    blobs/<algorithm>/<first two hex digits>/<hex>    a blob, whole and verified: nothing else is ever put here
    uploads/<uuid>/note.json                          what the uploader said at the start
    uploads/<uuid>/data                               the bytes so far; its size is the offset
    tmp/<random>                                      a small blob being written; left over only by a crash

The contract every driver has to pass is in `roadstead.testing.blob_contract`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from roadstead.base.errors import Invalid
from roadstead.base.values import Json
from roadstead.oci.digest import Digest


class DigestMismatch(Invalid):
    """The bytes are not the ones the digest names."""

    def __init__(self, expected: Digest, found: Digest) -> None:
        super().__init__(f"the bytes have the digest {found}, not {expected}")
        self.expected, self.found = expected, found


@dataclass(frozen=True, slots=True)
class Found:
    """A blob met on a walk. `size` in bytes; `modified` is when its bytes were last brought here."""

    digest: Digest
    size: int
    modified: datetime


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload under way. `offset` is the number of bytes held; `note` is what `start` was given."""

    id: str
    offset: int
    note: Json
    started: datetime


@dataclass(frozen=True, slots=True)
class Tail:
    """The last bytes of an upload, arriving with its end: see `Uploads.append` for the meaning of the fields."""

    offset: int
    chunks: AsyncIterator[bytes]
    limit: int | None = None


class OpenBlob(Protocol):
    """One blob, readable until `close` even when it is deleted meanwhile."""

    @property
    def size(self) -> int:
        """The length in bytes."""
        ...

    def fileno(self) -> int | None:
        """A file descriptor the kernel can send from, owned by this object; None where there is no file."""
        ...

    def read(self, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """The bytes from `start` on, at most `length` of them, in pieces; beyond the end there are none."""
        ...

    def close(self) -> None:
        """Let go of it; owed exactly once, harmless when repeated."""
        ...


class Followed(Protocol):
    """The bytes of an upload while it grows, readable until `close`, also when it is finished or cancelled."""

    async def read(self, start: int, length: int) -> bytes:
        """At most `length` of the bytes held now, from `start` on; none when there are none yet."""
        ...

    def close(self) -> None:
        """Let go of it; harmless when repeated."""
        ...


class BlobStore(Protocol):
    """Bytes by digest. Nothing partly written or unverified can ever be read.

    Storage out of space raises StorageFull, storage that takes no writes StorageReadOnly.
    """

    async def size(self, digest: Digest) -> int | None:
        """The length in bytes; None when it is not kept here. Asks the storage, never a cache."""
        ...

    async def open(self, digest: Digest) -> OpenBlob | None:
        """The blob opened for reading; None when it is not kept here."""
        ...

    async def put(self, digest: Digest, data: bytes) -> None:
        """Keep these bytes: verified (else DigestMismatch), and durable on return. Repeating it heals a lost blob."""
        ...

    async def get(self, digest: Digest, limit: int) -> bytes | None:
        """All bytes, verified; None when it is not kept here or damaged; TooLarge beyond `limit` bytes."""
        ...

    async def delete(self, digest: Digest) -> bool:
        """Remove it whoever still needs it; says whether it was there. A loss of power may bring it back."""
        ...

    def walk(self) -> AsyncIterator[Found]:
        """Every blob, in no order; what comes or goes meanwhile may be seen or not."""
        ...


class Uploads(Protocol):
    """Bytes on their way to become a blob, in as many appends as it takes, also across a restart.

    One request at a time may append to or finish an upload; a second one raises Conflict. An id that never was, is
    finished or cancelled raises NotFound where not said otherwise. Storage failures are those of BlobStore; whatever
    bytes were stored before one stay, and the upload goes on from the offset `status` tells.
    """

    async def start(self, note: Json) -> str:
        """Open an empty upload and return its id, a UUID.

        `note["algorithm"]` chooses the hash made on the way; with `note["resumable"]` false, a restart drops it.
        """
        ...

    async def status(self, id: str) -> Upload | None:
        """What is held so far; None when unknown."""
        ...

    async def append(self, id: str, offset: int, chunks: AsyncIterator[bytes], limit: int | None = None) -> int:
        """Add bytes at `offset` and return the new offset.

        Raises OutOfRange, naming the size held, when `offset` is another, and TooLarge as soon as the upload would
        hold more than `limit` bytes. When `chunks` raises, what came before is kept and the error passes through.
        """
        ...

    async def follow(self, id: str) -> Followed:
        """What is held, for those who read it before it is finished; nothing vouches for these bytes."""
        ...

    async def digest(self, id: str, algorithm: str) -> Digest:
        """What the bytes held so far hash to; not while one is writing to it."""
        ...

    async def finish(self, id: str, digest: Digest, tail: Tail | None = None) -> int:
        """Turn the upload, with the bytes of `tail`, into the blob, durable on return; returns its size in bytes.

        The tail is what an `append` just before would have added, and fails as that would.

        Raises DigestMismatch for other bytes; the upload then stays as it is (registry contract, section 8.1).
        """
        ...

    async def cancel(self, id: str) -> bool:
        """Drop the upload and its bytes, also under a running append; says whether there was one."""
        ...

    async def sweep(self, idle_since: datetime) -> list[str]:
        """Drop the uploads last written to before `idle_since`, except those being written to now; their ids."""
        ...
