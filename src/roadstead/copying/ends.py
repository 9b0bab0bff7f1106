"""The two ends of a copy: what gives content, and what takes it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from roadstead.oci.descriptor import Descriptor
from roadstead.oci.digest import Digest
from roadstead.remote.errors import Kind, RemoteFailure
from roadstead.remote.pushing import OpenAt


@dataclass(frozen=True, slots=True)
class Found:
    """A manifest whose bytes hash to `digest`."""

    digest: Digest
    media_type: str
    body: bytes


class Source(Protocol):
    """Gives content. Every method raises RemoteFailure."""

    @property
    def repository(self) -> tuple[str, str]:
        """host and repository, so that a registry can be asked to take blobs from its own; empty texts for files."""
        ...

    async def manifest(self, reference: str) -> Found:
        """The manifest under a tag, a digest, or (empty) the only one there is."""
        ...

    def blob(self, wanted: Descriptor, start: int = 0) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """The bytes from `start` on; from 0, checked against the digest at their end."""
        ...

    async def referrers(self, digest: Digest) -> Sequence[Digest]:
        """The manifests that name this one as their subject."""
        ...


class Destination(Protocol):
    """Takes content, blobs before the manifests that name them. Every method raises RemoteFailure."""

    async def has_blob(self, wanted: Descriptor) -> bool:
        """Whether it is there already."""
        ...

    async def keep_blob(self, wanted: Descriptor, open_at: OpenAt, source: tuple[str, str]) -> bool:
        """Takes a blob that is not there; False when a registry took it from its own `source` (a `repository`)."""
        ...

    async def keep_manifest(self, found: Found, name: str | None, subject: Digest | None) -> None:
        """Takes a manifest. `name` is that of the image copied (a tag, a digest, or empty); None for its parts.
        `subject` is what the manifest refers to."""
        ...

    async def finish(self) -> None:
        """Everything is there: make it last."""
        ...


async def attached(source: Source, name: str) -> Found | None:
    """What is under a tag that may hang on an image (`oci/attachments.py`); None for nothing. Raises RemoteFailure."""
    try:
        return await source.manifest(name)
    except RemoteFailure as failure:
        if failure.kind in (Kind.NOT_FOUND, Kind.NAME_UNKNOWN):
            return None
        raise


def missing(what: str, where: str) -> RemoteFailure:
    """Something is not where it was looked for."""
    return RemoteFailure(Kind.NOT_FOUND, f"{where} does not have {what}")


def unusable(where: str, why: str) -> RemoteFailure:
    """A file is not what it should be."""
    return RemoteFailure(Kind.MALFORMED, f"{where} cannot be used: {why}")
