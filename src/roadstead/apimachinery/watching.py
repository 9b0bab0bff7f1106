"""A stored kind as a stream of events: first state, changes, bookmarks, and an honest end."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import TYPE_CHECKING

from roadstead.apimachinery import listing
from roadstead.apimachinery.ending import Ending
from roadstead.apimachinery.served import Event, ListOptions
from roadstead.apimachinery.shown import Shown
from roadstead.base.errors import Expired
from roadstead.base.values import Json
from roadstead.kube import status
from roadstead.objects.log import Change
from roadstead.objects.watch import Listener

if TYPE_CHECKING:
    from roadstead.apimachinery.collection import Collection

BOOKMARK_SECONDS = 59.5
SHORTEST_SECONDS, LONGEST_SECONDS = 1800.0, 3600.0
"""A watch that names no timeout ends somewhere in between, so that clients do not all return at once."""
FIRST_STATE_PAGE = 500
INITIAL_EVENTS_END = "k8s.io/initial-events-end"


async def events(
    collection: Collection, namespace: str | None, options: ListOptions, ending: Ending | None = None
) -> AsyncIterator[Event]:
    """The events of a kind in a namespace (None: in all), as image-api contract, section 16.5 has them, until their
    time is over or `ending` says so."""
    loop = asyncio.get_running_loop()
    end = loop.time() + (options.timeout_seconds or random.uniform(SHORTEST_SECONDS, LONGEST_SECONDS))
    after = options.revision or 0
    if not options.revision or options.send_initial_events:
        async for shown, revision in _first_state(collection, namespace, options):
            after = revision
            if ending is not None and ending.over:
                return
            if shown is not None:
                yield Event("ADDED", shown)
        if options.send_initial_events and options.bookmarks:
            yield _bookmark(collection, after, {INITIAL_EVENTS_END: "true"})
    listener = collection.store.watch(collection.resource.key_resource, after)
    if ending is not None:
        ending.on_end(listener.close)
    try:
        async for change in _until(listener, end, BOOKMARK_SECONDS if options.bookmarks else None):
            if change is None:
                yield _bookmark(collection, listener.revision)
            elif (event := event_of(collection, change, namespace, options)) is not None:
                yield event
    except Expired:
        text = f"too old resource version: {after} ({collection.store.compacted()})"
        yield Event("ERROR", Shown.of(status.expired(text).status))
    finally:
        listener.close()


async def _until(listener: Listener, end: float, bookmark_seconds: float | None) -> AsyncIterator[Change | None]:
    """The changes until the loop's clock says `end`; None whenever a bookmark is due."""
    clock = asyncio.get_running_loop().time
    bookmark_at = clock() + bookmark_seconds if bookmark_seconds else end
    while (now := clock()) < end:
        if bookmark_seconds and now >= bookmark_at:
            bookmark_at = now + bookmark_seconds
            yield None
        try:
            async with asyncio.timeout_at(min(end, bookmark_at)):
                change = await anext(listener)
        except TimeoutError:
            continue
        except StopAsyncIteration:
            return
        yield change


async def _first_state(
    collection: Collection, namespace: str | None, options: ListOptions
) -> AsyncIterator[tuple[Shown | None, int]]:
    """Every selected object with the revision of the whole; that revision alone when there is none."""
    if options.revision:
        await listing.fresh_enough(collection.store, options.revision)
    asked = ListOptions(labels=options.labels, fields=options.fields, limit=FIRST_STATE_PAGE)
    while True:
        page = await listing.page(collection, namespace, asked)
        revision = page.revision or 0
        yield None, revision
        for shown in page.items:
            yield shown, revision
        if not page.continue_:
            return
        asked = replace(asked, continue_=page.continue_)


def event_of(collection: Collection, change: Change, namespace: str | None, options: ListOptions) -> Event | None:
    """What a change means to a watcher with these selectors: leaving the selection is DELETED, entering it ADDED."""
    key = change.key
    if (namespace is not None and key.namespace != namespace) or options.name not in (None, key.name):
        return None
    shown = collection.showcase.at(key, change.revision, change.value)
    if not options.selective:
        return Event(change.type, shown)
    matches = options.selects(collection.showcase.decoded(shown), collection.resource)
    if change.type != "MODIFIED" or change.previous is None:
        return Event(change.type, shown) if matches else None
    before = collection.showcase.at(key, change.revision, change.previous, previous=True)
    matched = options.selects(collection.showcase.decoded(before), collection.resource)
    if matches:
        return Event("MODIFIED" if matched else "ADDED", shown)
    return Event("DELETED", before) if matched else None


def _bookmark(collection: Collection, revision: int, annotations: Json | None = None) -> Event:
    metadata: Json = {"resourceVersion": str(revision)}
    if annotations:
        metadata["annotations"] = annotations
    resource = collection.resource
    return Event(
        "BOOKMARK", Shown.of({"kind": resource.kind, "apiVersion": resource.api_version, "metadata": metadata})
    )
