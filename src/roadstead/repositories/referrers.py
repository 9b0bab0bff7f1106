"""What refers to a manifest: the rows of pushes with a subject, and the fallback tag older clients keep."""

from __future__ import annotations

from roadstead.base.errors import Failure
from roadstead.base.values import Json
from roadstead.oci import manifest as oci_manifest
from roadstead.oci.digest import Digest
from roadstead.oci.reference import RepositoryName
from roadstead.repositories.links import Links
from roadstead.repositories.pull import Pull

HEX_IN_TAG = 64


class Referrers:
    """Referrers of one repository (registry contract, section 10)."""

    def __init__(self, links: Links, pull: Pull) -> None:
        self._links, self._pull = links, pull

    async def of(self, repository: RepositoryName, subject: Digest) -> dict[str, Json]:
        """Digest -> descriptor of everything whose subject this is; those of the fallback tag where it has more."""
        found = await self._fallback(repository, subject)
        found.update((row["digest"], row) for row in await self._links.referrers(repository, subject))
        return found

    async def _fallback(self, repository: RepositoryName, subject: Digest) -> dict[str, Json]:
        """The entries of the referrers tag (distribution-spec 1.1, Referrers Tag Schema), as far as they are here."""
        tag = f"{subject.algorithm}-{subject.hex[:HEX_IN_TAG]}"
        found: dict[str, Json] = {}
        try:
            index = oci_manifest.parse((await self._pull.manifest(repository, tag)).body, None)
            for each in index.manifests:
                body = (await self._pull.manifest(repository, each.digest)).body
                manifest = oci_manifest.parse(body, each.media_type)
                if manifest.subject is not None and manifest.subject.digest == subject:
                    found[str(each.digest)] = oci_manifest.referrer_descriptor(manifest, each.digest, len(body))
        except Failure:
            # No such tag, or somebody's tag that only looks like one: either way it tells nothing more.
            return found
        return found
