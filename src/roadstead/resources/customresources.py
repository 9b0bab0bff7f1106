"""The objects of custom kinds: one definition -> a collection per served version."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime

import orjson

from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.collection import Collection, NamespaceCheck, Staged
from roadstead.apimachinery.ending import Ending
from roadstead.apimachinery.parts import PartedRules
from roadstead.apimachinery.resource import Column, Resource, Scaling, Subresource
from roadstead.apimachinery.served import CreateRule, Event, ListOptions, Page, UpdateRule
from roadstead.apimachinery.shown import Shown
from roadstead.base.values import Json
from roadstead.kube import jsonpath, status, structural
from roadstead.kube.customshapes import documented, shape_of
from roadstead.kube.structural import Node
from roadstead.kube.structural_values import shaped, validate
from roadstead.objects.store import Store
from roadstead.resources.ages import age
from roadstead.resources.plain.cells import AGE, NAME
from roadstead.resources.plain.rows import SCALE_COLUMNS
from roadstead.resources.shapes import shape_of as plain_shape_of

KEPT_BYTES = 1024 * 1024
CHECKED_ASIDE_FROM = 64 * 1024
"""Bytes of an object from which on it is checked in a thread, so that it does not hold the loop."""
GOING = "create not allowed while custom resource definition is terminating"
_CELLS: dict[str, tuple[type, ...]] = {
    "integer": (int,), "number": (int, float), "string": (str, int, float, bool), "boolean": (bool,), "date": (str,),
}  # fmt: skip


class CustomRules(PartedRules):
    """Objects must fit their schema; what older versions left out is filled in when they are shown."""

    def __init__(self, resource: Resource, node: Node) -> None:
        super().__init__(resource)
        self._resource, self._node = resource, node
        self._parted = resource.subresource("status") is not None
        self._defaults = _has_defaults(node)

    async def on_create(self, obj: Json, ask: Ask) -> Json:
        """A new object of generation 1; raises StatusError (422)."""
        if self._parted:
            return await self.checked(await super().on_create(obj, ask))
        obj["metadata"]["generation"] = 1
        return await self.checked(obj)

    async def on_update(self, new: Json, old: Json, ask: Ask) -> Json:
        """A changed object, of the next generation where more than its metadata changed; raises StatusError (422)."""
        if self._parted:
            return await self.checked(await super().on_update(new, old, ask))
        if _content(new) != _content(old):
            new["metadata"]["generation"] = int(old["metadata"].get("generation") or 0) + 1
        return await self.checked(new)

    async def checked(self, obj: Json) -> Json:
        """The object, if it fits the schema; raises StatusError (422)."""
        if len(orjson.dumps(obj)) > CHECKED_ASIDE_FROM:
            errors = await asyncio.to_thread(validate, self._node, obj, root=True)
        else:
            errors = validate(self._node, obj, root=True)
        if errors:
            raise status.invalid(self._resource.kind, self._resource.group, obj["metadata"].get("name", ""), errors)
        return obj

    def shown(self, obj: Json) -> Json:
        """With the defaults of this version."""
        return shaped(self._node, obj, [], root=True) if self._defaults else obj


def _content(obj: Json) -> Json:
    return {name: value for name, value in obj.items() if name not in ("kind", "apiVersion", "metadata")}


def _has_defaults(node: Node) -> bool:
    inner = [*node.properties.values(), *(each for each in (node.items, node.additional) if each is not None)]
    return any(not _absent(each) or _has_defaults(each) for each in inner)


def _absent(node: Node) -> bool:
    return node.default is Node().default


@dataclass(frozen=True, slots=True)
class Place:
    """Where the objects of a definition are kept, and the watches on them, which end together."""

    store: Store
    check: NamespaceCheck
    watches: list[Ending] = field(default_factory=list)

    def end_watches(self) -> None:
        """Ends every watch, after what is already on its way: clients come back to what there is now."""
        for ending in list(self.watches):
            ending.end()


class CustomResources(Collection):
    """One served version of a custom kind."""

    def __init__(self, resource: Resource, node: Node, place: Place, *, going: bool, deprecated: str) -> None:
        self._rules = CustomRules(resource, node)
        super().__init__(resource, place.store, self._rules, namespace_check=place.check, kept_bytes=KEPT_BYTES)
        self._going, self._deprecated, self._watches = going, deprecated, place.watches

    async def look(self, namespace: str, name: str, ask: Ask) -> Shown:
        """One object."""
        self._warn(ask)
        return await super().look(namespace, name, ask)

    async def page(self, namespace: str | None, options: ListOptions, ask: Ask) -> Page:
        """The objects of a namespace, or of all."""
        self._warn(ask)
        return await super().page(namespace, options, ask)

    def watch(self, namespace: str | None, options: ListOptions, ask: Ask) -> AsyncIterator[Event]:
        """The objects and what happens to them, until the definition changes or goes."""
        self._warn(ask)
        events = super().watch(namespace, options, ask)
        return events if ask.ending is None else self._kept(events, ask.ending)

    async def _kept(self, events: AsyncIterator[Event], ending: Ending) -> AsyncIterator[Event]:
        self._watches.append(ending)
        try:
            async for event in events:
                yield event
        finally:
            self._watches.remove(ending)

    async def stage_create(self, obj: Json, ask: Ask, *, rules_hook: CreateRule | None = None) -> Staged:
        """A checked creation; raises StatusError (405) while the definition is going."""
        if self._going:
            raise status.method_not_allowed(GOING)
        self._warn(ask)
        return await super().stage_create(obj, ask, rules_hook=rules_hook)

    async def stage_update(self, new: Json, ask: Ask, *, rules_hook: UpdateRule | None = None) -> Staged:
        """A checked change; writes to a part are checked like any other."""
        self._warn(ask)
        if rules_hook is None:
            return await super().stage_update(new, ask)

        async def checked(new: Json, old: Json, ask: Ask) -> Json:
            return await self._rules.checked(await rules_hook(new, old, ask))

        return await super().stage_update(new, ask, rules_hook=checked)

    def _warn(self, ask: Ask) -> None:
        if self._deprecated and self._deprecated not in ask.warnings:
            ask.warnings.append(self._deprecated)


def collections_of(crd: Json, place: Place) -> list[CustomResources]:
    """A collection for each served version of an accepted definition, the stored one first."""
    going, warnings = bool(crd["metadata"].get("deletionTimestamp")), _deprecations(crd["spec"])
    return [
        CustomResources(resource, node, place, going=going, deprecated=warnings.get(resource.version, ""))
        for resource, node in served_versions(crd)
    ]


def served_versions(crd: Json) -> list[tuple[Resource, Node]]:
    """What a definition makes: a resource and its schema for each version, the stored one first."""
    spec, going = crd["spec"], bool(crd["metadata"].get("deletionTimestamp"))
    found = []
    for version in sorted(spec["versions"], key=lambda version: not version.get("storage")):
        # A definition that is going needs its stored version, served or not: its objects are removed through it.
        if version.get("served") or (going and version.get("storage")):
            schema = version["schema"]["openAPIV3Schema"]
            node = structural.read(schema, "").node
            found.append((_resource(spec, version, node, schema), node))
    return found


def _deprecations(spec: Json) -> dict[str, str]:
    """What is said to whoever uses a deprecated version."""
    return {
        version["name"]: version.get("deprecationWarning")
        or f"{spec['group']}/{version['name']} {spec['names']['kind']} is deprecated"
        for version in spec["versions"]
        if version.get("deprecated")
    }


def _resource(spec: Json, version: Json, node: Node, schema: Json) -> Resource:
    told = spec["names"]
    kind, columns = told["kind"], _columns(version.get("additionalPrinterColumns") or [])
    return Resource(
        spec["group"],
        version["name"],
        told["plural"],
        told["singular"],
        kind,
        spec["scope"] == "Namespaced",
        shape=shape_of(kind, node),
        short_names=tuple(told.get("shortNames") or ()),
        categories=tuple(told.get("categories") or ()),
        columns=columns,
        selectable=_selectable(version.get("selectableFields") or []),
        subresources=_parts(kind, columns, version.get("subresources") or {}),
        listed_as=told["listKind"],
        strategic=False,
        documented=lambda definitions: documented(schema, kind, definitions),
    )


def _parts(kind: str, columns: tuple[Column, ...], told: Json) -> tuple[Subresource, ...]:
    parts = []
    if told.get("status") is not None:
        parts.append(Subresource("status", kind, ("get", "patch", "update"), columns=columns))
    if (scale := told.get("scale")) is not None:
        names = (scale["specReplicasPath"], scale["statusReplicasPath"], scale.get("labelSelectorPath") or "")
        paths = [jsonpath.parse(name).names or () if name else () for name in names]
        verbs, shape = ("get", "patch", "update"), plain_shape_of("autoscaling", "Scale")
        parts.append(
            Subresource("scale", "Scale", verbs, "autoscaling", "v1", shape, Scaling(*paths), columns=SCALE_COLUMNS)
        )
    return tuple(parts)


def _columns(told: list[Json]) -> tuple[Column, ...]:
    if not told:
        return (NAME, AGE)
    return (NAME, *(_column(each) for each in told))


def _column(told: Json) -> Column:
    kind = told["type"]
    return Column(
        told["name"],
        _cell(jsonpath.parse(told["jsonPath"]), kind),
        # Clients know no date columns: the server says how long ago it was.
        kind,
        told.get("format") or "",
        told.get("description") or "",
        told.get("priority") or 0,
    )


def _cell(path: jsonpath.Path, kind: str) -> Callable[[Json, datetime], object]:
    def show(obj: Json, now: datetime) -> object:
        found = path.find(obj)
        value = found[0] if found else None
        if not isinstance(value, _CELLS[kind]) or (isinstance(value, bool) and kind in ("integer", "number")):
            return None
        return age(value, now) if kind == "date" else str(value) if kind == "string" else value

    return show


def _selectable(told: list[Json]) -> dict[str, Callable[[Json], str]]:
    return {each["jsonPath"].removeprefix("."): _text(jsonpath.parse(each["jsonPath"])) for each in told}


def _text(path: jsonpath.Path) -> Callable[[Json], str]:
    def text(obj: Json) -> str:
        found = path.find(obj)
        value = found[0] if found else None
        return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)

    return text
