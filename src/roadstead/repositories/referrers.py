"""What refers to a manifest: the rows of pushes with a subject, and the fallback tag older clients keep."""

from __future__ import annotations

from roadstead.base.values import Json
from roadstead.oci import manifest as oci_manifest
from roadstead.oci.digest import Digest
from roadstead.oci.errors import OciError
from roadstead.oci.manifest import Manifest
from roadstead.oci.reference import RepositoryName
from roadstead.repositories.companions import Companions
from roadstead.repositories.links import Links
from roadstead.repositories.pull import Pull

HEX_IN_TAG = 64


class Referrers:
    """Referrers of one repository (registry contract, section 10)."""

    def __init__(self, links: Links, pull: Pull, companions: Companions | None = None) -> None:
        """`companions` brings those of images that live elsewhere; None where that is switched off."""
        self._links, self._pull, self._companions = links, pull, companions

    async def of(self, repository: RepositoryName, subject: Digest) -> dict[str, Json]:
        """Digest -> descriptor of everything whose subject this is; those of the fallback tag where it has more."""
        if self._companions is not None:
            await self._companions.refresh(repository, subject)
        found = await self._fallback(repository, subject)
        found.update((row["digest"], row) for row in await self._links.referrers(repository, subject))
        return found

    async def _fallback(self, repository: RepositoryName, subject: Digest) -> dict[str, Json]:
        """The entries of the referrers tag (distribution-spec 1.1, Referrers Tag Schema), as far as they are here."""
        tag = f"{subject.algorithm}-{subject.hex[:HEX_IN_TAG]}"
        try:
            index = oci_manifest.parse((await self._pull.manifest(repository, tag)).body, None)
        except OciError:  # no such tag, or somebody's tag that only looks like one
            return {}
        described = [await self._described(repository, digest, subject) for digest in _digests(index)]
        return {each["digest"]: each for each in described if each is not None}

    async def _described(self, repository: RepositoryName, digest: Digest, subject: Digest) -> Json | None:
        """The entry of a manifest; None when it is not here, or not about the subject."""
        try:
            found = await self._pull.manifest(repository, digest)
            manifest = oci_manifest.parse(found.body, found.media_type)
        except OciError:
            return None
        if manifest.subject is None or manifest.subject.digest != subject:
            return None
        return oci_manifest.referrer_descriptor(manifest, digest, len(found.body))


def _digests(index: Manifest) -> list[Digest]:
    """What an index names, each once."""
    return list(dict.fromkeys(each.digest for each in index.manifests))
