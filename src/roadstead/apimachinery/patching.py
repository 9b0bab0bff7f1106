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

ATTEMPTS = 5
IMMUTABLE = ("name", "namespace", "uid")


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
        case PatchType.STRATEGIC:
            patched = strategic_merge(current, patch.body, shape)
    _check_type(resource, current, patched)
    try:
        found = schema.conform(shape, patched)
    except TypeMismatch as wrong:
        raise status.invalid("", "", "", [status.invalid_value("patch", patch.body, wrong.message)]) from None
    _complain(patch, found.unknown, ask)
    _check_identity(resource, current, found.value)
    return found.value


def names_revision(patch: Patch) -> bool:
    """Whether a patch says which resourceVersion it is meant for."""
    if patch.type is PatchType.JSON:
        pointers = [step.get("path") for step in patch.body if isinstance(step, dict)]
        return any(pointer in ("", "/metadata", "/metadata/resourceVersion") for pointer in pointers)
    metadata = patch.body.get("metadata")
    return isinstance(metadata, dict) and bool(metadata.get("resourceVersion"))


def _complain(patch: Patch, unknown: list[str], ask: Ask) -> None:
    complaints = bodies.complaints(unknown, [])
    if not complaints or ask.field_validation == "Ignore":
        return
    if ask.field_validation == "Strict":
        raise bodies.strict_patch_failure(patch.body, complaints)
    ask.warnings.extend(each for each in complaints if each not in ask.warnings)


def _check_type(resource: Resource, current: Json, patched: Any) -> None:
    if not isinstance(patched, dict) or not isinstance(patched.get("metadata") or {}, dict):
        raise status.rejected()
    for field in ("kind", "apiVersion"):
        if patched.get(field) != current.get(field):
            wrong = status.invalid_value(field, patched.get(field), "field is immutable")
            raise status.invalid(resource.kind, resource.group, _name(current), [wrong])


def _check_identity(resource: Resource, current: Json, patched: Json) -> None:
    before, after = current["metadata"], patched["metadata"]
    errors = [
        status.invalid_value(f"metadata.{field}", after[field], "field is immutable")
        for field in IMMUTABLE
        if after.get(field) and after[field] != before.get(field)
    ]
    if errors:
        raise status.invalid(resource.kind, resource.group, _name(current), errors)
    for field in (*IMMUTABLE, "resourceVersion"):
        # Taking one away means leaving it as it is.
        if before.get(field) and not after.get(field):
            after[field] = before[field]


def _name(obj: Json) -> str:
    name: str = obj["metadata"].get("name", "")
    return name
