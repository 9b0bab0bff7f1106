"""Paths and methods -> what a request is about; no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote

VERBS = {"GET": "get", "HEAD": "get", "POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
NAMESPACE_PARTS = ("status", "finalize")
"""What may follow a namespace's name and still belong to the namespace itself."""

PROJECTS = ("project.openshift.io", "projects")
"""A project is its namespace, so roles bound there say who may see and delete it."""


class Unreadable(ValueError):
    """The path is not text."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a request is about: a resource, or any other path.

    `namespace` is set for a namespace object too, as permission rules expect; `scoped` says whether the path itself
    goes through a namespace. `well_formed` is False for a path below an API group that names no resource.
    """

    method: str
    verb: str
    path: str
    group: str = ""
    version: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    scoped: bool = False
    well_formed: bool = True

    @property
    def is_resource(self) -> bool:
        """Whether the path leads to a resource."""
        return bool(self.resource)

    @property
    def group_version(self) -> str:
        """`v1` or `group/version`."""
        return f"{self.group}/{self.version}" if self.group else self.version


def parse(method: str, path: str, *, watching: bool = False) -> Target:
    """The target of a method on a raw path; raises Unreadable.

    `watching` says that the query asks for a watch.
    """
    try:
        parts = [unquote(part, errors="strict") for part in path.removeprefix("/").split("/")]
    except UnicodeDecodeError:
        raise Unreadable(path) from None
    plain = "/" + "/".join(parts)
    if not parts[-1]:
        parts.pop()
    if not parts:
        return Target(method, method.lower(), plain)
    if parts[0] == "api" and len(parts) > 2:
        return _resource(method, plain, ("", parts[1]), parts[2:], watching)
    if parts[0] == "apis" and len(parts) > 3:
        return _resource(method, plain, (parts[1], parts[2]), parts[3:], watching)
    return Target(method, method.lower(), plain)


def _resource(method: str, path: str, group_version: tuple[str, str], parts: list[str], watching: bool) -> Target:
    namespace, scoped = "", False
    if parts[0] == "namespaces" and len(parts) > 1:
        namespace = parts[1]
        if len(parts) > 2 and parts[2] not in NAMESPACE_PARTS:
            parts, scoped = parts[2:], True
    well_formed = len(parts) <= 3 and all(parts)
    resource, name, sub = (*parts, "", "")[:3]
    if (group_version[0], resource) == PROJECTS:
        namespace = name
    verb = _verb(method, bool(name), watching)
    return Target(method, verb, path, *group_version, resource, sub, namespace, name, scoped, well_formed)


def _verb(method: str, named: bool, watching: bool) -> str:
    verb = VERBS.get(method, method.lower())
    if not named and verb == "get":
        return "watch" if watching else "list"
    return "deletecollection" if not named and verb == "delete" else verb
