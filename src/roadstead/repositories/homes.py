"""Where blobs were lately put, so that a mount without a source can find one; best effort, in memory."""

from __future__ import annotations

from collections import OrderedDict

from roadstead.oci.digest import Digest
from roadstead.oci.reference import RepositoryName

MOST_BLOBS = 20_000
MOST_HOMES = 8


class BlobHomes:
    """The last few repositories of each blob of late."""

    def __init__(self) -> None:
        self._homes: OrderedDict[Digest, tuple[RepositoryName, ...]] = OrderedDict()

    def note(self, digest: Digest, repository: RepositoryName) -> None:
        """The repository was just given the blob."""
        others = tuple(home for home in self._homes.get(digest, ()) if home != repository)
        self._homes[digest] = (repository, *others)[:MOST_HOMES]
        self._homes.move_to_end(digest)
        if len(self._homes) > MOST_BLOBS:
            self._homes.popitem(last=False)

    def of(self, digest: Digest) -> tuple[RepositoryName, ...]:
        """Repositories that may still show the blob, the latest first; whoever asks must check."""
        return self._homes.get(digest, ())
