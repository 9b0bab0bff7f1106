"""Events are news: after a while they are forgotten."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.collection import Collection
from roadstead.apimachinery.served import ListOptions
from roadstead.base.values import Json
from roadstead.kube.status import StatusError
from roadstead.kube.time import NotATime, parse_time
from roadstead.resources.plain.events import last_seen

PAGE = 500


def utc_now() -> datetime:
    """The time."""
    return datetime.now(UTC)


class EventExpiry:
    """Removes events that were not seen again for a while."""

    def __init__(self, events: Collection, keep: timedelta, clock: Callable[[], datetime] = utc_now) -> None:
        self._events, self._keep, self._clock = events, keep, clock
        self._seen: int | None = None
        self._earliest: datetime | None = None

    async def step(self) -> int:
        """Removes what is due; returns how many that were. Reads nothing while nothing can be due."""
        now, changed = self._clock(), self._events.store.last_change(self._events.resource.key_resource)
        if changed == self._seen and (self._earliest is None or now < self._earliest + self._keep):
            return 0
        ask, options, gone = Ask.internal(now), ListOptions(limit=PAGE), 0
        self._earliest = None
        while True:
            page = await self._events.list(None, options, ask)
            for event in page.items:
                gone += await self._look(event, now, ask)
            if not page.continue_:
                break
            options = ListOptions(limit=PAGE, continue_=page.continue_)
        self._seen = self._events.store.last_change(self._events.resource.key_resource)
        return gone

    async def _look(self, event: Json, now: datetime, ask: Ask) -> int:
        seen = _last(event)
        if seen is None or seen > now - self._keep:
            self._earliest = min(filter(None, (self._earliest, seen)), default=None)
            return 0
        try:
            await self._events.delete(event["metadata"]["namespace"], event["metadata"]["name"], ask)
        except StatusError as meanwhile:
            if meanwhile.code not in (404, 409):
                raise
        return 1


def _last(event: Json) -> datetime | None:
    """When the event was last written or observed, whatever is later."""
    found = []
    for text in (last_seen(event), event["metadata"].get("creationTimestamp")):
        try:
            found.append(parse_time(str(text)))
        except NotATime:
            continue
    return max(found, default=None)
