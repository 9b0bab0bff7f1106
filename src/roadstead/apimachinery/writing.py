"""From what a client sent to what will be stored: naming, stamping, rules, checks; nothing is written here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from roadstead.apimachinery import owning, tracking
from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.resource import Resource
from roadstead.apimachinery.served import CreateRule, UpdateRule
from roadstead.apimachinery.shown import fresh, stored_value
from roadstead.apimachinery.transaction import MODIFIED_MEANWHILE, Staged
from roadstead.base.values import Json
from roadstead.kube import meta, status
from roadstead.kube.status import FieldError, StatusError
from roadstead.objects.log import Entry, Write

if TYPE_CHECKING:
    from roadstead.apimachinery.collection import Collection

LONGEST_BASE = 253
"""Characters of what a name is made from: as many as a name has at most."""


async def create(collection: Collection, obj: Json, ask: Ask, rule: CreateRule | None = None) -> Staged:
    """The creation of an object, checked; its namespace is taken from its metadata. `rule` stands in for the kind's
    own. Raises StatusError."""
    resource = collection.resource
    new = _typed(collection, fresh(obj))
    metadata = new.setdefault("metadata", {})
    if collection.namespace_check is not None and resource.namespaced:
        name = ask.url_name or metadata.get("name") or metadata.get("generateName") or "Unknown"
        collection.namespace_check(metadata.get("namespace", ""), name, ask)
    if metadata.get("resourceVersion") not in (None, "", "0"):
        raise status.bad_request("resourceVersion should not be set on objects to be created")
    _name(collection, metadata, ask)
    stamped = collection.rules.taken_in(meta.stamp_new(new, ask.new_uid(), ask.now))
    managed = tracking.of_new(collection, stamped, ask)
    wrong = _check_new(collection, stamped)
    try:
        new = _managed(await (rule or collection.rules.on_create)(stamped, ask), managed)
    except StatusError as refused:
        raise _with_all(refused, wrong, resource.kind) from None
    _refuse(collection, new, _check_new(collection, new))
    key = collection.key(new["metadata"].get("namespace", ""), new["metadata"]["name"])
    if (taken := collection.store.get(key)) is not None:
        raise _taken(collection, taken, ask)
    return Staged(Write(key, stored_value(new), 0), new, collection, ask)


async def update(collection: Collection, obj: Json, ask: Ask, rule: UpdateRule) -> Staged:
    """The replacement of an object, checked against what is stored; raises StatusError."""
    new = _typed(collection, fresh(obj))
    metadata = new["metadata"]
    entry = collection.entry(metadata.get("namespace", ""), metadata["name"], ask)
    old = collection.stored(entry)
    _expect(collection, metadata, old, ask)
    metadata["resourceVersion"] = str(entry.revision)
    sent, new = metadata.get("managedFields"), collection.rules.taken_in(meta.carry_over(new, old))
    owning.check(collection, new, old, ask)
    managed = tracking.of_changed(collection, new, old, sent, ask)
    wrong = _check_update(collection, new, old)
    try:
        new = _managed(await rule(new, old, ask), managed)
    except StatusError as refused:
        raise _with_all(refused, wrong, collection.resource.kind, updated=True) from None
    _refuse(collection, new, _check_update(collection, new, old))
    return _staged(collection, new, old, entry, ask)


async def change(collection: Collection, new: Json, stored: Json, ask: Ask, rule: UpdateRule) -> Staged:
    """The server's own change to an object it has just read: `new` was made from `stored`, shares parts with it, and
    differs. Nobody's copy is protected and nothing is compared, so a large object costs no more than its encoding.
    """
    metadata = stored["metadata"]
    new = await rule(new, stored, ask)
    _refuse(collection, new, _check_update(collection, new, stored))
    key = collection.key(metadata.get("namespace", ""), metadata["name"])
    return Staged(Write(key, stored_value(new), int(metadata["resourceVersion"])), new, collection, ask)


def _check_new(collection: Collection, obj: Json) -> list[FieldError]:
    resource = collection.resource
    return meta.check_new(obj, namespaced=resource.namespaced, built_in=_built_in(resource))


def _check_update(collection: Collection, new: Json, old: Json) -> list[FieldError]:
    resource = collection.resource
    return meta.check_update(new, old, namespaced=resource.namespaced, built_in=_built_in(resource))


def _built_in(resource: Resource) -> bool:
    # Definitions of custom kinds have a finalizer of their own that has no domain.
    return resource.strategic and resource.group != "apiextensions.k8s.io"


def _with_all(refused: StatusError, of_metadata: list[FieldError], kind: str, *, updated: bool = False) -> StatusError:
    """The refusal of a kind's own rules together with what is wrong with the metadata, told in upstream's order."""
    details = refused.status.get("details", {})
    if not of_metadata or not refused.errors or details.get("kind") != kind:
        return refused
    ahead = [] if updated else [each for each in refused.errors if each.field in ("[]", "metadata.name")]
    errors: list[FieldError] = []
    for each in (*ahead, *of_metadata, *refused.errors):
        if each not in errors:
            errors.append(each)
    return status.invalid(kind, details.get("group", ""), details.get("name", ""), errors)


def _managed(obj: Json, entries: list[Json]) -> Json:
    """The object with these managedFields; with none, none."""
    metadata = {name: value for name, value in obj["metadata"].items() if name != "managedFields"}
    return {**obj, "metadata": {**metadata, "managedFields": entries} if entries else metadata}


def _staged(collection: Collection, new: Json, old: Json, entry: Entry, ask: Ask) -> Staged:
    metadata = new["metadata"]
    if metadata.get("deletionTimestamp") and not metadata.get("finalizers") and not collection.rules.holds(new):
        # Nothing holds the object any more: the update that says so removes it (image-api contract, 16.6).
        gone = Write(entry.key, None, entry.revision)
        return Staged(gone, new, collection, ask, tuple(collection.rules.on_delete(old, ask)))
    value = stored_value(new)
    if value == entry.value or _sorted(value) == _sorted(entry.value):
        return Staged(None, old, collection, ask)
    return Staged(Write(entry.key, value, entry.revision), new, collection, ask)


def _sorted(value: bytes) -> bytes:
    # Compared as text, since Python takes 1, 1.0 and True for the same.
    return orjson.dumps(orjson.loads(value), option=orjson.OPT_SORT_KEYS)


def _typed(collection: Collection, obj: Json) -> Json:
    rest = {name: value for name, value in obj.items() if name not in ("kind", "apiVersion")}
    return {"kind": collection.resource.kind, "apiVersion": collection.resource.api_version, **rest}


def _name(collection: Collection, metadata: Json, ask: Ask) -> None:
    if metadata.get("name"):
        return
    base = metadata.get("generateName")
    if not base:
        resource = collection.resource
        missing = status.required("metadata.name", "name or generateName is required")
        raise status.invalid(resource.kind, resource.group, "", [missing])
    if len(base) > LONGEST_BASE:
        resource = collection.resource
        long = status.too_long("metadata.generateName", LONGEST_BASE)
        raise status.invalid(resource.kind, resource.group, base, [long])
    metadata["name"] = meta.generated_name(base, ask.suffix())


def _refuse(collection: Collection, obj: Json, errors: list[status.FieldError]) -> None:
    if errors:
        resource = collection.resource
        raise status.invalid(resource.kind, resource.group, obj["metadata"].get("name", ""), errors)


def _taken(collection: Collection, entry: Entry, ask: Ask) -> StatusError:
    error = status.already_exists(collection.named_in_errors(ask), entry.key.name)
    if collection.stored(entry)["metadata"].get("deletionTimestamp"):
        error.status["message"] = f"object is being deleted: {error.status['message']}"
    return error


def _expect(collection: Collection, metadata: Json, old: Json, ask: Ask) -> None:
    """The identity and the revision the client saw must be the stored ones."""
    resource, name = collection.resource, metadata["name"]
    uid, stored_uid = metadata.get("uid"), old["metadata"].get("uid")
    if uid and uid != stored_uid:
        why = f"AdditionalErrorMsg: Precondition failed: UID in precondition: {uid}, UID in object meta: {stored_uid}"
        raise status.conflict(
            collection.named_in_errors(ask), name, f"StorageError: invalid object, {_place_of(collection, old)}, {why}"
        )
    seen = metadata.get("resourceVersion")
    if seen in (None, "", "0"):
        if resource.unconditional_update:
            return
        # The resource, not the Kind (image-api contract, section 2).
        raise status.invalid(resource.plural, resource.group, name, [meta.missing_version()])
    if not (isinstance(seen, str) and seen.isascii() and seen.isdigit()):
        raise status.bad_request(f'metadata.resourceVersion "{seen}" is not a resource version')
    # As text: a client may send more digits than numbers have.
    if (seen.lstrip("0") or "0") != old["metadata"]["resourceVersion"]:
        raise status.conflict(collection.named_in_errors(ask), name, MODIFIED_MEANWHILE)


def _place_of(collection: Collection, stored: Json) -> str:
    """Where upstream keeps the object, as its refusals say."""
    metadata = stored["metadata"]
    steps = (collection.resource.plural, metadata.get("namespace"), metadata["name"])
    return f"Code: 4, Key: /openshift.io/{'/'.join(each for each in steps if each)}, ResourceVersion: 0"
