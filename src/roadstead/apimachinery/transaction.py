"""Checked writes of one or several kinds, carried out together or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.shown import fresh
from roadstead.base.values import Json
from roadstead.kube import status
from roadstead.kube.status import GroupResource, StatusError
from roadstead.objects.log import Write, WriteConflict

if TYPE_CHECKING:
    from roadstead.apimachinery.collection import Collection

CHARGE_ATTEMPTS = 100
"""How often creations under one quota may cross each other before one of them gives up."""
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


class Quotas(Protocol):
    """Says whether there may be more objects."""

    async def charge(self, staged: Sequence[Staged]) -> Sequence[Write]:
        """Further writes of the transaction that creates these; raises StatusError (403) when they are too many."""
        ...


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
    charges = await _charges(staged)
    if not real and (not extra or not staged or staged[0].ask.dry_run):
        return {}
    writes = [each.write for each in real if each.write is not None]
    writes += [write for each in real for write in each.extra] + list(extra)
    for attempt in range(CHARGE_ATTEMPTS):
        try:
            revisions = await staged[0].collection.store.append([*writes, *charges])
            break
        except WriteConflict as lost:
            # Somebody else made something under the same quota: it counts, so the quota is asked again.
            if attempt == CHARGE_ATTEMPTS - 1 or lost.key not in {each.key for each in charges}:
                raise _explain(real, lost) from None
            charges = await _charges(staged)
    return {id(each): revision for each, revision in zip(real, revisions, strict=False)}


async def _charges(staged: Sequence[Staged]) -> Sequence[Write]:
    """What quotas write about the creations among these; raises StatusError (403)."""
    new = [each for each in staged if each.write is not None and each.write.expects == 0 and each.write.value]
    quotas = next((each.collection.quotas for each in new if each.collection.quotas is not None), None)
    if quotas is None:
        return ()
    return await quotas.charge([each for each in new if each.collection.quotas is quotas])


def _explain(real: Sequence[Staged], lost: WriteConflict) -> StatusError:
    for each in real:
        if each.write is not None and each.write.key == lost.key:
            resource = each.collection.named_in_errors(each.ask)
            if each.write.expects == 0:
                return status.already_exists(resource, lost.key.name)
            return status.conflict(resource, lost.key.name, MODIFIED_MEANWHILE)
    return status.conflict(GroupResource("", lost.key.resource), lost.key.name, MODIFIED_MEANWHILE)
