"""The kinds around images that need little more than the generic behaviour: one table; no I/O."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from roadstead.apimachinery.resource import ALL_VERBS, Column, Resource, Subresource
from roadstead.base.values import Json
from roadstead.resources.ages import age

RBAC = "rbac.authorization.k8s.io"
Cell = Callable[[Json, datetime], object]


def field_of(*path: str, absent: object = "") -> Cell:
    """A cell that shows the value at a path of the object."""

    def show(obj: Json, _: datetime) -> object:
        at: Any = obj
        for key in path:
            at = at.get(key) if isinstance(at, dict) else None
        return absent if at is None else at

    return show


def _age(obj: Json, now: datetime) -> str:
    return age((obj.get("metadata") or {}).get("creationTimestamp"), now)


def _count(*fields: str) -> Cell:
    return lambda obj, _: sum(len(obj.get(name) or ()) for name in fields)


def _role(obj: Json, _: datetime) -> str:
    reference = obj.get("roleRef") or {}
    return f"{reference.get('kind', '')}/{reference.get('name', '')}"


def _subjects(kind: str) -> Cell:
    def show(obj: Json, _: datetime) -> str:
        subjects = [each for each in obj.get("subjects") or () if isinstance(each, dict) and each.get("kind") == kind]
        names = [str(each.get("name", "")) for each in subjects]
        if kind == "ServiceAccount":
            names = [f"{each.get('namespace', '')}/{each.get('name', '')}" for each in subjects]
        return ", ".join(names)

    return show


def _used_of(side: str) -> Cell:
    """`pods: 1/3, services: 0/2` of a quota; `side` says whether limits or everything else is asked for."""

    def show(obj: Json, _: datetime) -> str:
        status = obj.get("status") or {}
        hard = status.get("hard") or (obj.get("spec") or {}).get("hard") or {}
        used = status.get("used") or {}
        rows = sorted(name for name in hard if name.startswith("limits.") == (side == "limits"))
        return ", ".join(f"{name}: {used.get(name, 0)}/{hard[name]}" for name in rows)

    return show


def _last_seen(obj: Json, now: datetime) -> str:
    series = obj.get("series") or {}
    seen = series.get("lastObservedTime") or obj.get("lastTimestamp") or obj.get("eventTime")
    return age(seen or (obj.get("metadata") or {}).get("creationTimestamp"), now)


def _first_seen(obj: Json, now: datetime) -> str:
    return age(obj.get("firstTimestamp") or obj.get("eventTime"), now)


def _event_object(obj: Json, _: datetime) -> str:
    about = obj.get("involvedObject") or {}
    return f"{str(about.get('kind', '')).lower()}/{about.get('name', '')}"


def _event_source(obj: Json, _: datetime) -> str:
    source = obj.get("source") or {}
    component = source.get("component") or obj.get("reportingComponent") or ""
    return f"{component}, {source['host']}" if source.get("host") else str(component)


def _event_message(obj: Json, _: datetime) -> str:
    return str(obj.get("message") or "").strip()


NAME = Column(
    "Name", field_of("metadata", "name"), format="name", description="Name of the object, unique in its place."
)
AGE = Column("Age", _age, description="Time since the object was created.")
CREATED = Column("Created At", field_of("metadata", "creationTimestamp"), description="When the object was created.")
DATA = Column("Data", _count("data", "binaryData"), description="Number of entries.")
_SECRET = (NAME, Column("Type", field_of("type")), Column("Data", _count("data")), AGE)
_BINDING = (
    NAME,
    Column("Role", _role),
    AGE,
    Column("Users", _subjects("User"), priority=1),
    Column("Groups", _subjects("Group"), priority=1),
    Column("ServiceAccounts", _subjects("ServiceAccount"), priority=1),
)
_EVENT = (
    Column("Last Seen", _last_seen),
    Column("Type", field_of("type")),
    Column("Reason", field_of("reason")),
    Column("Object", _event_object),
    Column("Subobject", field_of("involvedObject", "fieldPath"), priority=1),
    Column("Source", _event_source, priority=1),
    Column("Message", _event_message),
    Column("First Seen", _first_seen, priority=1),
    Column("Count", field_of("count", absent=1), "integer", priority=1),
    Column("Name", field_of("metadata", "name"), format="name", priority=1),
)
_SERVICE_ACCOUNT = (NAME, Column("Secrets", _count("secrets")), AGE)
_QUOTA = (NAME, Column("Request", _used_of("requests")), Column("Limit", _used_of("limits")), AGE)
_EVENT_FIELDS = {
    name: (lambda obj, path=path: str(field_of(*path)(obj, datetime.min)))
    for name, path in {
        "type": ("type",),
        "reason": ("reason",),
        "source": ("source", "component"),
        "reportingComponent": ("reportingComponent",),
        **{
            f"involvedObject.{part}": ("involvedObject", part)
            for part in ("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath")
        },
    }.items()
}


def _row(group: str, kind: str, columns: Sequence[Column], short: str = "", **more: Any) -> Resource:
    singular = kind.lower()
    return Resource(
        group,
        "v1",
        f"{singular}s",
        singular,
        kind,
        more.pop("namespaced", True),
        columns=tuple(columns),
        unconditional_update=True,
        short_names=(short,) if short else (),
        **more,
    )


NAMESPACES = _row(
    "",
    "Namespace",
    (NAME, Column("Status", field_of("status", "phase")), AGE),
    "ns",
    namespaced=False,
    verbs=tuple(verb for verb in ALL_VERBS if verb != "deletecollection"),
    selectable={"status.phase": lambda obj: str((obj.get("status") or {}).get("phase", ""))},
)
SECRETS = _row("", "Secret", _SECRET, selectable={"type": lambda obj: str(obj.get("type", ""))})
SERVICE_ACCOUNTS = _row(
    "",
    "ServiceAccount",
    _SERVICE_ACCOUNT,
    "sa",
    subresources=(Subresource("token", "TokenRequest", ("create",), "authentication.k8s.io", "v1"),),
)
LIMIT_RANGES = _row("", "LimitRange", (NAME, CREATED), "limits")
RESOURCE_QUOTAS = _row("", "ResourceQuota", _QUOTA, "quota")
ROLES = _row(RBAC, "Role", (NAME, CREATED))
ROLE_BINDINGS = _row(RBAC, "RoleBinding", _BINDING)
CLUSTER_ROLES = _row(RBAC, "ClusterRole", (NAME, CREATED), namespaced=False)
CLUSTER_ROLE_BINDINGS = _row(RBAC, "ClusterRoleBinding", _BINDING, namespaced=False)
LEASES = _row("coordination.k8s.io", "Lease", (NAME, Column("Holder", field_of("spec", "holderIdentity")), AGE))

PLAIN: tuple[Resource, ...] = (
    NAMESPACES,
    SECRETS,
    _row("", "ConfigMap", (NAME, DATA, AGE), "cm"),
    SERVICE_ACCOUNTS,
    _row("", "Event", _EVENT, "ev", selectable=_EVENT_FIELDS),
    LIMIT_RANGES,
    RESOURCE_QUOTAS,
    ROLES,
    ROLE_BINDINGS,
    CLUSTER_ROLES,
    CLUSTER_ROLE_BINDINGS,
    LEASES,
)
"""Every plain kind, namespaces first."""
