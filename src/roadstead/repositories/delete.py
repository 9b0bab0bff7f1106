"""Take tags and manifests out of a repository; bytes stay until nobody needs them."""

from __future__ import annotations

from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.served import Served
from roadstead.base.errors import Unsupported
from roadstead.blobs.store import BlobStore
from roadstead.kube.status import StatusError
from roadstead.oci.digest import Digest
from roadstead.oci.errors import OciError
from roadstead.oci.reference import RepositoryName
from roadstead.repositories.contents import Contents
from roadstead.repositories.leases import BlobLeases
from roadstead.repositories.links import Links
from roadstead.repositories.pull import ManifestCache


class Delete:
    """Deleting through /v2/ (registry contract, section 6.6)."""

    def __init__(
        self,
        blobs: BlobStore,
        links: Links,
        contents: Contents,
        stream_tags: Served,
        cache: ManifestCache,
        leases: BlobLeases,
        *,
        enabled: bool,
    ) -> None:
        """`stream_tags` serves imagestreamtags: deleting a tag here is deleting it there."""
        self._blobs, self._links, self._contents = blobs, links, contents
        self._stream_tags, self._cache, self._leases, self._enabled = stream_tags, cache, leases, enabled

    async def tag(self, repository: RepositoryName, tag: str, ask: Ask) -> None:
        """Removes the tag and its history from the stream; MANIFEST_UNKNOWN when there is no such tag."""
        self._check_enabled()
        try:
            await self._stream_tags.delete(repository.namespace, f"{repository.name}:{tag}", ask)
        except StatusError as failure:
            if failure.code != 404:
                raise
            raise OciError("MANIFEST_UNKNOWN", detail={"Tag": tag}) from None

    async def manifest(self, repository: RepositoryName, digest: Digest) -> None:
        """Removes a manifest nobody's history needs; UNSUPPORTED while a tag, or an index of one, holds it."""
        self._check_enabled()
        if await self._contents.holds(repository.namespace, repository.name, str(digest)):
            raise Unsupported(
                f"The operation is unsupported: {digest} is in the history of a tag of {repository}; "
                "delete the tag first."
            )
        if not await self._links.remove_manifest(repository, digest):
            raise OciError("MANIFEST_UNKNOWN", detail={"Name": str(repository), "Revision": str(digest)})

    async def blob(self, repository: RepositoryName, digest: Digest) -> None:
        """Takes the blob out of this repository; BLOB_UNKNOWN when it was not given one."""
        self._check_enabled()
        if not await self._links.remove_blob(repository, digest):
            raise OciError("BLOB_UNKNOWN", detail=str(digest))

    async def bytes(self, digest: Digest) -> None:
        """Deletes the bytes themselves; those not there are deleted already (registry contract, section 7.5).

        Bytes touched lately may be part of a push in flight: 409, and the pruner comes again later.
        """
        self._check_enabled()
        if self._leases.held(digest):
            raise OciError(
                "DENIED",
                f"{digest} was touched less than {self._leases.grace} ago and a push may rely on it; try again later",
                status=409,
            )
        await self._blobs.delete(digest)
        self._cache.drop(digest)

    def _check_enabled(self) -> None:
        if not self._enabled:
            raise Unsupported("The operation is unsupported: deletes are switched off (setting registry.deletes).")
