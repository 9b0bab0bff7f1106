"""Where the copies of other registries' blobs came from: a copy is shown to those whose image came from there.

A manifest is whatever its registry says: without this, whoever runs a registry could import an image that lists other
people's layers by their digests, and read here what its own registry does not even have.
"""

from __future__ import annotations

from collections.abc import Collection

from roadstead.objects.log import Key, Write
from roadstead.objects.store import Store
from roadstead.oci.digest import Digest
from roadstead.oci.reference import RepositoryName
from roadstead.repositories.contents import Contents

ORIGINS = "origins.roadstead"


class Provenance:
    """Rows in the log that no API shows: this repository elsewhere gave us this blob, every byte of it."""

    def __init__(self, store: Store, contents: Contents, own: Collection[str]) -> None:
        """`own` are names (host[:port]) of this registry."""
        self._store, self._contents, self._own = store, contents, own

    async def vouched(self, repository: RepositoryName, digest: Digest) -> bool:
        """Whether a copy that is here may be shown for an image of the stream that lists it.

        It may when the image is one of ours, or when one of the places the image came from gave us this very blob.
        """
        namespace, name = repository.namespace, repository.name
        if await self._contents.is_ours(namespace, name, str(digest), self._own):
            return True
        found = await self._contents.origins(namespace, name, str(digest), self._own)
        return any(self._store.get(_key(each.spec.exact(), digest)) is not None for each in found)

    async def note(self, origin: str, digest: Digest) -> None:
        """A repository elsewhere gave every byte of the blob; durable when it returns."""
        key = _key(origin, digest)
        if self._store.get(key) is None:
            await self._store.append([Write(key, b"{}", None)])


def _key(origin: str, digest: Digest) -> Key:
    return Key(ORIGINS, "", f"{digest}/{origin}")
