"""What quotas say is used, kept in line with what there is: deletions, new quotas, namespaces that come under one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime

from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.collection import Collection
from roadstead.base.values import Json
from roadstead.controllers.lease import Lease
from roadstead.controllers.loop import Loop, Watched
from roadstead.controllers.queue import Key
from roadstead.objects.log import Change
from roadstead.objects.store import Store
from roadstead.resources.quotas import Quotas

CLUSTER: Key = ("", "")


def utc_now() -> datetime:
    """The time."""
    return datetime.now(UTC)


class QuotaUsage:
    """Counts for one namespace, or for all cluster quotas, at a time."""

    def __init__(
        self, quotas: Quotas, store: Store, bounds: Sequence[Collection], now: Callable[[], datetime] = utc_now
    ) -> None:
        """`bounds` are the kinds of quotas, and the namespaces."""
        self._quotas, self._now = quotas, now
        self._bounds, self._store = bounds, store
        self._loop: Loop | None = None

    def loop(self, lease: Lease | None = None) -> Loop:
        """The loop that does it."""
        watched = [Watched(each, _place) for each in self._bounds]
        self._loop = Loop("count what quotas bound", watched, self.reconcile, lease=lease)
        self._store.follow(self._see)
        return self._loop

    async def reconcile(self, key: Key) -> float | None:
        """Counts anew."""
        await self._quotas.refresh(key[0], Ask.internal(self._now()))
        return None

    def _see(self, changes: Sequence[Change]) -> None:
        # Objects that quotas count are too many to be listed for this: it is enough to hear of those that come and go.
        if self._loop is None or self._quotas.idle:
            return
        for change in changes:
            if change.type != "MODIFIED" and self._quotas.counts(change.key.resource):
                self._loop.add((change.key.namespace, ""))
                self._loop.add(CLUSTER)


def _place(obj: Json) -> Iterable[Key]:
    namespace = obj["metadata"].get("namespace", "")
    return ((namespace, ""),) if namespace else (CLUSTER,)
