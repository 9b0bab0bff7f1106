"""What a loop still has to see to: each key once, the ones that failed later."""

from __future__ import annotations

import asyncio
import heapq

from roadstead.controllers.clock import Clock

Key = tuple[str, str]
"""Namespace and name; the namespace of cluster-scoped objects is ""."""

FIRST_DELAY_SECONDS, LONGEST_DELAY_SECONDS = 1.0, 30.0


class WorkQueue:
    """Keys in the order they came. A key is in it once, and never handed to two workers at the same time: what comes
    while it is worked on makes it come again afterwards.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ready: asyncio.Queue[Key] = asyncio.Queue()
        self._listed: set[Key] = set()
        self._busy: set[Key] = set()
        self._due: dict[Key, float] = {}
        self._timers: list[tuple[float, Key]] = []
        self._timers_changed = asyncio.Event()
        self._failures: dict[Key, int] = {}

    def add(self, key: Key) -> None:
        """The key is to be worked on."""
        if key in self._listed:
            return
        self._listed.add(key)
        if key not in self._busy:
            self._ready.put_nowait(key)

    def add_after(self, key: Key, seconds: float) -> None:
        """The key is to be worked on after so many seconds, whatever was said about it before."""
        self._due[key] = self._clock.seconds() + seconds
        heapq.heappush(self._timers, (self._due[key], key))
        self._timers_changed.set()

    async def take(self) -> Key:
        """The next key; `succeeded` or `failed` must follow."""
        key = await self._ready.get()
        self._listed.discard(key)
        self._busy.add(key)
        return key

    def succeeded(self, key: Key, again_after: float | None) -> None:
        """The key was worked on; `again_after` is when it is due by itself, None: not at all."""
        self._failures.pop(key, None)
        self._due.pop(key, None)
        if again_after is not None:
            self.add_after(key, again_after)
        self._free(key)

    def failed(self, key: Key) -> float:
        """The key was not done; returns after how many seconds it comes again, twice as long each time in a row."""
        before = self._failures[key] = self._failures.get(key, 0) + 1
        delay = min(LONGEST_DELAY_SECONDS, FIRST_DELAY_SECONDS * 2.0 ** min(before - 1, 10))
        self.add_after(key, delay)
        self._free(key)
        return delay

    def _free(self, key: Key) -> None:
        self._busy.discard(key)
        if key in self._listed:
            self._ready.put_nowait(key)

    async def run_timers(self) -> None:
        """Makes keys come when they are due; for ever."""
        while True:
            self._timers_changed.clear()
            self._promote()
            if not self._timers:
                await self._timers_changed.wait()
            else:
                await self._sleep_until(self._timers[0][0])

    def _promote(self) -> None:
        now = self._clock.seconds()
        while self._timers and self._timers[0][0] <= now:
            due, key = heapq.heappop(self._timers)
            if self._due.get(key) == due:
                del self._due[key]
                self.add(key)

    async def _sleep_until(self, due: float) -> None:
        sleeping = asyncio.ensure_future(self._clock.sleep(due - self._clock.seconds()))
        changed = asyncio.ensure_future(self._timers_changed.wait())
        try:
            await asyncio.wait((sleeping, changed), return_when=asyncio.FIRST_COMPLETED)
        finally:
            # Not waited for: whoever cancels us meanwhile would go unheard.
            sleeping.cancel()
            changed.cancel()
