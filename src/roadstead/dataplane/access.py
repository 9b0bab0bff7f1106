"""Every route with its methods, and what each needs; no I/O (registry contract, sections 2 and 4)."""

from __future__ import annotations

from roadstead.auth import matrix
from roadstead.auth.matrix import Access
from roadstead.auth.users import User
from roadstead.dataplane.paths import Place, Route
from roadstead.oci.reference import RepositoryName

READS = ("GET", "HEAD")

METHODS: dict[Route, tuple[str, ...]] = {
    Route.LIVE: READS,
    Route.BASE: READS,
    Route.CATALOG: ("GET",),
    Route.TAGS: ("GET",),
    Route.MANIFEST: ("GET", "HEAD", "PUT", "DELETE"),
    Route.BLOB: ("GET", "HEAD", "DELETE"),
    Route.UPLOADS: ("POST",),
    Route.UPLOAD: ("GET", "PATCH", "PUT", "DELETE"),
    Route.REFERRERS: ("GET",),
    Route.TOKEN: ("GET",),
    Route.SIGNATURES: ("GET", "PUT"),
    Route.METRICS: ("GET",),
    Route.ADMIN_BLOB: ("DELETE",),
}
"""The test that walks the door reads this table, so a route that is missing here does not exist."""

IN_REPOSITORY = frozenset(
    {Route.TAGS, Route.MANIFEST, Route.BLOB, Route.UPLOADS, Route.UPLOAD, Route.REFERRERS, Route.SIGNATURES}
)


def needs(user: User, place: Place, method: str, repository: RepositoryName | None) -> tuple[Access, ...]:
    """Everything the request needs, all of it; empty where being known is enough."""
    if repository is not None:
        return _in_repository(user, place, method, repository)
    match place.route:
        case Route.CATALOG:
            return matrix.catalog(user)
        case Route.METRICS:
            return matrix.metrics(user)
        case Route.ADMIN_BLOB:
            return matrix.delete_content(user)
        case _:
            return ()


def _in_repository(user: User, place: Place, method: str, repository: RepositoryName) -> tuple[Access, ...]:
    namespace, name = repository.namespace, repository.name
    if place.route is Route.SIGNATURES:
        signatures = matrix.write_signatures if method == "PUT" else matrix.read_signatures
        return signatures(user, namespace, name)
    if method in READS:
        return matrix.pull(user, namespace, name)
    if method != "DELETE":
        return matrix.push(user, namespace, name)
    if place.route is Route.UPLOAD:
        return matrix.cancel_upload(user, namespace, name)
    if place.route is Route.MANIFEST and ":" not in place.reference:
        # A tag belongs to its namespace: whoever may delete the ImageStreamTag may delete it here (section 6.6).
        return matrix.delete_tag(user, namespace, name, place.reference)
    return matrix.delete_content(user)
