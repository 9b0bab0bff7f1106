"""Server-side apply to a stored kind: an object is made, or changed as far as its author manages it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from roadstead.apimachinery import tracking
from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.resource import Resource
from roadstead.apimachinery.served import Outcome, Patch, UpdateRule
from roadstead.auth.users import Attributes, refusal
from roadstead.base.values import Json
from roadstead.kube import apply as applying
from roadstead.kube import bodies, managers, schema, status, typed
from roadstead.kube.fieldsets import MOST_PATHS
from roadstead.kube.managers import Managers
from roadstead.kube.merging import merge
from roadstead.kube.objectmeta import plain_shape
from roadstead.kube.schema import TypeMismatch
from roadstead.kube.status import StatusError
from roadstead.kube.typed import Untypable
from roadstead.kube.wording import kind_of

if TYPE_CHECKING:
    from roadstead.apimachinery.collection import Collection

ATTEMPTS = 5


async def apply(
    collection: Collection, namespace: str, name: str, patch: Patch, ask: Ask, rule: UpdateRule | None
) -> Outcome:
    """Applies a configuration; raises StatusError: 409 for what others manage, 500 for one that is not of the kind."""
    config = checked(collection.resource, namespace, name, patch, ask)
    pinned = bool(config["metadata"].get("resourceVersion"))
    for attempt in range(ATTEMPTS):
        stored = collection.peek(namespace, name)
        try:
            if stored is None:
                return await _create(collection, namespace, config, ask)
            return await _change(collection, stored, config, patch, ask, rule)
        except StatusError as lost:
            raced = lost.reason in ("Conflict", "AlreadyExists") and not _told_by_managers(lost)
            if not raced or pinned or attempt == ATTEMPTS - 1:
                raise
    raise AssertionError("unreachable")


def _told_by_managers(error: StatusError) -> bool:
    causes = error.status.get("details", {}).get("causes", [])
    return any(cause.get("reason") == "FieldManagerConflict" for cause in causes)


def checked(resource: Resource, namespace: str, name: str, patch: Patch, ask: Ask) -> Json:
    """The configuration, whose head fits the URL and whose fields fit the kind; raises StatusError (400, 500)."""
    config: Json = patch.body
    head = str(config.get("apiVersion") or ""), str(config.get("kind") or "")
    if head != (resource.api_version, resource.kind):
        version = head[0] if "/" in head[0] else f"/{head[0]}"
        raise status.bad_request(f"invalid object type: {version}, Kind={head[1]}")
    if config.get("metadata") is None:
        config = {**config, "metadata": {}}
    metadata = config["metadata"]
    if not isinstance(metadata, dict):
        raise status.bad_request(f"metadata of an object is an object, not {kind_of(metadata)}")
    sent_to = metadata.get("namespace") or ""
    if not metadata.get("name"):
        config = {**config, "metadata": {**metadata, "name": name}}
        metadata = config["metadata"]
    if metadata["name"] != name:
        raise bodies.name_mismatch(str(metadata["name"]), name)
    if resource.namespaced and metadata.get("namespace", namespace) != namespace:
        raise bodies.namespace_mismatch()
    if metadata.get("managedFields") is not None:
        raise status.bad_request("metadata.managedFields must be nil")
    _complain(patch, ask)
    try:
        applying.check(config, _type(resource))
    except applying.Untyped as wrong:
        version = resource.api_version if resource.group else f"/{resource.version}"
        who = f"{sent_to}/{name}; {version}, Kind={resource.kind}"
        raise status.unexplained(f"failed to create typed patch object ({who}): {wrong.message}") from None
    return config


def _type(resource: Resource) -> typed.Type:
    return typed.root(resource.shape or plain_shape(resource.kind))


def _complain(patch: Patch, ask: Ask) -> None:
    if not patch.duplicates or ask.field_validation == "Ignore":
        return
    complaints = bodies.complaints([], patch.duplicates)
    if ask.field_validation == "Strict":
        raise status.bad_request(f"error strict decoding YAML: {', '.join(complaints)}")
    ask.warnings.extend(each for each in complaints if each not in ask.warnings)


async def apply_to_view(
    resource: Resource,
    patch: Patch,
    ask: Ask,
    place: tuple[str, str],
    *,
    read: Callable[[], Awaitable[Json]],
    update: Callable[[Json], Awaitable[Outcome]],
) -> Outcome:
    """Applies a configuration to a computed kind, whose updates also create; `place` is namespace and name. Nobody is
    written down as the manager of a computed field, so nothing is in conflict, and nothing goes because it was left
    out. Raises StatusError.
    """
    config = checked(resource, *place, patch, ask)
    try:
        live = await read()
    except StatusError as missing:
        if missing.code != 404:
            raise
        live = {}
    merged: Json = merge(live, config, _type(resource))
    return await update(_conformed(resource, merged))


async def _create(collection: Collection, namespace: str, config: Json, ask: Ask) -> Outcome:
    resource, metadata = collection.resource, config["metadata"]
    if ask.subresource or metadata.get("resourceVersion"):
        raise status.not_found(collection.named_in_errors(ask), metadata["name"])
    if metadata.get("uid"):
        why = f"uid mismatch: the provided object specified uid {metadata['uid']}, and no existing object was found"
        raise status.conflict(collection.named_in_errors(ask), metadata["name"], why)
    # The gate has let a patch through; that it makes an object is only known here.
    wanted = Attributes(ask.user, "create", resource.group, resource.plural, "", namespace, metadata["name"])
    if not ask.may(wanted).allowed:
        raise status.forbidden(resource.group_resource, metadata["name"], refusal(wanted))
    kind, author = tracking.type_of(collection), tracking.author(collection, ask)
    made = applying.apply({"metadata": {}}, config, {}, kind, author)
    entries = _written(made.managers)
    return await collection.create(namespace, _conformed(resource, made.object), replace(ask, managed=entries))


async def _change(
    collection: Collection, stored: Json, config: Json, patch: Patch, ask: Ask, rule: UpdateRule | None
) -> Outcome:
    resource, live = collection.resource, collection.shown(stored)
    entries = live["metadata"].pop("managedFields", None)
    kind, author = tracking.type_of(collection), tracking.author(collection, ask)
    try:
        known: Managers = managers.base_of([], entries, subresource="any")[0]
        done = applying.apply(live, config, known or managers.first_state(live, kind, author), kind, author)
    except Untypable as wrong:
        raise status.unexplained(f"failed to create typed live object: {wrong}") from None
    if done.conflicts and not patch.force:
        left = applying.unforgiven(done.conflicts, live, kind, author)
        if left:
            raise applying.refusal(left)
    metadata = done.object["metadata"]
    metadata.setdefault("resourceVersion", stored["metadata"]["resourceVersion"])
    ask = replace(ask, managed=_written(done.managers))
    obj = _conformed(resource, done.object)
    return await collection.update(metadata.get("namespace", ""), metadata["name"], obj, ask, rules_hook=rule)


def _written(known: Managers) -> list[Json]:
    if not managers.bearable(known):
        raise status.too_large(f"an apply may decide about {MOST_PATHS} fields at most")
    return managers.write(known)


def _conformed(resource: Resource, obj: Json) -> Json:
    try:
        return schema.conform(resource.shape or plain_shape(resource.kind), obj).value
    except TypeMismatch as wrong:
        raise status.bad_request(wrong.message) from None
