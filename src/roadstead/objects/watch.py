"""One tail of the log, many bounded listeners; one that lags is closed, never waited for."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from roadstead.base.errors import Expired, Failure
from roadstead.objects.log import Change, Log

HISTORY_PAGE = 64
"""Changes read from the log at once by a listener that catches up: what one may hold in memory."""


class Hub:
    """Hands each commit to the listeners it concerns."""

    def __init__(self, log: Log, bound: int) -> None:
        """`bound`: changes a listener may lag behind."""
        self.log = log
        self.bound = bound
        self.revision = log.revision()
        self._listeners: defaultdict[str | None, set[Listener]] = defaultdict(set)
        self._closed = False
        log.follow(self._spread)

    def listen(self, resource: str | None, after: int) -> "Listener":
        """A listener to the changes of a resource (None: of all) behind the revision `after`."""
        listener = Listener(self, resource, after)
        if after >= self.revision:
            self.admit(listener)
        return listener

    def admit(self, listener: "Listener") -> None:
        """Hands `listener` everything from now on; it has seen all before."""
        if self._closed:
            listener.close()
            return
        listener.live = True
        self._listeners[listener.resource].add(listener)

    def dismiss(self, listener: "Listener") -> None:
        """Forgets a listener; harmless when it is unknown."""
        listeners = self._listeners.get(listener.resource, set())
        listeners.discard(listener)
        if not listeners:
            self._listeners.pop(listener.resource, None)

    def close(self) -> None:
        """Ends every listener, and each that comes later."""
        self._closed = True
        for listener in [each for listeners in self._listeners.values() for each in listeners]:
            listener.close()

    def _spread(self, changes: Sequence[Change]) -> None:
        self.revision = changes[-1].revision
        for change in changes:
            # A copy, because a listener that lags leaves in the middle.
            for listener in (*self._listeners.get(change.key.resource, ()), *self._listeners.get(None, ())):
                listener.take(change)


class Listener:
    """The changes behind a revision, one by one: `async for change in listener`.

    It reads history from the log at its reader's pace. Once it has caught up, it stands in the hub and is handed what
    happens, up to its bound. The step from one to the other happens without giving the event loop away, so nothing can
    slip between. Iterating raises Expired when the listener lagged or its history was compacted; it ends when the
    listener or the store is closed. Giving up on a change (a timeout) loses nothing: the next call returns it.
    """

    def __init__(self, hub: Hub, resource: str | None, after: int) -> None:
        self.resource = resource
        self._hub = hub
        self._queue: deque[Change] = deque()
        self._position = after
        self.live = False
        """Whether the hub hands changes over; set by the hub."""
        self._end: Failure | StopAsyncIteration | None = None
        self._arrival: asyncio.Future[None] | None = None

    @property
    def revision(self) -> int:
        """Everything that concerns this listener up to this revision has been handed out (for bookmarks)."""
        if self._queue:
            return self._queue[0].revision - 1
        return max(self._position, self._hub.revision) if self.live else self._position

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Change:
        while not self._queue:
            if self._end is not None:
                raise self._end
            if self.live:
                await self._wait()
            elif self._position >= self._hub.revision:
                self._hub.admit(self)
            else:
                await self._read_history()
        return self._queue.popleft()

    async def _wait(self) -> None:
        self._arrival = asyncio.get_running_loop().create_future()
        try:
            await self._arrival
        finally:
            self._arrival = None

    async def _read_history(self) -> None:
        try:
            changes = await self._hub.log.changes(self._position, HISTORY_PAGE)
        except Failure as failure:
            self._finish(failure)
            return
        self._position = changes[-1].revision
        self._queue.extend(change for change in changes if self.resource in (None, change.key.resource))

    def take(self, change: Change) -> None:
        """For the hub: one more change, or the end when the reader is too far behind."""
        if change.revision <= self._position:
            return
        if len(self._queue) >= self._hub.bound:
            self._queue.clear()
            self._finish(Expired(f"too old resource version: {self._position} ({change.revision}): the watch lagged"))
            return
        self._queue.append(change)
        self._position = change.revision
        self._wake()

    def close(self) -> None:
        """Ends the iteration, after what is already waiting. Harmless when repeated."""
        if self._end is None:
            self._finish(StopAsyncIteration())

    def _finish(self, end: Failure | StopAsyncIteration) -> None:
        self._end = end
        self._hub.dismiss(self)
        self._wake()

    def _wake(self) -> None:
        if self._arrival is not None and not self._arrival.done():
            self._arrival.set_result(None)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
