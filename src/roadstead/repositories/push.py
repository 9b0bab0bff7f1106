"""Accept a manifest: check it, keep its bytes, then let image, tag and links appear together."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass

from roadstead.apimachinery.ask import Ask
from roadstead.base.values import Json
from roadstead.blobs.store import BlobStore
from roadstead.oci import manifest as oci_manifest
from roadstead.oci.digest import Digest
from roadstead.oci.errors import OciError, OciErrors
from roadstead.oci.manifest import Descriptor, Manifest
from roadstead.oci.reference import MAX_NAME, NameInvalid, RepositoryName
from roadstead.repositories.arrivals import Arrival, Arrivals, Precondition
from roadstead.repositories.links import Links, ManifestLink
from roadstead.repositories.pull import Pull
from roadstead.streams.images import image_from_manifest

_JSON_TYPE = re.compile(r"[/+]json\b")


@dataclass(frozen=True, slots=True)
class ManifestPush:
    """What a client sends: the exact bytes, the tags they get, the digest it expects, what must be there now."""

    body: bytes
    content_type: str | None
    tags: Sequence[str] = ()
    digest: Digest | None = None
    algorithm: str = "sha256"
    precondition: Precondition | None = None


@dataclass(frozen=True, slots=True)
class Pushed:
    """What was kept."""

    digest: Digest
    subject: Digest | None = None
    missing: Sequence[Digest] = ()


@dataclass(frozen=True, slots=True)
class PushOptions:
    """What the administrator decides.

    The host name image references bear, the largest config read for its facts, in bytes, and whether images may lack
    layers.
    """

    hostname: str
    config_bytes: int
    sparse_images: bool


class Push:
    """Writing manifests to repositories (registry contract, section 6)."""

    def __init__(self, blobs: BlobStore, links: Links, arrivals: Arrivals, pull: Pull, options: PushOptions) -> None:
        self._blobs, self._links, self._arrivals, self._pull, self._options = blobs, links, arrivals, pull, options

    async def manifest(self, repository: RepositoryName, push: ManifestPush, ask: Ask) -> Pushed:
        """Keeps a manifest; durable, pullable and visible to watchers when it returns.

        Bytes first, names second: the manifest is stored before the one transaction that makes Image, tag, link and
        referrer appear together. `ask` carries the caller, whose own right creates a missing stream.
        """
        self._check_name(repository)
        manifest = oci_manifest.parse(push.body, push.content_type)
        digest = Digest.of(push.body, push.digest.algorithm if push.digest else push.algorithm)
        if push.digest is not None and digest != push.digest:
            raise OciError(
                "DIGEST_INVALID",
                f"the manifest hashes to {digest}, not to {push.digest}; push the exact bytes the digest was made from",
            )
        missing = await self._check_references(repository, manifest)
        await self._arrivals.ensure_stream(repository.namespace, repository.name, ask)
        _, image = await asyncio.gather(
            self._blobs.put(digest, push.body), self._image(repository, digest, manifest, ask)
        )
        descriptor = oci_manifest.referrer_descriptor(manifest, digest, len(push.body))
        link = ManifestLink(manifest.media_type, len(push.body), manifest.subject and manifest.subject.digest)
        rows = self._links.manifest_writes(repository, digest, link, descriptor)
        arrival = Arrival(image, push.tags, ask, rows, push.precondition)
        await self._arrivals.keep(repository.namespace, repository.name, arrival)
        return Pushed(digest, link.subject, missing)

    def _check_name(self, repository: RepositoryName) -> None:
        """References to images name the host too, and all readers take at most 255 characters of both."""
        pulled_as = f"{self._options.hostname}/{repository}"
        if len(pulled_as) > MAX_NAME:
            raise NameInvalid(
                f"repository name {str(repository)!r} is too long: with the host, as in {self._options.hostname}/…, "
                f"it has {len(pulled_as)} characters, at most {MAX_NAME}"
            )

    async def _check_references(self, repository: RepositoryName, manifest: Manifest) -> list[Digest]:
        """Every blob an image names must be here, at the size it says; children of an index need not (section 6.2).

        Returns the layers that are missing from an image pushed sparse (docs/decisions, 7); raises for any other gap.
        What other repositories have and this one may not show is no gap that may stay: naming it would show it here.
        """
        wrong: list[OciError] = []
        missing: list[Digest] = []
        needed = _needed(manifest)
        sizes = await self._pull.blob_sizes(repository, [descriptor.digest for descriptor in needed])
        for descriptor, here in zip(needed, sizes, strict=True):
            # A HEAD said that a blob of an image from elsewhere is there, so a client need not send it.
            size = await self._pull.bring(repository, descriptor.digest) if here is None else here
            if size is None:
                missing.append(descriptor.digest)
            elif size != descriptor.size:
                wrong.append(
                    OciError(
                        "SIZE_INVALID",
                        f"the blob {descriptor.digest} has the size ({size}) different from the one specified "
                        f"in the manifest ({descriptor.size})",
                    )
                )
        foreign = [each for each in manifest.layers if not oci_manifest.distributable(each)]
        left_out = [*missing, *(each.digest for each in (*foreign, *manifest.manifests))]
        unknown = (
            missing if not self._may_lack(manifest, needed, missing) else await self._withheld(repository, left_out)
        )
        wrong = [OciError("MANIFEST_BLOB_UNKNOWN", detail=str(digest)) for digest in unknown] + wrong
        if wrong:
            raise OciErrors(wrong)
        return missing

    async def _withheld(self, repository: RepositoryName, digests: Sequence[Digest]) -> list[Digest]:
        return [digest for digest in dict.fromkeys(digests) if await self._pull.withholds(repository, digest)]

    def _may_lack(self, manifest: Manifest, needed: list[Descriptor], missing: list[Digest]) -> bool:
        """Whether an image is sparse rather than broken: its config is here, and some of its layers are."""
        absent, config = set(missing), manifest.config
        if not absent or not self._options.sparse_images or config is None or config.digest in absent:
            return not absent
        return any(each.digest not in absent and each.digest != config.digest for each in needed)

    async def _image(self, repository: RepositoryName, digest: Digest, manifest: Manifest, ask: Ask) -> Json:
        config: bytes | None = None
        if manifest.config is not None and _JSON_TYPE.search(manifest.config.media_type):
            config = await self._config(manifest.config)
        reference = f"{self._options.hostname}/{repository}@{digest}"
        return image_from_manifest(manifest, digest, reference, config, ask.now)

    async def _config(self, config: Descriptor) -> bytes | None:
        """The config's bytes; one too large to be an image config is an artifact's, whose facts we do not need."""
        return (
            None
            if config.size > self._options.config_bytes
            else await self._blobs.get(config.digest, self._options.config_bytes)
        )


def _needed(manifest: Manifest) -> list[Descriptor]:
    """The blobs that must be here, each once per size stated."""
    if manifest.kind == "index":
        return []
    layers = [layer for layer in manifest.layers if oci_manifest.distributable(layer)]
    wanted = [*([manifest.config] if manifest.config else []), *layers]
    return list({(each.digest, each.size): each for each in wanted}.values())
