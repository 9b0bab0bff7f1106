"""metadata.managedFields: who has an opinion about which field, and what a write changes about that; no I/O.

Rules: Kubernetes API concepts, "Field management"; image-api contract, section 16.7.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, get_args

import orjson

from roadstead.base.errors import Invalid
from roadstead.base.values import Json
from roadstead.kube.fieldsets import MOST_PATHS, Path, Paths, UnreadableFields, paths_of, tree
from roadstead.kube.time import format_time
from roadstead.kube.typed import Changes, Type, compare
from roadstead.kube.wording import quote

Operation = Literal["Apply", "Update"]
Ignored = Callable[[Path], bool]
"""Says of a path that the kind of write at hand does not decide about it."""

MOST_UPDATERS = 10
"""Managers by plain writes that are kept apart; older ones are put together."""
ANCIENT, BEFORE_FIRST_APPLY = "ancient-changes", "before-first-apply"
EMPTY: Json = {"metadata": {}, "spec": {}, "status": {}}
"""What an object is made from: these holders are there without anybody having said so."""
_SERVERS_OWN = frozenset(
    {("f:apiVersion",), ("f:kind",), ("f:metadata",)}
    | {
        ("f:metadata", f"f:{name}")
        for name in ("name", "namespace", "creationTimestamp", "selfLink", "uid", "generation", "managedFields",
                     "resourceVersion")
    }
)  # fmt: skip


class UnreadableManagers(Invalid):
    """A managedFields that is none."""


@dataclass(frozen=True, slots=True, order=True)
class Manager:
    """Somebody who manages fields. An applier is the same one whatever version it speaks."""

    operation: Operation
    name: str
    api_version: str
    subresource: str

    def __str__(self) -> str:
        text = quote(self.name)
        if self.subresource:
            text += f" with subresource {quote(self.subresource)}"
        return text if self.operation == "Apply" else f"{text} using {self.api_version}"


@dataclass(frozen=True, slots=True)
class Owned:
    """What one manager has an opinion about, said in which version, changed when."""

    paths: Paths
    api_version: str
    time: str = ""


Managers = Mapping[Manager, Owned]


@dataclass(frozen=True, slots=True)
class Author:
    """Who writes, and what the write is about."""

    name: str
    api_version: str
    subresource: str
    now: datetime
    ignored: Ignored

    def manager(self, operation: Operation) -> Manager:
        """The author as a manager; an applier is known by its name alone."""
        version = self.api_version if operation == "Update" else ""
        return Manager(operation, self.name, version, self.subresource)

    def decides(self, paths: Paths) -> Paths:
        """The paths this write can decide about."""
        return frozenset(path for path in paths if path not in _SERVERS_OWN and not self.ignored(path))


def read(entries: Any) -> dict[Manager, Owned]:
    """The managers in a managedFields; raises UnreadableManagers."""
    found: dict[Manager, Owned] = {}
    if not isinstance(entries, list):
        raise UnreadableManagers("managedFields is no list")
    for entry in entries:
        if not isinstance(entry, dict) or entry.get("operation") not in get_args(Operation):
            raise UnreadableManagers("an entry has no operation")
        if entry.get("fieldsType") != "FieldsV1":
            raise UnreadableManagers("an entry is not of fieldsType FieldsV1")
        texts = [str(entry.get(name) or "") for name in ("manager", "apiVersion", "subresource", "time")]
        name, version, subresource, time = texts
        applier = entry["operation"] == "Apply"
        manager = Manager(entry["operation"], name, "" if applier else version, subresource)
        try:
            found[manager] = Owned(paths_of(entry.get("fieldsV1") or {}), version, time)
        except UnreadableFields as wrong:
            raise UnreadableManagers(wrong.message) from None
    return found


def write(managers: Managers) -> list[Json]:
    """The managedFields of these managers: appliers first, then by time."""
    order = sorted(managers.items(), key=lambda each: (each[0].operation, each[1].time, each[0]))
    return [_entry(manager, owned) for manager, owned in order if owned.paths]


def _entry(manager: Manager, owned: Owned) -> Json:
    entry: Json = {
        "manager": manager.name,
        "operation": manager.operation,
        "apiVersion": owned.api_version,
        "time": owned.time,
        "fieldsType": "FieldsV1",
        "fieldsV1": tree(owned.paths),
        "subresource": manager.subresource,
    }
    return {name: value for name, value in entry.items() if value != ""}


def base_of(sent: Any, stored: Any, *, subresource: str) -> tuple[dict[Manager, Owned], bool]:
    """The managers a write starts from, and whether it wants them forgotten.

    Those the client sent count, since it may have edited them; `[]` and `[{}]` forget them all. What cannot be read
    counts as not sent. A subresource cannot change them.
    """
    if not subresource and sent in ([], [{}]):
        return {}, True
    for entries in (stored,) if subresource else (sent, stored):
        try:
            if entries and (found := read(entries)):
                return found, False
        except UnreadableManagers:
            continue
    return {}, False


def after_update(managers: Managers, before: Any, after: Any, kind: Type, author: Author) -> Managers:
    """The managers after a plain write; what it changed is the author's alone. Raises Untypable."""
    changes = _changes(before, after, kind, author)
    left = losing(managers, changes.taken | changes.removed)
    taken = changes.taken
    if not taken:
        return left
    me = author.manager("Update")
    had = left[me].paths if me in left else frozenset()
    left[me] = Owned(had | taken, author.api_version, format_time(author.now))
    return _capped(left)


def first_state(live: Json, kind: Type, author: Author) -> dict[Manager, Owned]:
    """The managers of an object that was never tracked, at its first apply: one who stands for all before."""
    everything = _changes(EMPTY, live, kind, author).taken
    unknown = Manager("Update", BEFORE_FIRST_APPLY, author.api_version, "")
    return {unknown: Owned(everything, author.api_version, format_time(author.now))}


def losing(managers: Managers, paths: Paths) -> dict[Manager, Owned]:
    """The managers without these fields; who has none left goes."""
    rest = {manager: replace(owned, paths=owned.paths - paths) for manager, owned in managers.items()}
    return {manager: owned for manager, owned in rest.items() if owned.paths}


def _changes(before: Any, after: Any, kind: Type, author: Author) -> Changes:
    found = compare(before, after, kind)
    kept = [set(author.decides(frozenset(paths))) for paths in (found.added, found.modified, found.removed)]
    return Changes(*kept)


def _capped(managers: dict[Manager, Owned]) -> Managers:
    """At most MOST_UPDATERS plain writers: the oldest are put together, version by version."""
    updaters = [each for each in managers.items() if each[0].operation == "Update"]
    excess = len(updaters) - MOST_UPDATERS
    if excess <= 0:
        return managers
    first: dict[str, Manager] = {}
    for manager, owned in sorted(updaters, key=lambda each: (each[1].time, each[0])):
        if excess <= 0:
            break
        version = manager.api_version
        if version not in first:
            first[version] = manager
            continue
        bucket = Manager("Update", ANCIENT, version, "")
        if bucket not in managers:
            managers[bucket] = managers.pop(first[version])
        if manager != bucket:
            del managers[manager]
            managers[bucket] = Owned(managers[bucket].paths | owned.paths, version, owned.time)
            excess -= 1
    return managers


def bearable(managers: Managers) -> bool:
    """Whether nobody manages more fields than are kept."""
    return all(len(owned.paths) <= MOST_PATHS for owned in managers.values())


def same_but_time(one: list[Json], other: list[Json]) -> bool:
    """Whether two managedFields say the same, whenever it was said."""
    return sorted(map(_timeless, one)) == sorted(map(_timeless, other))


def _timeless(entry: Json) -> bytes:
    return orjson.dumps({name: value for name, value in entry.items() if name != "time"}, option=orjson.OPT_SORT_KEYS)
