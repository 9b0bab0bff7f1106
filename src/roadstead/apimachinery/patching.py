"""Patches: get, apply, update, for stored kinds and views alike."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.resource import Resource
from roadstead.apimachinery.served import Outcome, Patch, PatchType
from roadstead.base.values import Json
from roadstead.kube import bodies, patches, schema, status
from roadstead.kube.objectmeta import plain_shape
from roadstead.kube.schema import TypeMismatch
from roadstead.kube.status import StatusError
from roadstead.kube.strategic import strategic_merge
from roadstead.kube.wording import plain

ATTEMPTS = 5
NOT_SHOWN = "(not shown)"
KEPT = ("namespace", "uid", "resourceVersion")


async def patch_by_update(
    resource: Resource,
    patch: Patch,
    ask: Ask,
    *,
    read: Callable[[], Awaitable[Json]],
    update: Callable[[Json], Awaitable[Outcome]],
) -> Outcome:
    """Applies a patch to what `read` gives and hands the result to `update`; raises StatusError.

    Losing a race starts it again, unless the patch itself names the resourceVersion it is for.
    """
    pinned = names_revision(patch)
    for attempt in range(ATTEMPTS):
        current = await read()
        try:
            return await update(apply(resource, patch, current, ask))
        except StatusError as lost:
            if lost.reason != "Conflict" or pinned or attempt == ATTEMPTS - 1:
                raise
    raise AssertionError("unreachable")


def apply(resource: Resource, patch: Patch, current: Json, ask: Ask) -> Json:
    """The patched object, in shape; complaints go into `ask.warnings` or, if Strict, refuse it. Raises StatusError."""
    shape = resource.shape or plain_shape(resource.kind)
    match patch.type:
        case PatchType.JSON:
            patched = patches.json_patch(current, patch.body)
        case PatchType.MERGE:
            patched = patches.merge_patch(current, patches.object_patch(patch.body))
        case PatchType.STRATEGIC if resource.strategic:
            patched = strategic_merge(current, patch.body, shape)
        case _:
            raise status.unsupported_media_type(None)
    _check_type(resource, current, patched)
    try:
        found = schema.conform(shape, patched)
    except TypeMismatch as wrong:
        raise status.invalid(
            "", "", "", [status.invalid_value("patch", _told(resource, patch), wrong.message)]
        ) from None
    _complain(resource, patch, found.unknown, ask)
    _check_identity(resource, current, found.value)
    return found.value


def names_revision(patch: Patch) -> bool:
    """Whether a patch says which resourceVersion it is meant for."""
    if patch.type is PatchType.JSON:
        pointers = [step.get("path") for step in patch.body if isinstance(step, dict)]
        return any(pointer in ("", "/metadata", "/metadata/resourceVersion") for pointer in pointers)
    metadata = patch.body.get("metadata")
    return isinstance(metadata, dict) and bool(metadata.get("resourceVersion"))


def _complain(resource: Resource, patch: Patch, unknown: list[str], ask: Ask) -> None:
    if ask.field_validation == "Ignore":
        return
    complaints = bodies.complaints(unknown, [])
    if patch.type is PatchType.JSON:
        own = bodies.complaints(patches.strays(patch.body), patch.duplicates)
        complaints = [*(f"json patch {each}" for each in own), *complaints]
    else:
        complaints = [*bodies.complaints([], patch.duplicates), *complaints]
    if complaints and ask.field_validation == "Strict":
        raise bodies.strict_patch_failure(_told(resource, patch), complaints)
    ask.warnings.extend(each for each in complaints if each not in ask.warnings)


def _told(resource: Resource, patch: Patch) -> Any:
    """A patch as refusals show it: a strategic one as Go prints a map, one of a secret not at all."""
    if resource.confidential:
        return NOT_SHOWN
    return plain(patch.body) if patch.type is PatchType.STRATEGIC else patch.body


def _check_type(resource: Resource, current: Json, patched: Any) -> None:
    if not isinstance(patched, dict):
        raise status.rejected()
    for field in ("kind", "apiVersion"):
        if patched.get(field) != current.get(field):
            wrong = status.invalid_value(field, patched.get(field), "field is immutable")
            raise status.invalid(resource.kind, resource.group, _name(current), [wrong])


def _check_identity(resource: Resource, current: Json, patched: Json) -> None:
    before, after = current["metadata"], patched.setdefault("metadata", {})
    if not resource.namespaced:
        after.pop("namespace", None)
    elif after.get("namespace") and after["namespace"] != before.get("namespace"):
        raise bodies.namespace_mismatch()
    if not after.get("name"):
        raise bodies.no_name(_name(current))
    if after["name"] != before.get("name"):
        raise bodies.name_mismatch(after["name"], _name(current))
    # Views say themselves what they make of another uid.
    if resource.stored and after.get("uid") and after["uid"] != before.get("uid"):
        wrong = status.invalid_value("metadata.uid", after["uid"], "field is immutable")
        raise status.invalid(resource.kind, resource.group, _name(current), [wrong])
    for field in KEPT:
        # Taking one away means leaving it as it is.
        if before.get(field) and not after.get(field):
            after[field] = before[field]


def _name(obj: Json) -> str:
    name: str = obj["metadata"].get("name", "")
    return name
