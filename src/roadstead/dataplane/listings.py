"""Lists: tags, repositories, referrers (registry contract, sections 9 and 10)."""

from __future__ import annotations

import orjson

from roadstead.base.values import Json
from roadstead.base.web import Reply
from roadstead.dataplane.admitted import Admitted
from roadstead.dataplane.failures import JSON
from roadstead.oci import paging
from roadstead.oci.digest import Digest
from roadstead.oci.errors import OciError
from roadstead.oci.mediatypes import OCI_INDEX
from roadstead.repositories.listing import Repositories
from roadstead.repositories.referrers import Referrers

PAGE_BYTES = 4 * 1024 * 1024
CATALOG_DEFAULT = 100


class ListingHandlers:
    """Handlers of `tags/list`, `_catalog` and `referrers`."""

    def __init__(self, repositories: Repositories, referrers: Referrers, catalog_entries: int) -> None:
        self._repositories, self._referrers, self._catalog_entries = repositories, referrers, catalog_entries

    async def tags(self, ask: Admitted) -> Reply:
        """The tags that name an image, in byte order."""
        count, last = paging.parse_count(ask.request.query_value("n")), ask.request.query_value("last")
        tags = self._repositories.tags(ask.repository)
        if tags is None:
            raise OciError("NAME_UNKNOWN", detail={"name": str(ask.repository)})
        found = paging.page(tags, count, last)
        link = paging.next_link(f"/v2/{ask.repository}/tags/list", found, count)
        return _json({"name": str(ask.repository), "tags": list(found.names)}, link)

    async def catalog(self, ask: Admitted) -> Reply:
        """All repositories, in byte order of their whole names."""
        query, most = ask.request, self._catalog_entries
        count = paging.parse_count(query.query_value("n"), default=min(CATALOG_DEFAULT, most), maximum=most)
        found = await self._repositories.page(count or 0, query.query_value("last"))
        return _json({"repositories": list(found.names)}, paging.next_link("/v2/_catalog", found, count))

    async def referrers(self, ask: Admitted) -> Reply:
        """What refers to a digest; an empty index when nothing does, or when there is no such repository."""
        subject = Digest.parse(ask.reference)
        wanted = ask.request.query_values("artifactType")
        count = paging.parse_count(ask.request.query_value("n"))
        described = await self._referrers.of(ask.repository, subject)
        if wanted:
            described = {name: each for name, each in described.items() if each.get("artifactType") in wanted}
        found = _bounded(described, paging.page(sorted(described), count, ask.request.query_value("last")))
        kept = {"artifactType": [each for each in wanted if each.isascii()]}
        size = len(found.names) if count is None else count
        headers = paging.next_link(f"/v2/{ask.repository}/referrers/{subject}", found, size, kept)
        if wanted:
            headers["OCI-Filters-Applied"] = "artifactType"
        index = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [described[name] for name in found.names]}
        return Reply(200, {"Content-Type": OCI_INDEX, **headers}, orjson.dumps(index))


def _bounded(described: dict[str, Json], found: paging.Page) -> paging.Page:
    """The page cut so that its index stays within what clients read."""
    room = PAGE_BYTES - 1024
    for at, name in enumerate(found.names):
        room -= len(orjson.dumps(described[name])) + 1
        if room < 0:
            return paging.Page(found.names[: max(at, 1)], more=True)
    return found


def _json(body: Json, headers: dict[str, str]) -> Reply:
    return Reply(200, {"Content-Type": JSON, **headers}, orjson.dumps(body))
