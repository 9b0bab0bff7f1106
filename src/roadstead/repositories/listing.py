"""Which repositories there are, and which tags they show."""

from __future__ import annotations

import heapq
from collections.abc import AsyncIterator

from roadstead.objects.store import Store
from roadstead.oci.paging import Page
from roadstead.oci.reference import RepositoryName
from roadstead.repositories.contents import Contents

STREAMS = "imagestreams.image.openshift.io"
BATCH = 500


class Repositories:
    """Repositories are the image streams, seen from /v2/."""

    def __init__(self, store: Store, contents: Contents) -> None:
        self._store, self._contents = store, contents

    def tags(self, repository: RepositoryName) -> list[str] | None:
        """The tags that name an image, in byte order; None without the stream."""
        if not self._contents.exists(repository.namespace, repository.name):
            return None
        return self._contents.tags(repository.namespace, repository.name)

    async def page(self, count: int, last: str) -> Page:
        """The first `count` repository names behind `last`, in byte order of the whole name."""
        # The log sorts by namespace, then name: "a-b/x" comes after "a/x" there, and before it here.
        names = [name async for name in self._names() if name > last]
        first = heapq.nsmallest(count, names)
        return Page(first, more=len(names) > count > 0)

    async def _names(self) -> AsyncIterator[str]:
        after: tuple[str, str] | None = None
        while True:
            page = await self._store.list(STREAMS, after=after, limit=BATCH)
            for entry in page.entries:
                yield f"{entry.key.namespace}/{entry.key.name}"
            if not page.more:
                return
            after = (page.entries[-1].key.namespace, page.entries[-1].key.name)
