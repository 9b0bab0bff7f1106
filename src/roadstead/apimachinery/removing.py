"""Deleting objects of a stored kind: preconditions, propagation, finalizers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.served import Listing, ListOptions
from roadstead.apimachinery.shown import stored_value
from roadstead.apimachinery.transaction import Staged, commit
from roadstead.base.values import Json
from roadstead.kube import status
from roadstead.kube.status import GroupResource, StatusError
from roadstead.kube.time import format_time
from roadstead.objects.log import Entry, Write

if TYPE_CHECKING:
    from roadstead.apimachinery.collection import Collection

ATTEMPTS = 5
TOGETHER = 100
"""Objects of a collection that are removed in one commit."""
FINALIZER_OF = {"Orphan": "orphan", "Foreground": "foregroundDeletion"}


async def delete(collection: Collection, namespace: str, name: str, ask: Ask) -> Json:
    """Removes an object (a Status) or marks it while finalizers hold it (the object); raises StatusError."""
    for attempt in range(ATTEMPTS):
        entry = collection.entry(namespace, name, ask)
        try:
            return await _delete(collection, entry, ask)
        except StatusError as lost:
            # A precondition was checked against the state we read; a lost race is read again, never reported.
            if lost.code != 409 or attempt == ATTEMPTS - 1 or not _raced(collection, entry):
                raise
    raise AssertionError("unreachable")


def _raced(collection: Collection, entry: Entry) -> bool:
    now = collection.store.get(entry.key)
    return now is None or now.revision != entry.revision


async def delete_collection(collection: Collection, namespace: str | None, options: ListOptions, ask: Ask) -> Listing:
    """Removes every selected object; what vanished meanwhile is fine. Returns the objects as they were."""
    listing = await collection.list(namespace, options, ask)
    places = [(item["metadata"].get("namespace", ""), item["metadata"]["name"]) for item in listing.items]
    for start in range(0, len(places), TOGETHER):
        await _delete_together(collection, places[start : start + TOGETHER], ask)
    return listing


async def _delete_together(collection: Collection, places: Sequence[tuple[str, str]], ask: Ask) -> None:
    """Removes some objects in one commit, or one by one when somebody changes one of them meanwhile."""
    entries = [collection.store.get(collection.key(*place)) for place in places]
    try:
        await commit([_staged(collection, entry, ask) for entry in entries if entry is not None])
        return
    except StatusError as raced:
        if raced.code != 409:
            raise
    for place in places:
        try:
            await delete(collection, *place, ask)
        except StatusError as gone:
            if gone.code != 404:
                raise


async def _delete(collection: Collection, entry: Entry, ask: Ask) -> Json:
    staged = _staged(collection, entry, ask)
    left = (await commit([staged]))[0]
    if staged.write is None or staged.write.value is not None:
        return left
    return status.success(collection.named_in_errors(ask), entry.key.name, left["metadata"].get("uid", ""))


def _staged(collection: Collection, entry: Entry, ask: Ask) -> Staged:
    """The removal of an object, or its mark while something holds it; raises StatusError."""
    old = collection.stored(entry)
    _check_preconditions(collection, old, ask.options.get("preconditions") or {})
    finalizers = _finalizers(old["metadata"].get("finalizers") or [], ask.options, collection.rules.collected)
    if not finalizers and not collection.rules.holds(old):
        extra = tuple(collection.rules.on_delete(old, ask))
        return Staged(Write(entry.key, None, entry.revision), old, collection, ask, extra)
    marked = collection.rules.on_mark(_marked(old, finalizers, ask), ask)
    value = stored_value(marked)
    write = None if value == entry.value else Write(entry.key, value, entry.revision)
    return Staged(write, marked, collection, ask)


def _marked(old: Json, finalizers: list[str], ask: Ask) -> Json:
    """The object waiting for its finalizers; marking it once more changes nothing but the list."""
    metadata = {**old["metadata"], "finalizers": finalizers}
    if not finalizers:
        del metadata["finalizers"]
    if not metadata.get("deletionTimestamp"):
        metadata["deletionTimestamp"] = format_time(ask.now)
        metadata["deletionGracePeriodSeconds"] = 0
        if metadata.get("generation"):
            metadata["generation"] += 1
    return {**old, "metadata": metadata}


def _finalizers(present: list[str], options: Json, collected: bool) -> list[str]:
    kept = [each for each in present if each not in FINALIZER_OF.values()]
    if not collected:
        return kept
    policy = options.get("propagationPolicy")
    if policy is None and (orphan := options.get("orphanDependents")) is not None:
        policy = "Orphan" if orphan else "Background"
    if policy is None:
        return present
    return [*kept, FINALIZER_OF[policy]] if policy in FINALIZER_OF else kept


def _check_preconditions(collection: Collection, old: Json, wanted: Json) -> None:
    # Named by its Kind here, unlike everywhere else (image-api contract, section 2).
    resource = GroupResource(collection.resource.group, collection.resource.kind)
    metadata = old["metadata"]
    labels = (("uid", "UID", "deleted and then recreated"), ("resourceVersion", "ResourceVersion", "modified"))
    for field, label, what in labels:
        asked, found = wanted.get(field), metadata.get(field)
        if asked is not None and asked != found:
            why = (
                f"the {label} in the precondition ({asked}) does not match the {label} in record ({found}). "
                f"The object might have been {what}"
            )
            raise status.conflict(resource, metadata["name"], why)
