"""From a target to the kind that serves it, or to the right refusal; no I/O."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from roadstead.apimachinery.paths import VERBS, Target
from roadstead.apimachinery.resource import Resource, Subresource
from roadstead.apimachinery.served import Served
from roadstead.kube import status

ON_ITEM = frozenset({"get", "update", "patch", "delete"})
ON_COLLECTION = frozenset({"list", "watch", "create", "deletecollection"})
ACROSS_NAMESPACES = frozenset({"list", "watch"})


@dataclass(frozen=True, slots=True)
class Route:
    """Who serves a target."""

    served: Served
    subresource: Subresource | None = None

    @property
    def resource(self) -> Resource:
        """The resource of the path."""
        return self.served.resource


class Routes:
    """All served kinds by their place in the URL space."""

    def __init__(self, served: Iterable[Served]) -> None:
        self._served = {(each.resource.group, each.resource.version, each.resource.plural): each for each in served}
        self._versions = {(group, version) for group, version, _ in self._served}

    def knows(self, target: Target) -> bool:
        """Whether the group is served in the version of the target."""
        return (target.group, target.version) in self._versions

    def resources(self) -> list[Resource]:
        """Every served resource."""
        return [each.resource for each in self._served.values()]

    def find(self, target: Target) -> Route:
        """The route of a target; raises StatusError: 404 where nothing is, 405 where something else is served."""
        served = self._served.get((target.group, target.version, target.resource))
        if served is None or not target.well_formed:
            raise status.resource_not_found()
        resource = served.resource
        if target.scoped and not resource.namespaced:
            raise status.resource_not_found()
        if resource.namespaced and not target.scoped and target.name:
            raise status.resource_not_found()
        sub = resource.subresource(target.subresource) if target.subresource else None
        if target.subresource and sub is None:
            raise status.resource_not_found()
        _check_verb(target, resource, served_verbs(resource, target, sub))
        return Route(served, sub)


def served_verbs(resource: Resource, target: Target, sub: Subresource | None) -> frozenset[str]:
    """The verbs that the path of a target serves."""
    if sub is not None:
        return frozenset(sub.verbs)
    if target.name:
        return frozenset(resource.verbs) & ON_ITEM
    across = resource.namespaced and not target.scoped
    return frozenset(resource.verbs) & (ACROSS_NAMESPACES if across else ON_COLLECTION)


def _check_verb(target: Target, resource: Resource, served: frozenset[str]) -> None:
    if not served:
        raise status.resource_not_found()
    if target.method == "HEAD" or target.method not in VERBS:
        raise status.method_not_allowed()
    if target.verb == "watch" and "watch" not in served and "list" in served:
        raise status.unwatchable(resource.group_resource)
    if target.verb not in served:
        raise status.method_not_allowed()
