"""Namespaces that are being deleted are emptied to the end, whoever began it and whatever came between."""

from __future__ import annotations

from roadstead.controllers.clock import REAL, Clock
from roadstead.controllers.lease import Lease
from roadstead.controllers.loop import Loop, Watched, itself
from roadstead.controllers.queue import Key
from roadstead.resources.namespaces import TERMINATING, Namespaces

LOOK_AGAIN_SECONDS = 3.0
"""How long something whose finalizers were taken may go on holding its namespace."""


class NamespaceEnds:
    """One key for each namespace; only those that are Terminating have work."""

    def __init__(self, namespaces: Namespaces, *, clock: Clock = REAL) -> None:
        self._namespaces, self._clock = namespaces, clock

    def loop(self, lease: Lease | None = None) -> Loop:
        """The loop that empties them."""
        watched = [Watched(self._namespaces, itself)]
        return Loop("namespace ends", watched, self.reconcile, workers=2, lease=lease, clock=self._clock)

    async def reconcile(self, key: Key) -> float | None:
        """Goes on where whoever deleted the namespace stopped."""
        namespace = self._namespaces.peek("", key[1])
        if namespace is None or (namespace.get("status") or {}).get("phase") != TERMINATING:
            return None
        gone = await self._namespaces.finish(key[1], self._clock.now())
        return None if gone else LOOK_AGAIN_SECONDS
