"""Reconcile loops: when one of these objects changes, see to those keys; again after a failure, and when asked to."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from roadstead.apimachinery.collection import Collection
from roadstead.base.errors import Expired, Failure
from roadstead.base.observe import logger
from roadstead.base.values import Json
from roadstead.controllers.clock import REAL, Clock
from roadstead.controllers.lease import Lease
from roadstead.controllers.queue import FIRST_DELAY_SECONDS, Key, WorkQueue
from roadstead.kube.status import StatusError
from roadstead.objects.log import Change, Entry

PAGE = 500

KeysOf = Callable[[Json], Iterable[Key]]
Reconcile = Callable[[Key], Awaitable[float | None]]
"""Sees to one key; returns the seconds after which to come again, None: when something changes."""


@dataclass(frozen=True, slots=True)
class Watched:
    """A kind whose changes matter. `key_of` gets the stored form of an object and names the keys to see to; of a change
    it is asked twice, about the state before and after, and of a deletion about the last state.

    `mentions` is text without which the JSON of an object cannot matter: most changes are then passed over unread.
    """

    collection: Collection
    key_of: KeysOf
    mentions: bytes = b""


class Feed(Protocol):
    """Another source of keys than the changes of a kind."""

    @property
    def name(self) -> str:
        """What log lines call it."""
        ...

    async def follow(self, add: Callable[[Key], None]) -> None:
        """Hands over keys until the store is closed; raises Expired to start over."""
        ...


def itself(obj: Json) -> Iterable[Key]:
    """The key of the object: what `Watched.key_of` usually is."""
    metadata = obj["metadata"]
    return ((metadata.get("namespace", ""), metadata["name"]),)


class Loop:
    """Sees to every key once at the start and whenever something about it changes.

    `reconcile` is called for one key at a time, for `workers` keys side by side. What it raises is logged in one line,
    and the key comes again after 1 s, then twice as long each time, up to 30 s. `resync_seconds` makes every key come
    again now and then. With a `lease`, nothing happens but while it is held.
    """

    def __init__(
        self,
        name: str,
        watched: Sequence[Watched | Feed],
        reconcile: Reconcile,
        *,
        workers: int = 1,
        resync_seconds: float | None = None,
        lease: Lease | None = None,
        clock: Clock = REAL,
    ) -> None:
        self.name = name
        self._watched, self._reconcile, self._workers = watched, reconcile, workers
        self._resync_seconds, self._lease, self._clock = resync_seconds, lease, clock
        self._queue: WorkQueue | None = None

    def add(self, key: Key, after: float = 0.0) -> None:
        """Makes a key come without anything having changed; does nothing while the loop is not at work."""
        if self._queue is not None:
            self._queue.add_after(key, after) if after else self._queue.add(key)

    async def run(self) -> None:
        """Works until it is cancelled, or the store is closed."""
        while True:
            if self._lease is not None:
                await self._lease.acquired()
            if not await self._work():
                return

    async def _work(self) -> bool:
        """Works until the lease is lost (True) or the store is closed (False)."""
        queue = self._queue = WorkQueue(self._clock)
        feeds = [self._feed(each, queue) for each in self._watched]
        endless: list[Coroutine[Any, Any, None]] = [queue.run_timers()]
        endless += [self._worker(queue) for _ in range(self._workers)]
        if self._resync_seconds is not None:
            endless.append(self._resync(self._resync_seconds, queue))
        lost = asyncio.ensure_future(self._lease.lost() if self._lease is not None else asyncio.Event().wait())
        tasks = [lost, *(asyncio.ensure_future(each) for each in (*feeds, *endless))]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
            return lost in done
        finally:
            self._queue = None
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _worker(self, queue: WorkQueue) -> None:
        while True:
            key = await queue.take()
            if self._lease is not None and not self._lease.held():
                await self._lease.acquired()
            try:
                again = await self._reconcile(key)
            except Exception as fault:
                self._tell(key, fault, queue.failed(key))
            else:
                queue.succeeded(key, again)

    def _tell(self, key: Key, fault: Exception, again: float) -> None:
        faster = isinstance(fault, StatusError) and fault.reason == "Conflict"
        if faster and again <= FIRST_DELAY_SECONDS:
            # As happens; the next try sees what they wrote.
            logger().debug("reconcile again", loop=self.name, namespace=key[0], object=key[1], again_in=again)
            return
        expected = isinstance(fault, Failure)
        logger().warning(
            "reconcile failed",
            loop=self.name,
            namespace=key[0],
            object=key[1],
            error=str(fault) if expected else f"{type(fault).__name__}: {fault}",
            again_in=again,
            exc_info=not expected,
        )

    async def _feed(self, source: Watched | Feed, queue: WorkQueue) -> None:
        """Hands over the keys of what is there and of what changes, until the store is closed."""
        what = source.collection.resource.kind if isinstance(source, Watched) else source.name
        while True:
            try:
                if isinstance(source, Watched):
                    await self._follow(source, queue)
                else:
                    await source.follow(queue.add)
                return
            except Expired:
                # Too far behind to know what changed: everything is looked at again.
                logger().info("a loop starts over", loop=self.name, kind=what)
            except Exception as fault:
                self._tell(("", what), fault, FIRST_DELAY_SECONDS)
            await self._clock.sleep(FIRST_DELAY_SECONDS)

    async def _follow(self, watched: Watched, queue: WorkQueue) -> None:
        revision = await self._list(watched, queue)
        collection = watched.collection
        async with collection.store.watch(collection.resource.key_resource, revision) as changes:
            async for change in changes:
                self._changed(watched, change, queue)

    async def _list(self, watched: Watched, queue: WorkQueue) -> int:
        """Every key there is, as of the revision returned."""
        collection = watched.collection
        after: tuple[str, str] | None = None
        revision: int | None = None
        while True:
            page = await collection.store.list(collection.resource.key_resource, after=after, limit=PAGE, at=revision)
            revision = page.revision
            for entry in page.entries:
                if watched.mentions in entry.value:
                    self._ask(watched, entry, queue)
            if not page.more:
                return revision
            after = page.entries[-1].key.namespace, page.entries[-1].key.name

    def _changed(self, watched: Watched, change: Change, queue: WorkQueue) -> None:
        if watched.mentions not in change.value and watched.mentions not in (change.previous or b""):
            return
        self._ask(watched, Entry(change.key, change.revision, change.value), queue)
        if change.type == "MODIFIED" and change.previous is not None:
            self._ask(watched, Entry(change.key, change.revision, change.previous), queue)

    def _ask(self, watched: Watched, entry: Entry, queue: WorkQueue) -> None:
        if watched.key_of is itself:
            queue.add((entry.key.namespace, entry.key.name))
            return
        try:
            for key in watched.key_of(watched.collection.stored(entry)):
                queue.add(key)
        except Exception as fault:
            # One object nobody foresaw must not stop the others.
            self._tell((entry.key.namespace, entry.key.name), fault, 0.0)

    async def _resync(self, seconds: float, queue: WorkQueue) -> None:
        while True:
            await self._clock.sleep(seconds)
            for watched in self._watched:
                if not isinstance(watched, Watched):
                    continue
                try:
                    await self._list(watched, queue)
                except Failure as failure:
                    self._tell(("", watched.collection.resource.kind), failure, seconds)
