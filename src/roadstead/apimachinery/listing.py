"""One page of a stored kind: selected, consistent, and with a token for the rest."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from roadstead.apimachinery.paging import (
    INCONSISTENT,
    TOO_OLD_TO_CONTINUE,
    TOO_OLD_TO_LIST,
    Token,
    invalid_token,
    read_token,
)
from roadstead.apimachinery.served import ListOptions, Page
from roadstead.apimachinery.shown import Shown
from roadstead.base.errors import Expired
from roadstead.kube import status
from roadstead.objects.log import Entry
from roadstead.objects.log import Page as Batch
from roadstead.objects.store import Store

if TYPE_CHECKING:
    from roadstead.apimachinery.collection import Collection

BATCH = 500
BYTES_AT_ONCE = 512 * 1024
"""Bytes of stored objects made ready to be shown without letting others have their turn."""
LONG = 5000
"""Objects from which on a list without a limit is not held in memory as a whole."""
FRESHNESS_SECONDS = 3.0
FRESHNESS_STEP_SECONDS = 0.05


async def fresh_enough(store: Store, revision: int) -> None:
    """Waits until the store has reached a revision; raises StatusError (504) when it does not soon."""
    deadline = asyncio.get_running_loop().time() + FRESHNESS_SECONDS
    while (current := store.revision()) < revision:
        if asyncio.get_running_loop().time() >= deadline:
            raise status.too_large_resource_version(revision, current)
        await asyncio.sleep(FRESHNESS_STEP_SECONDS)


@dataclass(slots=True)
class _Gathering:
    """A page in the making."""

    limit: int
    items: list[Shown] = field(default_factory=list)
    last: Entry | None = None
    at: int | None = None
    more: bool = False
    remaining: int = 0
    cut: bool = False
    """Whether the list is so long that what follows is better read while the beginning is being sent."""

    @property
    def full(self) -> bool:
        return bool(self.limit) and len(self.items) >= self.limit


async def page(collection: Collection, namespace: str | None, options: ListOptions) -> Page:
    """The page of a list that the options ask for; raises StatusError (400, 410, 504)."""
    token = (
        read_token(options.continue_, namespace if collection.resource.namespaced else "")
        if options.continue_
        else None
    )
    gathering = _Gathering(0 if options.revision == 0 else options.limit)
    gathering.at = await _revision_of(collection.store, token, options)
    if (name := options.name) is not None and token is None and not options.exact:
        if namespace is not None or not collection.resource.namespaced:
            return _only(collection, namespace or "", name, options)
    try:
        await _gather(collection, namespace, options, gathering, token)
    except Expired:
        raise _too_old(collection, token, namespace) from None
    return _page(collection, namespace, options, gathering)


async def _revision_of(store: Store, token: Token | None, options: ListOptions) -> int | None:
    """The revision the page must be of; None for the most recent."""
    if token is not None:
        if token.revision > store.revision():
            raise invalid_token("its resource version is in the future")
        return None if token.revision == INCONSISTENT else token.revision
    if options.revision:
        await fresh_enough(store, options.revision)
    return options.revision if options.exact else None


def _only(collection: Collection, namespace: str, name: str, options: ListOptions) -> Page:
    """A list that names its only candidate is a look-up."""
    revision = collection.store.revision()
    found = collection.store.get(collection.key(namespace, name))
    items = []
    if found is not None:
        shown = collection.showcase.at(found.key, found.revision, found.value)
        if options.selects(shown.object, collection.resource):
            items.append(shown)
    return Page(items, revision)


async def _gather(
    collection: Collection, namespace: str | None, options: ListOptions, into: _Gathering, token: Token | None
) -> None:
    after = (token.namespace, token.name) if token is not None else None
    resource = collection.resource
    while True:
        # Without selectors the store cuts exactly where the page ends; with them, we do.
        most = min(BATCH, into.limit - len(into.items)) if into.limit and not options.selective else BATCH
        batch = await collection.store.list(resource.key_resource, namespace, after=after, limit=most, at=into.at)
        into.at = batch.revision
        await _take(collection, batch, options, into)
        into.cut = not into.limit and batch.more and len(into.items) >= LONG
        if into.cut or into.full or not batch.more or into.last is None:
            return
        after = (into.last.key.namespace, into.last.key.name)
        await asyncio.sleep(0)


async def _take(collection: Collection, batch: Batch, options: ListOptions, into: _Gathering) -> None:
    size = 0
    for index, entry in enumerate(batch.entries):
        size += len(entry.value)
        if size > BYTES_AT_ONCE:
            size = 0
            await asyncio.sleep(0)
        into.last = entry
        shown = collection.showcase.at(entry.key, entry.revision, entry.value)
        if not options.selective or options.selects(shown.object, collection.resource):
            into.items.append(shown)
        if into.full:
            left = len(batch.entries) - index - 1
            into.more, into.remaining = batch.more or left > 0, batch.remaining + left
            return
    into.more, into.remaining = batch.more, batch.remaining


async def _rest(
    collection: Collection, namespace: str | None, options: ListOptions, made: _Gathering
) -> AsyncIterator[list[Shown]]:
    """What follows the beginning of a long list, batch by batch; raises StatusError (410) when it takes too long."""
    last = made.last
    while last is not None:
        batch = _Gathering(0, at=made.at)
        after = (last.key.namespace, last.key.name)
        try:
            entries = await collection.store.list(
                collection.resource.key_resource, namespace, after=after, limit=BATCH, at=made.at
            )
        except Expired:
            raise status.expired(TOO_OLD_TO_LIST) from None
        await _take(collection, entries, options, batch)
        yield batch.items
        last = batch.last if entries.more else None


def _page(collection: Collection, namespace: str | None, options: ListOptions, made: _Gathering) -> Page:
    revision = made.at if made.at is not None else collection.store.revision()
    if made.cut:
        return Page(made.items, revision, rest=_rest(collection, namespace, options, made))
    if not made.more or made.last is None or not made.full:
        return Page(made.items, revision)
    place = Token(revision, made.last.key.namespace, made.last.key.name)
    scoped = namespace is not None or not collection.resource.namespaced
    return Page(made.items, revision, place.text(scoped=scoped), None if options.selective else made.remaining)


def _too_old(collection: Collection, token: Token | None, namespace: str | None) -> status.StatusError:
    if token is None:
        return status.expired(TOO_OLD_TO_LIST)
    scoped = namespace is not None or not collection.resource.namespaced
    successor = Token(INCONSISTENT, token.namespace, token.name)
    return status.expired(TOO_OLD_TO_CONTINUE, successor.text(scoped=scoped))
