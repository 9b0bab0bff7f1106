"""Custom resource definitions: a name that became free is given, and who deletes a definition deletes its objects."""

from __future__ import annotations

from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.served import ListOptions
from roadstead.controllers.clock import REAL, Clock
from roadstead.controllers.lease import Lease
from roadstead.controllers.loop import Loop, Watched, itself
from roadstead.controllers.queue import Key
from roadstead.resources import customnames
from roadstead.resources.customkinds import CustomKinds

AGAIN_SECONDS = 1.0
"""How long to wait for objects that have finalizers of their own."""


class CustomDefinitions:
    """One key for each definition."""

    def __init__(self, kinds: CustomKinds, *, clock: Clock = REAL) -> None:
        self._kinds, self._clock = kinds, clock
        self._loop: Loop | None = None

    def loop(self, lease: Lease | None = None) -> Loop:
        """The loop that sees to them."""
        watched = (Watched(self._kinds.collection, itself),)
        self._loop = Loop("custom resource definitions", watched, self.reconcile, lease=lease, clock=self._clock)
        return self._loop

    async def reconcile(self, key: Key) -> float | None:
        """Brings the status up to date, or clears away what a definition leaves behind."""
        name = key[1]
        crd = self._kinds.collection.peek("", name)
        if crd is None:
            self._others_may_have_the_name()
            return None
        ask = Ask.internal(self._clock.now())
        if crd["metadata"].get("deletionTimestamp") and customnames.FINALIZER in crd["metadata"].get("finalizers", []):
            if not await self._emptied(name, ask):
                await self._settle_status(name, ask)
                return AGAIN_SECONDS
            crd = self._kinds.collection.peek("", name)
            if crd is not None:
                crd["metadata"]["finalizers"].remove(customnames.FINALIZER)
                await self._kinds.collection.settle(name, crd, ask)
            return None
        await self._settle_status(name, ask)
        return None

    async def _settle_status(self, name: str, ask: Ask) -> None:
        crd = self._kinds.collection.peek("", name)
        if crd is None:
            return
        wanted = self._kinds.status_of(crd, ask.now)
        if wanted != crd.get("status"):
            await self._kinds.collection.settle(name, {**crd, "status": wanted}, ask)

    async def _emptied(self, name: str, ask: Ask) -> bool:
        stored = self._kinds.stored_in(name)
        if stored is None:
            return True
        await stored.delete_collection(None, ListOptions(), ask)
        return not (await stored.list(None, ListOptions(limit=1), ask)).items

    def _others_may_have_the_name(self) -> None:
        for name, crd in self._kinds.definitions.items():
            if self._loop is not None and not customnames.established(crd):
                self._loop.add(("", name))
