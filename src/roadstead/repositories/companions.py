"""What another registry hangs on an image that lives there, brought here when somebody asks for it.

Signatures, SBOMs and attestations: manifests with the image as their subject, and cosign's tags. Whoever verifies an
image that is pulled through looks for them beside it. They become manifests of the repository without a tag, as if they
had been pushed by digest; no Image and no event tells of them, since reading makes no objects.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from weakref import WeakValueDictionary

from roadstead.base.errors import Failure
from roadstead.base.observe import logger
from roadstead.blobs.store import BlobStore, Uploads
from roadstead.oci import manifest as oci_manifest
from roadstead.oci.attachments import subject_of
from roadstead.oci.descriptor import Descriptor
from roadstead.oci.digest import Digest
from roadstead.oci.manifest import Manifest
from roadstead.oci.reference import RepositoryName
from roadstead.remote.client import RemoteManifest
from roadstead.remote.errors import Kind, RemoteFailure
from roadstead.repositories.contents import Contents
from roadstead.repositories.links import Links, ManifestLink
from roadstead.repositories.transfer import Transfer
from roadstead.repositories.upstreams import Asking, Upstream, Upstreams

MOST = 100
"""Referrers of one image that are brought here."""
MOST_BYTES = 64 * 1024 * 1024
"""What the blobs of one of them may have together."""
SECONDS = 30.0
"""How long a client waits for other registries, at most; then it gets what is here."""


@dataclass(eq=False)
class _Turn:
    """One image or tag is asked for by one client at a time; those who waited meanwhile need not ask again."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    begun: float = 0.0


class Companions:
    """Asks where an image came from. What cannot be had is left out: what is missing is the client's to say."""

    def __init__(
        self, upstreams: Upstreams, links: Links, contents: Contents, storage: tuple[BlobStore, Uploads]
    ) -> None:
        self._upstreams, self._links, self._contents, (self._blobs, self._uploads) = upstreams, links, contents, storage
        self._turns: WeakValueDictionary[tuple[RepositoryName, str], _Turn] = WeakValueDictionary()

    async def refresh(self, repository: RepositoryName, subject: Digest) -> None:
        """Brings the referrers of an image of the stream that are there and not yet here."""
        await self._in_turn(repository, str(subject), lambda: self._bring_referrers(repository, subject))

    async def hanging(self, repository: RepositoryName, tag: str) -> Digest | None:
        """What hangs on an image of the stream under one of cosign's tags, as it is there now; None for nothing.

        What was brought before is there still when no place can be reached.
        """
        subject = subject_of(tag)
        if subject is None:
            return None
        is_gone = await self._in_turn(repository, tag, lambda: self._bring_tagged(repository, subject, tag))
        return None if is_gone else self._links.hanging(repository, tag)

    async def _in_turn(self, repository: RepositoryName, what: str, ask: Callable[[], Awaitable[bool]]) -> bool:
        """What asking comes to, one client at a time; False when it takes too long, or somebody asked after we came."""
        clock = asyncio.get_running_loop().time
        came = clock()
        if (turn := self._turns.get((repository, what))) is None:
            turn = self._turns[repository, what] = _Turn()
        try:
            async with asyncio.timeout(SECONDS), turn.lock:
                if turn.begun >= came:
                    return False
                turn.begun = clock()
                return await ask()
        except TimeoutError:
            _tell(repository, what, RemoteFailure(Kind.TIMEOUT, f"it did not come within {SECONDS:.0f} s"))
            return False

    async def _bring_referrers(self, repository: RepositoryName, subject: Digest) -> bool:
        """False: what was brought before is not known to be gone."""
        asking = await self._asking(repository, subject)
        for upstream in self._awake(asking):
            assert asking is not None
            try:
                with self._upstreams.asked(asking, upstream, "Referrers.List"):
                    listed = await upstream.registry.referrers(upstream.place.repository, subject)
            except RemoteFailure:
                continue
            await self._bring_all(repository, upstream, subject, [Digest.parse(each["digest"]) for each in listed])
            break
        return False

    async def _bring_tagged(self, repository: RepositoryName, subject: Digest, tag: str) -> bool:
        """Whether every place says that there is no such tag (any more)."""
        asking = await self._asking(repository, subject)
        for upstream in self._awake(asking):
            assert asking is not None
            try:
                with self._upstreams.asked(asking, upstream, "ManifestService.Get"):
                    found = await upstream.registry.manifest(upstream.place.repository, tag)
                await self._bring(repository, upstream, found)
                await self._links.hang(repository, tag, found.digest)
            except Failure as failure:
                _tell(repository, tag, failure)
                continue
            return False
        return asking is not None and _denied(asking)

    async def _asking(self, repository: RepositoryName, subject: Digest) -> Asking | None:
        """Where an image came from that the stream has; None for any other."""
        if not await self._contents.holds(repository.namespace, repository.name, str(subject)):
            return None
        return await self._upstreams.of(repository, subject)

    def _awake(self, asking: Asking | None) -> Sequence[Upstream]:
        """The places to ask: those that could not be reached a moment ago shall keep nobody waiting."""
        places = [] if asking is None else asking.upstreams
        return [each for each in places if not self._upstreams.rests(each.place)]

    async def _bring_all(
        self, repository: RepositoryName, upstream: Upstream, subject: Digest, digests: Sequence[Digest]
    ) -> None:
        new = [each for each in dict.fromkeys(digests) if self._links.manifest(repository, each) is None]
        for digest in new[:MOST]:
            try:
                found = await upstream.registry.manifest(upstream.place.repository, str(digest))
                await self._bring(repository, upstream, found, subject)
            except Failure as failure:
                _tell(repository, str(digest), failure)

    async def _bring(
        self, repository: RepositoryName, upstream: Upstream, found: RemoteManifest, subject: Digest | None = None
    ) -> None:
        """Blobs, manifest, row, in this order. Raises Failure; with a `subject`, for what does not refer to it."""
        if self._links.manifest(repository, found.digest) is not None:
            return
        manifest = oci_manifest.parse(found.body, found.media_type)
        about = manifest.subject.digest if manifest.subject else None
        if manifest.kind == "index" or (subject is not None and about != subject):
            raise RemoteFailure(Kind.MALFORMED, f"{found.digest} is no single manifest about {subject}")
        parts = _parts(manifest)
        if sum(part.size for part in parts) > MOST_BYTES:
            raise RemoteFailure(Kind.TOO_LARGE, f"{found.digest} has more than {MOST_BYTES} bytes")
        for part in parts:
            await self._blob(repository, upstream, part)
        await self._blobs.put(found.digest, found.body)
        link = ManifestLink(manifest.media_type, len(found.body), about)
        descriptor = oci_manifest.referrer_descriptor(manifest, found.digest, len(found.body))
        await self._links.add_manifest(repository, found.digest, link, descriptor)
        logger().info("brought what hangs on an image", repository=str(repository), digest=str(found.digest))

    async def _blob(self, repository: RepositoryName, upstream: Upstream, part: Descriptor) -> None:
        """Every byte from there, whoever else has it here: what is named is not thereby shown."""
        if self._links.has_blob(repository, part.digest):
            return
        transfer = await Transfer.begin(part.digest, self._uploads)
        try:
            async with upstream.registry.blob(upstream.place.repository, part.digest, size=part.size) as blob:
                await transfer.take(blob.chunks)
            await transfer.keep()
        finally:
            await transfer.drop()
        await self._links.add_blob(repository, part.digest, part.size)


def _parts(manifest: Manifest) -> list[Descriptor]:
    layers = [layer for layer in manifest.layers if oci_manifest.distributable(layer)]
    return [*([manifest.config] if manifest.config else []), *layers]


def _denied(asking: Asking) -> bool:
    """Whether every place said that there is no such thing (any more)."""
    kinds = {each.kind for each in asking.failures}
    return bool(kinds) and kinds <= {Kind.NOT_FOUND, Kind.NAME_UNKNOWN}


def _tell(repository: RepositoryName, what: str, failure: Failure) -> None:
    logger().info("what hangs on an image is not to be had", repository=str(repository), what=what, why=failure.message)
