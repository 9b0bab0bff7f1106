"""Checked writes of one or several kinds, carried out together or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.shown import fresh
from roadstead.base.values import Json
from roadstead.kube import status
from roadstead.kube.status import GroupResource, StatusError
from roadstead.objects.log import Write, WriteConflict

if TYPE_CHECKING:
    from roadstead.apimachinery.collection import Collection

MODIFIED_MEANWHILE = "the object has been modified; please apply your changes to the latest version and try again"


@dataclass(frozen=True, slots=True)
class Staged:
    """A checked write that has not happened yet.

    `write` None means that nothing changes. `object` is the stored form; `extra` are the writes that belong to it.
    """

    write: Write | None
    object: Json
    collection: Collection
    ask: Ask
    extra: tuple[Write, ...] = ()


async def commit(staged: Sequence[Staged], extra: Sequence[Write] = ()) -> list[Json]:
    """Carries out staged writes of the same store in one transaction; returns the objects as shown, in order.

    In a dry run nothing is written. Raises StatusError (409) when someone was faster.
    """
    revisions = await write(staged, extra)
    shown = []
    for each in staged:
        result = fresh(each.object)
        if id(each) in revisions:
            result["metadata"]["resourceVersion"] = str(revisions[id(each)])
        shown.append(each.collection.rules.shown(result))
    return shown


async def write(staged: Sequence[Staged], extra: Sequence[Write] = ()) -> dict[int, int]:
    """`commit` for callers who need not see the objects: the revisions by the `id` of what was staged."""
    real = [each for each in staged if each.write is not None and not each.ask.dry_run]
    if not real and (not extra or not staged or staged[0].ask.dry_run):
        return {}
    writes = [each.write for each in real if each.write is not None]
    writes += [write for each in real for write in each.extra] + list(extra)
    try:
        revisions = await staged[0].collection.store.append(writes)
    except WriteConflict as lost:
        raise _explain(real, lost) from None
    return {id(each): revision for each, revision in zip(real, revisions, strict=False)}


def _explain(real: Sequence[Staged], lost: WriteConflict) -> StatusError:
    for each in real:
        if each.write is not None and each.write.key == lost.key:
            resource = each.collection.named_in_errors(each.ask)
            if each.write.expects == 0:
                return status.already_exists(resource, lost.key.name)
            return status.conflict(resource, lost.key.name, MODIFIED_MEANWHILE)
    return status.conflict(GroupResource("", lost.key.resource), lost.key.name, MODIFIED_MEANWHILE)
