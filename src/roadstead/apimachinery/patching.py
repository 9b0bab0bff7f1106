"""Patches: get, apply, update, for stored kinds and views alike."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import orjson

from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.resource import Resource
from roadstead.apimachinery.served import Outcome, Patch, PatchType
from roadstead.base.values import Json
from roadstead.kube import bodies, patches, schema, status
from roadstead.kube.objectmeta import plain_shape
from roadstead.kube.schema import TypeMismatch
from roadstead.kube.status import StatusError
from roadstead.kube.strategic import strategic_merge, strategic_words
from roadstead.kube.wording import plain

ATTEMPTS = 5
NOT_SHOWN = "(not shown)"
KEPT = ("namespace", "uid")


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
    patched, told = _typed(resource, patch, patched), _Told(resource, patch, patched)
    try:
        found = schema.conform(shape, patched)
    except TypeMismatch as wrong:
        strategic = patch.type is PatchType.STRATEGIC
        raise told.refusal(strategic_words(wrong) if strategic else wrong.message) from None
    _complain(patch, found.unknown, ask, told)
    _check_identity(resource, current, found.value)
    return found.value


def names_revision(patch: Patch) -> bool:
    """Whether a patch says which resourceVersion it is meant for."""
    if patch.type is PatchType.JSON:
        pointers = [step.get("path") for step in patch.body if isinstance(step, dict)]
        return any(pointer in ("", "/metadata", "/metadata/resourceVersion") for pointer in pointers)
    metadata = patch.body.get("metadata")
    return isinstance(metadata, dict) and bool(metadata.get("resourceVersion"))


def _complain(patch: Patch, unknown: list[str], ask: Ask, told: _Told) -> None:
    if ask.field_validation == "Ignore":
        return
    complaints = bodies.complaints(unknown, [])
    if patch.type is PatchType.JSON:
        own = bodies.complaints(patches.strays(patch.body), patch.duplicates)
        complaints = [*(f"json patch {each}" for each in own), *complaints]
    else:
        complaints = [*bodies.complaints([], patch.duplicates), *complaints]
    if complaints and ask.field_validation == "Strict":
        raise bodies.strict_patch_failure(told.value(), complaints)
    ask.warnings.extend(each for each in complaints if each not in ask.warnings)


@dataclass(frozen=True)
class _Told:
    """What refusals show of a patch: of a strategic one itself, as Go prints a map, of the others what they would have
    made, and of one for a secret nothing."""

    resource: Resource
    patch: Patch
    patched: Json

    def value(self) -> str:
        """The text between the quotes."""
        if self.resource.confidential:
            return NOT_SHOWN
        if self.patch.type is PatchType.STRATEGIC:
            return plain(self.patch.body)
        return orjson.dumps(self.patched).decode()

    def refusal(self, why: str) -> StatusError:
        """422 for a result that is not of the kind."""
        return status.invalid("", "", "", [status.invalid_value("patch", self.value(), why)])


def _typed(resource: Resource, patch: Patch, patched: Any) -> Json:
    """The result with the head of its kind; a strategic patch cannot touch it, another one may leave it out."""
    if not isinstance(patched, dict):
        raise status.rejected()
    head = {"kind": resource.kind, "apiVersion": resource.api_version}
    kind, version = patched.get("kind") or resource.kind, patched.get("apiVersion") or resource.api_version
    if patch.type is not PatchType.STRATEGIC and (kind, version) != (resource.kind, resource.api_version):
        raise _Told(resource, patch, patched).refusal(bodies.unregistered(str(kind), str(version)))
    return {**head, **{name: value for name, value in patched.items() if name not in head}}


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
