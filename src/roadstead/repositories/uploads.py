"""From the first byte of an upload to a blob its repository can show."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from roadstead.base.errors import NotFound, TooLarge
from roadstead.blobs.store import Tail, Upload, Uploads
from roadstead.oci.digest import Digest
from roadstead.oci.errors import OciError
from roadstead.oci.reference import RepositoryName
from roadstead.repositories.leases import BlobLeases
from roadstead.repositories.links import Links

SizeLimit = Callable[[str], Awaitable[int | None]]
"""namespace -> the largest blob it takes, in bytes (LimitRange, registry contract 8.3); None: any."""


@dataclass(frozen=True, slots=True)
class Session:
    """An upload under way: where it goes, how many bytes are kept, and the state a client sends back."""

    id: str
    repository: RepositoryName
    offset: int
    state: str


class UploadSessions:
    """Uploads, each bound to one repository and one caller (registry contract, section 8)."""

    def __init__(
        self, uploads: Uploads, links: Links, leases: BlobLeases, secret: bytes, size_limit: SizeLimit
    ) -> None:
        self._uploads, self._links, self._leases = uploads, links, leases
        self._secret, self._size_limit = secret, size_limit

    async def start(self, repository: RepositoryName, caller: str, algorithm: str = "sha256") -> Session:
        """A new, empty upload."""
        note = {"repository": str(repository), "caller": caller, "algorithm": algorithm}
        return self._session(await self._uploads.start(note), repository, 0)

    async def find(self, repository: RepositoryName, caller: str, upload_id: str, state: str = "") -> Session:
        """The upload, for the caller who started it, in its repository.

        With a `state`, it must be ours and speak of the bytes really kept: BLOB_UPLOAD_INVALID, RANGE_INVALID.
        An upload of someone else is BLOB_UPLOAD_UNKNOWN, as one that never was.
        """
        upload = await self._uploads.status(upload_id)
        if upload is None or not _belongs(upload, repository, caller):
            raise _unknown(upload_id)
        if state:
            self._check_state(upload, repository, state)
        return self._session(upload.id, repository, upload.offset)

    async def append(self, session: Session, chunks: AsyncIterator[bytes]) -> Session:
        """Adds bytes at the end; those received before a failure are kept and counted."""
        limit = await self._size_limit(session.repository.namespace)
        try:
            offset = await self._uploads.append(session.id, session.offset, chunks, limit)
        except TooLarge:
            raise _over_limit(session.repository, limit) from None
        except NotFound:  # cancelled or finished by another request meanwhile
            raise _unknown(session.id) from None
        return self._session(session.id, session.repository, offset)

    async def finish(self, session: Session, digest: Digest, last: AsyncIterator[bytes] | None = None) -> int:
        """Checks the bytes against the digest, keeps them for good, links them here; returns the size in bytes.

        `last` are bytes that come with the end; they fail as an append would.
        Bytes first, name second: after a crash in between nobody names the blob, and the push is simply made again.
        """
        self._leases.touch(digest)
        limit = await self._size_limit(session.repository.namespace) if last is not None else None
        tail = Tail(session.offset, last, limit) if last is not None else None
        try:
            size = await self._uploads.finish(session.id, digest, tail)
        except TooLarge:
            raise _over_limit(session.repository, limit) from None
        except NotFound:
            raise _unknown(session.id) from None
        await self._links.add_blob(session.repository, digest, size)
        return size

    async def cancel(self, session: Session) -> None:
        """Forgets the upload and its bytes."""
        await self._uploads.cancel(session.id)

    def _session(self, upload_id: str, repository: RepositoryName, offset: int) -> Session:
        return Session(upload_id, repository, offset, self._state(upload_id, repository, offset))

    def _state(self, upload_id: str, repository: RepositoryName, offset: int) -> str:
        text = f"{upload_id}|{repository}|{offset}".encode()
        mark = hmac.digest(self._secret, text, hashlib.sha256)[:15]
        return f"{offset}.{base64.urlsafe_b64encode(mark).decode()}"

    def _check_state(self, upload: Upload, repository: RepositoryName, state: str) -> None:
        offset, _, _ = state.partition(".")
        known = offset.isascii() and offset.isdigit() and len(offset) < 20
        if not known or not _same(self._state(upload.id, repository, int(offset)), state):
            raise OciError("BLOB_UPLOAD_INVALID", "the _state of the upload is not one this registry gave out")
        if int(offset) != upload.offset:
            raise OciError(
                "RANGE_INVALID",
                f"the upload holds {upload.offset} bytes, the request continues at {offset}; "
                "GET the upload to go on from there",
            )


def _over_limit(repository: RepositoryName, limit: int | None) -> OciError:
    return OciError(
        "DENIED",
        f"requested usage of storage exceeds the maximum limit per openshift.io/Image (> {limit} bytes); "
        f"see: kubectl describe limitrange -n {repository.namespace}",
    )


def _same(ours: str, theirs: str) -> bool:
    return hmac.compare_digest(ours.encode(), theirs.encode("utf-8", "replace"))


def _unknown(upload_id: str) -> OciError:
    return OciError("BLOB_UPLOAD_UNKNOWN", detail={"uuid": upload_id})


def _belongs(upload: Upload, repository: RepositoryName, caller: str) -> bool:
    return upload.note.get("repository") == str(repository) and upload.note.get("caller") == caller
