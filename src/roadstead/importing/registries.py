"""Other registries as an import sees them: places and keys from the cluster's objects, answers from the client."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from roadstead.base.values import Json
from roadstead.importing.upstreams import Fetched, Upstream
from roadstead.oci.descriptor import Descriptor
from roadstead.oci.digest import Digest
from roadstead.remote.client import MANIFEST_BYTES, RemoteRegistry
from roadstead.remote.errors import Kind, RemoteFailure
from roadstead.remote.mirrors import full_name
from roadstead.remote.places import NO_KEYS, Place
from roadstead.remote.session import Remotes
from roadstead.repositories.sources import Plan, Sources
from roadstead.streams import pullspec
from roadstead.streams.pullspec import PullSpec


@dataclass(frozen=True, slots=True)
class RegistryUpstream:
    """One repository of one registry."""

    registry: RemoteRegistry
    place: Place

    @property
    def name(self) -> str:
        """See `Upstream`."""
        return f"{self.place.host}/{self.place.repository}"

    @property
    def key(self) -> str:
        """See `Upstream`."""
        good = self.registry.sufficed(self.place.repository)
        keys = [good] if good else self.registry.credentials(self.place.repository)
        return ", ".join(dict.fromkeys(each.source for each in keys if each.source))

    async def manifest(self, reference: str) -> Fetched:
        """See `Upstream`."""
        found = await self.registry.manifest(self.place.repository, reference)
        return Fetched(str(found.digest), found.media_type, found.body)

    async def blob(self, wanted: Descriptor) -> bytes:
        """See `Upstream`."""
        body = bytearray()
        async with self.registry.blob(self.place.repository, wanted.digest, size=wanted.size) as blob:
            async for chunk in blob.chunks:
                body += chunk
                if len(body) > wanted.size:
                    said = f"{self.place.host} sends more than the {wanted.size} bytes of {wanted.digest}"
                    raise RemoteFailure(Kind.WRONG_DIGEST, said, host=self.place.host)
        return bytes(body)

    async def tags(self) -> Sequence[str]:
        """See `Upstream`."""
        return await self.registry.tags(self.place.repository)


class RegistryUpstreams:
    """Finds places with the rules in force, and keys where people put them."""

    def __init__(self, sources: Sources, remotes: Remotes, manifest_bytes: int = MANIFEST_BYTES) -> None:
        self._sources, self._remotes, self._manifest_bytes = sources, remotes, manifest_bytes

    async def places(
        self, namespace: str, spec: PullSpec, *, insecure: bool = False, anonymous: bool = False
    ) -> Sequence[Upstream]:
        """See `Upstreams`."""
        found = await self._sources.for_pull(namespace, spec, insecure=insecure)
        if not found.places:
            raise await self._refusal(spec, found)
        keys = NO_KEYS if anonymous else found.keys
        return [
            RegistryUpstream(RemoteRegistry(self._remotes, each, keys, manifest_bytes=self._manifest_bytes), each)
            for each in found.places
        ]

    async def signatures(self, reference: str) -> Sequence[Json]:
        """What the registry of a pull spec by digest offers, asked without a key; see `SignatureSource`."""
        spec = pullspec.parse(reference)
        found = await self._sources.for_pull("", spec.with_defaults())
        if not found.places:
            return ()
        place = found.places[-1]
        return await RemoteRegistry(self._remotes, place).signatures(place.repository, Digest.parse(spec.id))

    async def _refusal(self, spec: PullSpec, found: Plan) -> RemoteFailure:
        """Why no place may be asked, in the words of the contract where it has some (image-api, 14.7)."""
        rules, registry = await self._sources.rules(), spec.with_defaults().registry
        if rules.blocking(full_name(spec)) is not None:
            said = f"forbidden: registry {registry} blocked"
        else:
            said = f"forbidden: {found.refusal}"
        return RemoteFailure(Kind.BLOCKED, said, host=registry, rule="blocked registry")
