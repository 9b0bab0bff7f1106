"""Paths of the /v2/ door -> which route, which repository; no I/O.

Names contain slashes, so a path is read from its end (registry contract, section 2).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from urllib.parse import unquote


class Route(Enum):
    """Every place on the registry's door, by what answers there."""

    LIVE = "live"
    BASE = "base"
    CATALOG = "catalog"
    TAGS = "tags"
    MANIFEST = "manifest"
    BLOB = "blob"
    UPLOADS = "uploads"
    UPLOAD = "upload"
    REFERRERS = "referrers"
    TOKEN = "token"
    SIGNATURES = "signatures"
    METRICS = "metrics"
    ADMIN_BLOB = "admin blob"


@dataclass(frozen=True, slots=True)
class Place:
    """A path understood: `name` is the repository as written, `reference` the last part with escapes undone."""

    route: Route
    name: str = ""
    reference: str = ""


_FIXED = {
    "/": Place(Route.LIVE),
    "/healthz": Place(Route.LIVE),
    "/v2/": Place(Route.BASE),
    "/v2/_catalog": Place(Route.CATALOG),
    "/extensions/v2/metrics": Place(Route.METRICS),
}
_ADMIN = "/admin/blobs/"
_V2 = "/v2/"
_EXTENSIONS = "/extensions/v2/"
_TOKEN = "/openshift/token"


def find(path: str) -> Place | None:
    """The place a raw path names; None when there is none."""
    if (fixed := _FIXED.get(path)) is not None:
        return fixed
    if path.startswith(_V2):
        return _repository_place(path[len(_V2) :])
    if path == _TOKEN or path.startswith(_TOKEN + "/"):
        return Place(Route.TOKEN)
    if path.startswith(_EXTENSIONS):
        name, slash, digest = path[len(_EXTENSIONS) :].rpartition("/signatures/")
        return Place(Route.SIGNATURES, name, _plain(digest)) if slash and digest else None
    if path.startswith(_ADMIN) and "/" not in path[len(_ADMIN) :]:
        return Place(Route.ADMIN_BLOB, reference=_plain(path[len(_ADMIN) :]))
    return None


def _repository_place(rest: str) -> Place | None:
    for ending in ("/blobs/uploads/", "/blobs/uploads"):
        if rest.endswith(ending):
            return Place(Route.UPLOADS, rest[: -len(ending)])
    if rest.endswith("/tags/list"):
        return Place(Route.TAGS, rest[: -len("/tags/list")])
    head, _, last = rest.rpartition("/")
    if head.endswith("/blobs/uploads"):
        return Place(Route.UPLOAD, head[: -len("/blobs/uploads")], _plain(last))
    name, _, noun = head.rpartition("/")
    route = {"manifests": Route.MANIFEST, "blobs": Route.BLOB, "referrers": Route.REFERRERS}.get(noun)
    return Place(route, name, _plain(last)) if route and name and last else None


def _plain(part: str) -> str:
    """A part of a path with its escapes undone; bytes that are no UTF-8 become marks that fit no name."""
    return unquote(part).encode("utf-8", "replace").decode()
