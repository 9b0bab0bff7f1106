"""Who manages which field of a stored object: what a write that came through the door changes about that; no I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roadstead.apimachinery.ask import Ask
from roadstead.base.values import Json
from roadstead.kube import managers, schema, typed
from roadstead.kube.fieldsets import Path
from roadstead.kube.managers import EMPTY, Author, Ignored
from roadstead.kube.objectmeta import plain_shape
from roadstead.kube.typed import Type, Untypable

if TYPE_CHECKING:
    from roadstead.apimachinery.collection import Collection


def tracked(collection: Collection, ask: Ask) -> bool:
    """Whether the write is somebody's own: sent to this very resource, not made by a view or by the server."""
    return bool(ask.field_manager) and ask.url_resource == collection.resource.group_resource


def type_of(collection: Collection) -> Type:
    """The type of the kind's objects."""
    resource = collection.resource
    return typed.root(resource.shape or plain_shape(resource.kind))


def author(collection: Collection, ask: Ask) -> Author:
    """Who writes."""
    ignored = _ignored(collection, ask.subresource)
    return Author(ask.field_manager, collection.resource.api_version, ask.subresource, ask.now, ignored)


def _ignored(collection: Collection, subresource: str) -> Ignored:
    """Where status is a part of its own, writes decide about it or about everything else."""

    def is_status(path: Path) -> bool:
        return path[0] == "f:status"

    if subresource == "status":
        return lambda path: not is_status(path)
    return is_status if collection.resource.subresource("status") is not None else lambda path: False


def of_new(collection: Collection, new: Json, ask: Ask) -> list[Json]:
    """The managedFields of a new object: everything in it is its author's."""
    if not tracked(collection, ask):
        return []
    if ask.managed is not None:
        return ask.managed
    try:
        found = managers.after_update({}, _unsaid(collection), new, type_of(collection), author(collection, ask))
    except Untypable:
        return []
    return managers.write(found) if managers.bearable(found) else []


def _unsaid(collection: Collection) -> Json:
    """What an object of the kind shows though nobody has said so: whoever says the same does not manage it."""
    shape = collection.resource.shape
    return {**EMPTY, **_zeros(schema.conform(shape, {}).value)} if shape is not None else EMPTY


def _zeros(value: Json) -> Json:
    found = {name: _zeros(inner) if isinstance(inner, dict) else inner for name, inner in value.items()}
    return {name: inner for name, inner in found.items() if isinstance(inner, dict) or not inner}


def of_changed(collection: Collection, new: Json, old: Json, sent: object, ask: Ask) -> list[Json]:
    """The managedFields of a changed object; `old` is the stored form, `sent` what the client wrote in their place."""
    stored = old["metadata"].get("managedFields") or []
    if not tracked(collection, ask):
        return stored
    if ask.managed is not None:
        return stored if managers.same_but_time(ask.managed, stored) else ask.managed
    base, forgotten = managers.base_of(sent, stored, subresource=ask.subresource)
    if not base:
        # What was never tracked, or shall not be any more, is left alone until somebody applies it.
        return [] if forgotten else stored
    try:
        found = managers.after_update(base, collection.shown(old), new, type_of(collection), author(collection, ask))
    except Untypable:
        return stored
    if not managers.bearable(found):
        return stored
    written = managers.write(found)
    return stored if managers.same_but_time(written, stored) else written
