"""The log as the rooms above use it: the same reads and writes, and listeners to what changes."""

from collections.abc import Sequence

from roadstead.objects.log import Change, Entry, Follower, Key, Log, Page, Write
from roadstead.objects.watch import Hub, Listener


class Store:
    """One log with its listeners. Everything here is called from the event loop that writes."""

    def __init__(self, log: Log, *, watch_queue: int = 1000) -> None:
        """`watch_queue`: changes a listener may lag behind before it is closed."""
        self._log = log
        self._hub = Hub(log, watch_queue)

    def get(self, key: Key) -> Entry | None:
        """See `ReadableLog.get`."""
        return self._log.get(key)

    async def list(
        self,
        resource: str,
        namespace: str | None = None,
        *,
        prefix: str = "",
        after: tuple[str, str] | None = None,
        limit: int = 0,
        at: int | None = None,
    ) -> Page:
        """See `ReadableLog.list`."""
        return await self._log.list(resource, namespace, prefix=prefix, after=after, limit=limit, at=at)

    async def fresh(self) -> None:
        """See `ReadableLog.fresh`."""
        await self._log.fresh()

    async def changes(self, after: int, limit: int) -> Sequence[Change]:
        """See `ReadableLog.changes`."""
        return await self._log.changes(after, limit)

    async def append(self, writes: Sequence[Write]) -> Sequence[int]:
        """See `Log.append`. Listeners know of the changes when this returns."""
        return await self._log.append(writes)

    def revision(self) -> int:
        """The revision of the latest change of all."""
        return self._log.revision()

    def compacted(self) -> int:
        """The revision before which nothing can be listed or watched any more."""
        return self._log.compacted()

    def last_change(self, resource: str) -> int:
        """The revision of the latest change of a resource, deletions included; 0 when there never was one."""
        return self._log.revision(resource)

    def watch(self, resource: str | None, after: int) -> Listener:
        """Every change behind the revision `after`, of one resource or (None) of all; none lost, none doubled."""
        return self._hub.listen(resource, after)

    def follow(self, follower: Follower) -> None:
        """See `Log.follow`; for what must see every change and never waits."""
        self._log.follow(follower)

    async def compact(self, before: int) -> None:
        """See `Log.compact`."""
        await self._log.compact(before)

    def end_watches(self) -> None:
        """Ends every listener, as `close` does first: those who wait for changes learn that no more will come."""
        self._hub.close()

    async def close(self) -> None:
        """Ends every listener, then closes the log."""
        self._hub.close()
        await self._log.close()
