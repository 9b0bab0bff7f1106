"""Who of several equal processes does the work: a lease, one more object in the log."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import datetime

from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.collection import Collection
from roadstead.base.errors import Failure
from roadstead.base.observe import logger
from roadstead.base.values import Json
from roadstead.controllers.clock import REAL, Clock
from roadstead.kube.status import StatusError

DURATION_SECONDS = 30.0
"""How long a holder that says nothing more is believed to be at work."""
MARGIN = 2 / 3
"""The part of its time after which a holder that could not renew stops working: clocks do not run alike."""
RETRY_SECONDS = 10.0
"""How often the lease is renewed, or tried for."""


class Lease:
    """A `coordination.k8s.io/v1` Lease. `run` it once; any number of loops may ask whether it is held.

    A holder is taken for dead when its record has not changed for as long as it promised, measured by our own clock
    from when we saw it, so that the clocks of two machines need not agree. A process that comes back under the same
    `holder` goes on at once.
    """

    def __init__(
        self,
        leases: Collection,
        namespace: str,
        name: str,
        holder: str,
        *,
        clock: Clock = REAL,
        duration_seconds: float = DURATION_SECONDS,
    ) -> None:
        self._leases, self._namespace, self._name, self.holder = leases, namespace, name, holder
        self._clock, self._duration = clock, duration_seconds
        self._good_until = float("-inf")
        self._seen: tuple[str, float] = ("", 0.0)
        self._acquired, self._lost = asyncio.Event(), asyncio.Event()

    def held(self) -> bool:
        """Whether we may work at this moment."""
        return self._clock.seconds() < self._good_until

    async def acquired(self) -> None:
        """Returns once the lease is ours."""
        while not self.held():
            self._acquired.clear()
            await self._acquired.wait()

    async def lost(self) -> None:
        """Returns once the lease is not ours any more."""
        while self.held():
            waiting = asyncio.ensure_future(self._lost.wait())
            ending = asyncio.ensure_future(self._clock.sleep(self._good_until - self._clock.seconds()))
            try:
                await asyncio.wait((waiting, ending), return_when=asyncio.FIRST_COMPLETED)
            finally:
                waiting.cancel()
                ending.cancel()

    async def run(self) -> None:
        """Takes the lease when it is free and renews it, until cancelled; then gives it back."""
        try:
            while True:
                await self.step()
                await self._clock.sleep(RETRY_SECONDS * self._duration / DURATION_SECONDS)
        finally:
            await self._release()

    async def step(self) -> None:
        """Renews the lease, or takes it when nobody has it."""
        began = self._clock.seconds()
        try:
            ours = await self._take(began)
        except Failure as failure:
            if not isinstance(failure, StatusError) or failure.code != 409:
                logger().warning("the lease could not be renewed", lease=self._name, error=failure.message)
            return
        if ours:
            self._good_until = began + self._duration * MARGIN
            self._acquired.set()
        else:
            self._give_up()

    async def _take(self, began: float) -> bool:
        """Writes our name into the lease if we may; raises StatusError (409) when somebody was faster."""
        now = self._clock.now()
        found = self._leases.peek(self._namespace, self._name)
        if found is None:
            body: Json = {"metadata": {"name": self._name}, "spec": self._spec({}, now)}
            await self._leases.create(self._namespace, body, Ask.internal(now))
            return True
        spec = found.get("spec") or {}
        if spec.get("holderIdentity") and spec["holderIdentity"] != self.holder:
            revision = found["metadata"]["resourceVersion"]
            if revision != self._seen[0]:
                self._seen = revision, began
            if began < self._seen[1] + float(spec.get("leaseDurationSeconds") or self._duration):
                return False
        changed = {**found, "spec": self._spec(spec, now)}
        await self._leases.update(self._namespace, self._name, changed, Ask.internal(now))
        return True

    def _spec(self, before: Json, now: datetime) -> Json:
        ours = before.get("holderIdentity") == self.holder
        stamp = now.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        turns = int(before.get("leaseTransitions") or 0)
        return {
            "holderIdentity": self.holder,
            "leaseDurationSeconds": max(1, round(self._duration)),
            "acquireTime": before.get("acquireTime", stamp) if ours else stamp,
            "renewTime": stamp,
            "leaseTransitions": turns if ours or not before else turns + 1,
        }

    def _give_up(self) -> None:
        self._good_until = float("-inf")
        self._lost.set()
        self._lost.clear()

    async def _release(self) -> None:
        """Lets the next one start at once instead of waiting for our time to run out."""
        if not self.held():
            return
        self._give_up()
        found = self._leases.peek(self._namespace, self._name)
        if found is None or (found.get("spec") or {}).get("holderIdentity") != self.holder:
            return
        freed = {**found, "spec": {**found["spec"], "holderIdentity": "", "leaseDurationSeconds": 1}}
        with contextlib.suppress(Failure):
            await self._leases.update(self._namespace, self._name, freed, Ask.internal(self._clock.now()))
