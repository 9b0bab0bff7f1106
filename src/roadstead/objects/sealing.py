"""A log that keeps the values of chosen resources encrypted; whoever reads and writes through it does not notice."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import replace

from roadstead.base.errors import Expired, Failure
from roadstead.objects.log import Change, Entry, Follower, Key, Log, Page, Write, WriteConflict
from roadstead.objects.sealkeys import SealKeys, Unsealable, is_sealed, key_id_of

PAGE = 500
UNREADABLE = b'{"metadata":{}}'
"""Stands for a change that does not open, where nobody could be told otherwise."""


class SealedLog:
    """A `Log` over another. A value that was written before its resource was chosen is read as it is.

    Names, namespaces, revisions and sizes stay readable on disk; values do not.
    """

    def __init__(self, log: Log, keys: SealKeys, resources: Collection[str]) -> None:
        """`resources` are those whose values are encrypted."""
        self._log, self._keys, self._resources = log, keys, frozenset(resources)
        self._followers: list[Follower] = []

    def get(self, key: Key) -> Entry | None:
        """See `ReadableLog.get`; raises Unsealable."""
        found = self._log.get(key)
        return found if found is None or key.resource not in self._resources else self._opened(found)

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
        """See `ReadableLog.list`; raises Unsealable, and Expired for a past that no key opens any more."""
        page = await self._log.list(resource, namespace, prefix=prefix, after=after, limit=limit, at=at)
        if resource not in self._resources:
            return page
        try:
            return replace(page, entries=[self._opened(each) for each in page.entries])
        except Unsealable as lost:
            if at is None:
                raise
            raise Expired(lost.message) from None

    async def changes(self, after: int, limit: int) -> Sequence[Change]:
        """See `ReadableLog.changes`; raises Expired for a past that no key opens any more."""
        try:
            return [self._opened_change(each) for each in await self._log.changes(after, limit)]
        except Unsealable as lost:
            raise Expired(lost.message) from None

    def revision(self, resource: str | None = None) -> int:
        """See `ReadableLog.revision`."""
        return self._log.revision(resource)

    def compacted(self) -> int:
        """See `ReadableLog.compacted`."""
        return self._log.compacted()

    async def fresh(self) -> None:
        """See `ReadableLog.fresh`."""
        await self._log.fresh()

    async def append(self, writes: Sequence[Write]) -> Sequence[int]:
        """See `Log.append`."""
        return await self._log.append([self._sealed(each) for each in writes])

    async def compact(self, before: int) -> None:
        """See `Log.compact`."""
        await self._log.compact(before)

    def follow(self, follower: Follower) -> None:
        """See `Log.follow`. However many follow, a change is opened once."""
        if not self._followers:
            self._log.follow(self._spread)
        self._followers.append(follower)

    async def close(self) -> None:
        """See `Log.close`."""
        await self._log.close()

    async def check(self) -> None:
        """Raises Failure when something that lives does not open: a server must not start with the wrong keys."""
        for resource in sorted(self._resources):
            async for entry in self._raw(resource):
                self._opened(entry)

    async def renew(self) -> int:
        """Encrypts anew whatever lives under an older key, or under none; returns how many values that were."""
        current, renewed = self._keys.ring.current, 0
        for resource in sorted(self._resources):
            async for entry in self._raw(resource):
                if is_sealed(entry.value) and key_id_of(entry.value) == current:
                    continue
                try:
                    await self.append([Write(entry.key, self._opened(entry).value, entry.revision)])
                    renewed += 1
                except WriteConflict:
                    pass  # somebody has just written it, under the current key
        return renewed

    async def _raw(self, resource: str) -> AsyncIterator[Entry]:
        after: tuple[str, str] | None = None
        while True:
            page = await self._log.list(resource, after=after, limit=PAGE)
            for entry in page.entries:
                yield entry
            if not page.more:
                return
            after = (page.entries[-1].key.namespace, page.entries[-1].key.name)

    def _spread(self, changes: Sequence[Change]) -> None:
        opened = [self._told(each) for each in changes]
        for follower in self._followers:
            follower(opened)

    def _told(self, change: Change) -> Change:
        try:
            return self._opened_change(change)
        except Failure as lost:
            logging.getLogger("roadstead").error("a change cannot be read: %s", lost.message)
            return replace(change, value=UNREADABLE, previous=change.previous and UNREADABLE)

    def _sealed(self, write: Write) -> Write:
        if write.value is None or write.key.resource not in self._resources:
            return write
        return replace(write, value=self._keys.seal(write.value, _place(write.key)))

    def _opened(self, entry: Entry) -> Entry:
        return replace(entry, value=self._open(entry.key, entry.value))

    def _opened_change(self, change: Change) -> Change:
        if change.key.resource not in self._resources:
            return change
        previous = None if change.previous is None else self._open(change.key, change.previous)
        return replace(change, value=self._open(change.key, change.value), previous=previous)

    def _open(self, key: Key, value: bytes) -> bytes:
        if not is_sealed(value):
            return value
        return self._keys.open(value, _place(key), f"{key.resource} {key.namespace}/{key.name}")


def _place(key: Key) -> bytes:
    return "\0".join((key.resource, key.namespace, key.name)).encode()
