"""Every route with its methods, and what each needs; no I/O (registry contract, sections 2 and 4)."""

from __future__ import annotations

from dataclasses import dataclass

from roadstead.auth.users import Attributes, User
from roadstead.base.values import Json
from roadstead.dataplane.paths import Place, Route
from roadstead.oci.reference import RepositoryName

IMAGE_GROUP = "image.openshift.io"
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


@dataclass(frozen=True, slots=True)
class Access:
    """One access record: what the client asked for, and the rights that allow it, any one of which is enough."""

    type: str
    name: str
    action: str
    any_of: tuple[Attributes, ...]

    @property
    def record(self) -> Json:
        """The form shown in the `detail` of a denial (section 3.2)."""
        return {"Type": self.type, "Class": "", "Name": self.name, "Action": self.action}


def needs(user: User, place: Place, method: str, repository: RepositoryName | None) -> tuple[Access, ...]:
    """Everything the request needs, all of it; empty where being known is enough."""
    if repository is not None:
        return _in_repository(user, place, method, repository)
    match place.route:
        case Route.CATALOG:
            return (Access("registry", "catalog", "*", (Attributes(user, "list", IMAGE_GROUP, "imagestreams"),)),)
        case Route.METRICS:
            return (Access("metrics", "", "get", (Attributes(user, "get", IMAGE_GROUP, "registry", "metrics"),)),)
        case Route.ADMIN_BLOB:
            return (_pruning(user),)
        case _:
            return ()


def pulling(user: User, repository: RepositoryName) -> Access:
    """To read a repository; also what a mount needs on its source."""
    return _layers(user, "get", repository, "pull")


def _in_repository(user: User, place: Place, method: str, repository: RepositoryName) -> tuple[Access, ...]:
    pull, push = pulling(user, repository), _layers(user, "update", repository, "push")
    if place.route is Route.SIGNATURES and method == "PUT":
        return (pull, push, _signing(user, repository))
    if place.route is Route.SIGNATURES:
        return (pull, _layers(user, "get", repository, "get", "signature"))
    if method in READS:
        return (pull,)
    if method != "DELETE":
        return (pull, push)
    if place.route is Route.UPLOAD:
        return (_layers(user, "update", repository, "*"),)
    if place.route is Route.MANIFEST and ":" not in place.reference:
        return (_untagging(user, repository, place.reference),)
    return (_pruning(user),)


def _layers(user: User, verb: str, repository: RepositoryName, action: str, type_: str = "repository") -> Access:
    right = Attributes(user, verb, IMAGE_GROUP, "imagestreams", "layers", repository.namespace, repository.name)
    return Access(type_, str(repository), action, (right,))


def _untagging(user: User, repository: RepositoryName, tag: str) -> Access:
    """A tag belongs to its namespace: whoever may delete the ImageStreamTag may delete it here (section 6.6)."""
    name = f"{repository.name}:{tag}"
    right = Attributes(user, "delete", IMAGE_GROUP, "imagestreamtags", "", repository.namespace, name)
    return Access("repository", str(repository), "delete", (right,))


def _pruning(user: User) -> Access:
    return Access("admin", "", "prune", (Attributes(user, "delete", IMAGE_GROUP, "images"),))


def _signing(user: User, repository: RepositoryName) -> Access:
    """The right may be held on the namespace, as older clients ask, or cluster-wide."""
    here = Attributes(user, "create", IMAGE_GROUP, "imagesignatures", "", repository.namespace, repository.name)
    everywhere = Attributes(user, "create", IMAGE_GROUP, "imagesignatures")
    return Access("signature", str(repository), "put", (here, everywhere))
