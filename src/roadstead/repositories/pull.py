"""Find what a repository may show, and open it."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from roadstead.blobs.store import BlobStore, OpenBlob
from roadstead.oci.digest import EMPTY_GZIP_TAR, Digest
from roadstead.oci.errors import OciError
from roadstead.oci.reference import RepositoryName
from roadstead.repositories.companions import Companions
from roadstead.repositories.contents import Contents
from roadstead.repositories.leases import BlobLeases
from roadstead.repositories.links import Links
from roadstead.repositories.provenance import Provenance
from roadstead.repositories.pullthrough import PullThrough

SIDE_BY_SIDE = 16


@dataclass(frozen=True, slots=True)
class Found:
    """A manifest to serve: its digest, its type and its exact bytes."""

    digest: Digest
    media_type: str
    body: bytes


class ManifestCache:
    """The bytes of manifests served lately, at most so many bytes of them; content never changes under a digest."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit, self._held = limit_bytes, 0
        self._bodies: OrderedDict[Digest, bytes] = OrderedDict()

    def get(self, digest: Digest) -> bytes | None:
        """The bytes, if they are at hand."""
        body = self._bodies.get(digest)
        if body is not None:
            self._bodies.move_to_end(digest)
        return body

    def put(self, digest: Digest, body: bytes) -> None:
        """Keeps the bytes, letting go of those used longest ago."""
        if digest in self._bodies or len(body) > self._limit // 4:
            return
        self._bodies[digest] = body
        self._held += len(body)
        while self._held > self._limit:
            _, old = self._bodies.popitem(last=False)
            self._held -= len(old)

    def drop(self, digest: Digest) -> None:
        """Forgets the bytes."""
        if (body := self._bodies.pop(digest, None)) is not None:
            self._held -= len(body)


@dataclass(frozen=True, slots=True)
class Glimpse:
    """A blob of which nothing but the size is at hand, as an OpenBlob."""

    size: int

    def fileno(self) -> None:
        """There is no file."""
        return None

    async def read(self, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """Nothing."""
        return
        yield b""

    def close(self) -> None:
        """Nothing is held."""


@dataclass(frozen=True, slots=True)
class Foreign:
    """What images of other registries need: who may see the copies, what gets them and what hangs on them (None:
    switched off).
    """

    provenance: Provenance
    elsewhere: PullThrough | None = None
    companions: Companions | None = None


class Pull:
    """Reading from repositories (registry contract, sections 5 and 7)."""

    def __init__(
        self,
        blobs: BlobStore,
        links: Links,
        contents: Contents,
        cache: ManifestCache,
        leases: BlobLeases,
        *,
        manifest_bytes: int,
        foreign: Foreign,
    ) -> None:
        self._elsewhere, self._provenance = foreign.elsewhere, foreign.provenance
        self._companions = foreign.companions
        self._blobs, self._links, self._contents, self._cache = blobs, links, contents, cache
        self._leases, self._manifest_bytes = leases, manifest_bytes

    def resolve(self, repository: RepositoryName, tag: str) -> Digest:
        """The digest a tag points at now: its newest event. NAME_UNKNOWN without the stream, MANIFEST_UNKNOWN else."""
        name = self._contents.resolve_tag(repository.namespace, repository.name, tag)
        if name is not None:
            return Digest.parse(name)
        if not self._contents.exists(repository.namespace, repository.name):
            raise OciError("NAME_UNKNOWN")
        raise OciError("MANIFEST_UNKNOWN", detail={"Tag": tag})

    async def manifest(self, repository: RepositoryName, reference: str | Digest) -> Found:
        """The manifest a tag or digest names. A digest must have been pushed here or stand in the stream's history."""
        digest = await self._tagged(repository, reference) if isinstance(reference, str) else reference
        media_type = await self._media_type(repository, digest)
        body = None if media_type is None else await self._body(repository, digest)
        if media_type is None or body is None:
            raise OciError("MANIFEST_UNKNOWN", detail={"Name": str(repository), "Revision": str(digest)})
        return Found(digest, media_type, body)

    async def _tagged(self, repository: RepositoryName, tag: str) -> Digest:
        try:
            return self.resolve(repository, tag)
        except OciError:
            found = None if self._companions is None else await self._companions.hanging(repository, tag)
            if found is None:
                raise
            return found

    async def shows_manifest(self, repository: RepositoryName, digest: Digest) -> bool:
        """Whether the digest was pushed here or stands in the stream's history."""
        if self._links.manifest(repository, digest) is not None:
            return True
        return await self._contents.holds(repository.namespace, repository.name, str(digest))

    async def _media_type(self, repository: RepositoryName, digest: Digest) -> str | None:
        """The type of a manifest this repository may show; None when it may not."""
        link = self._links.manifest(repository, digest)
        if link is not None:
            return link.media_type
        if not await self._contents.holds(repository.namespace, repository.name, str(digest)):
            return None
        return self._contents.media_type(str(digest))

    async def _body(self, repository: RepositoryName, digest: Digest) -> bytes | None:
        body = self._cache.get(digest)
        if body is None:
            body = await self._blobs.get(digest, self._manifest_bytes)
            if body is None and self._elsewhere is not None:
                found = await self._elsewhere.manifest(repository, digest)
                body = found.body if found is not None else None
            if body is not None:
                self._cache.put(digest, body)
        return body

    async def may_show_blob(self, repository: RepositoryName, digest: Digest) -> bool:
        """Whether the repository may hand out the blob, provided the bytes exist (registry contract, section 7.1)."""
        return self._was_given(repository, digest) or await self._lists(repository, digest)

    async def may_show_copy(self, repository: RepositoryName, digest: Digest) -> bool:
        """Whether it may hand out the bytes that are here, rather than those of where its image came from."""
        if self._was_given(repository, digest):
            return True
        return await self._lists(repository, digest) and await self._provenance.vouched(repository, digest)

    def _was_given(self, repository: RepositoryName, digest: Digest) -> bool:
        if digest == EMPTY_GZIP_TAR or self._links.has_blob(repository, digest):
            return True
        return self._links.manifest(repository, digest) is not None

    async def _lists(self, repository: RepositoryName, digest: Digest) -> bool:
        return await self._contents.blob_listed(repository.namespace, repository.name, str(digest))

    async def _copy(self, repository: RepositoryName, digest: Digest) -> OpenBlob | None:
        return await self._blobs.open(digest) if await self.may_show_copy(repository, digest) else None

    async def withholds(self, repository: RepositoryName, digest: Digest) -> bool:
        """Whether there is such content here, and this repository may not hand it out: others' content, perhaps."""
        if await self.may_show_copy(repository, digest):
            return False
        return self._contents.has_image(str(digest)) or await self._blobs.size(digest) is not None

    async def blob(self, repository: RepositoryName, digest: Digest) -> OpenBlob:
        """The blob, open for reading; BLOB_UNKNOWN whether it is absent or not this repository's to show."""
        if await self.may_show_blob(repository, digest):
            opened = await self._copy(repository, digest)
            if opened is None and self._elsewhere is not None:
                opened = await self._elsewhere.blob(repository, digest)
            if opened is not None:
                self._leases.touch(digest)
                return opened
        raise OciError("BLOB_UNKNOWN", detail=str(digest))

    async def glimpse(self, repository: RepositoryName, digest: Digest) -> OpenBlob:
        """The same for who only asks whether it is there: nothing is fetched from elsewhere for that."""
        if await self.may_show_blob(repository, digest):
            opened = await self._copy(repository, digest)
            if opened is not None:
                self._leases.touch(digest)
                return opened
            size = None if self._elsewhere is None else await self._elsewhere.size(repository, digest)
            if size is not None:
                return Glimpse(size)
        raise OciError("BLOB_UNKNOWN", detail=str(digest))

    async def bring(self, repository: RepositoryName, digest: Digest) -> int | None:
        """The size of a blob the repository may show, once it is here; fetched from elsewhere where it must be."""
        if self._elsewhere is not None and await self.may_show_blob(repository, digest):
            await self._elsewhere.bring(repository, digest)
        return await self.blob_size(repository, digest)

    async def blob_sizes(self, repository: RepositoryName, digests: Sequence[Digest]) -> list[int | None]:
        """`blob_size` of several, some at a time side by side."""
        sizes: list[int | None] = []
        for start in range(0, len(digests), SIDE_BY_SIDE):
            some = digests[start : start + SIDE_BY_SIDE]
            sizes += await asyncio.gather(*(self.blob_size(repository, digest) for digest in some))
        return sizes

    async def blob_size(self, repository: RepositoryName, digest: Digest) -> int | None:
        """The size in bytes of a blob the repository may show; None else. Whoever is told may rely on it a while."""
        if not await self.may_show_copy(repository, digest):
            return None
        size = await self._blobs.size(digest)
        if size is not None:
            self._leases.touch(digest)
        return size
