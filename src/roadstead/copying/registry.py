"""A repository of a registry as the source or the destination of a copy."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import orjson

from roadstead.copying.ends import Found
from roadstead.oci.descriptor import Descriptor
from roadstead.oci.digest import Digest
from roadstead.oci.manifest import parse, referrer_descriptor
from roadstead.oci.mediatypes import OCI_INDEX
from roadstead.remote.client import RemoteRegistry
from roadstead.remote.errors import Kind, RemoteFailure
from roadstead.remote.pushing import OpenAt, Pusher, Upload

_ELSEWHERE = frozenset({Kind.NOT_FOUND, Kind.NAME_UNKNOWN, Kind.UNAVAILABLE, Kind.TIMEOUT, Kind.TLS, Kind.UNAUTHORIZED})
"""After one of these, the next place may still have it."""


class RegistrySource:
    """Reads a repository; the first of `places` (client and repository) that has the image is the one that is read."""

    def __init__(self, places: Sequence[tuple[RemoteRegistry, str]]) -> None:
        self._places = list(places)

    @property
    def repository(self) -> tuple[str, str]:
        """host and repository."""
        registry, name = self._places[0]
        return registry.host, name

    async def manifest(self, reference: str) -> Found:
        """The manifest under a tag or digest."""
        failures: list[RemoteFailure] = []
        while True:
            registry, name = self._places[0]
            try:
                found = await registry.manifest(name, reference)
            except RemoteFailure as failure:
                failures.append(failure)
                if failure.kind not in _ELSEWHERE or len(self._places) == 1:
                    # The place that was named itself comes last, and knows best.
                    raise
                del self._places[0]
                continue
            self._places = self._places[:1]
            return Found(found.digest, found.media_type, found.body)

    @asynccontextmanager
    async def blob(self, wanted: Descriptor, start: int = 0) -> AsyncIterator[AsyncIterator[bytes]]:
        """The bytes from `start` on."""
        registry, name = self._places[0]
        async with registry.blob(name, wanted.digest, start, size=wanted.size) as blob:
            yield blob.chunks

    async def referrers(self, digest: Digest) -> Sequence[Digest]:
        """The manifests that name this one as their subject."""
        registry, name = self._places[0]
        try:
            return [Digest.parse(each["digest"]) for each in await registry.referrers(name, digest)]
        except RemoteFailure as failure:
            # Registries older than referrers answer a path they do not know in many ways.
            if failure.kind in (Kind.REFUSED, Kind.MALFORMED, Kind.UNAUTHORIZED, Kind.DENIED):
                return []
            raise


class RegistryDestination:
    """Writes to a repository."""

    def __init__(self, registry: RemoteRegistry, repository: str) -> None:
        self._registry, self._repository = registry, repository
        self._pusher = Pusher(registry, repository)
        self._listing = asyncio.Lock()

    async def has_blob(self, wanted: Descriptor) -> bool:
        """Asked by HEAD."""
        return await self._pusher.has_blob(wanted.digest)

    async def keep_blob(self, wanted: Descriptor, open_at: OpenAt, source: tuple[str, str]) -> bool:
        """Mounted where source and destination are one registry, else sent."""
        host, repository = source
        mount = repository if host == self._registry.host and repository != self._repository else ""
        return await self._pusher.blob(Upload(wanted.digest, wanted.size, open_at), mount)

    async def keep_manifest(self, found: Found, name: str | None, subject: Digest | None) -> None:
        """Put under its name or digest; a registry that does not list referrers by itself gets the tag that does."""
        listed = await self._pusher.manifest(name or str(found.digest), found.body, found.media_type)
        if subject is not None and not listed:
            async with self._listing:
                await self._list_by_tag(found, subject)

    async def finish(self) -> None:
        """A registry keeps what it has acknowledged."""

    async def _list_by_tag(self, found: Found, subject: Digest) -> None:
        """The referrers tag schema (distribution-spec 1.1, Referrers Tag Schema)."""
        tag = f"{subject.algorithm}-{subject.hex}"[:128]
        try:
            known = orjson.loads((await self._registry.manifest(self._repository, tag, (OCI_INDEX,))).body)
        except RemoteFailure as failure:
            if failure.kind not in (Kind.NOT_FOUND, Kind.NAME_UNKNOWN):
                raise
            known = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": []}
        entry = referrer_descriptor(parse(found.body, found.media_type), found.digest, len(found.body))
        entries = [each for each in known.get("manifests") or [] if each.get("digest") != entry["digest"]]
        body = orjson.dumps({**known, "manifests": [*entries, entry]})
        await self._pusher.manifest(tag, body, OCI_INDEX)
