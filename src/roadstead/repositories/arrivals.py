"""How images enter a stream: together with their tags and rows, several pushes at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol
from weakref import WeakValueDictionary

from roadstead.apimachinery import transaction
from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.collection import Collection, Staged
from roadstead.auth.users import Attributes, refusal
from roadstead.base.errors import Failure
from roadstead.base.values import Json
from roadstead.kube import status
from roadstead.kube.status import GroupResource, StatusError
from roadstead.objects.log import Write
from roadstead.objects.store import Store
from roadstead.streams import events, mappings

MAPPINGS = GroupResource("image.openshift.io", "imagestreammappings")
ATTEMPTS = 10
"""How often a push is applied again to a stream that others change meanwhile (image-api contract, section 13)."""
TOGETHER = 64
"""Pushes that share one write of their stream, at most."""
ANY = "*"


class PreconditionFailed(Failure):
    """A tag is not where the caller said it would be; `current` is the digest it has now, None without one."""

    def __init__(self, tag: str, current: str | None) -> None:
        super().__init__(f"tag {tag!r} is at {current} now" if current else f"tag {tag!r} does not exist")
        self.tag, self.current = tag, current


@dataclass(frozen=True, slots=True)
class Precondition:
    """What must hold for every tag written: digests, or `*` for any, as in If-Match and If-None-Match (RFC 9110)."""

    match: frozenset[str] = frozenset()
    none_match: frozenset[str] = frozenset()

    def check(self, tag: str, current: str | None) -> None:
        """Raises PreconditionFailed when the tag stands elsewhere."""
        here = {ANY, current} if current else set()
        if (self.match and not self.match & here) or self.none_match & here:
            raise PreconditionFailed(tag, current)


@dataclass(frozen=True, slots=True)
class Kept:
    """What a push left: the stream as shown (unchanged when only an image came), and whether the Image is new."""

    stream: Json
    image_created: bool


class PushRules(Protocol):
    """What a stream's own rules say to a push."""

    def placed(self, stream: Json) -> Json:
        """The stored stream with the repository names of this server."""
        ...

    async def on_push(self, new: Json, old: Json, ask: Ask) -> Json:
        """Checks a stream with new events; raises StatusError."""
        ...


class ImageLimit(Protocol):
    """Says no to images that are too large for a namespace (image-api contract, section 15.3)."""

    async def check_image(self, namespace: str, name: str, image: Json, resource: GroupResource) -> None:
        """Raises a forbidden StatusError on `resource` and `name` when the image is over the limit."""
        ...


@dataclass(eq=False, slots=True)
class Arrival:
    """One push on its way into a stream: the image, its tags, and rows that belong to it."""

    image: Json
    tags: Sequence[str]
    ask: Ask
    extra: Sequence[Write] = ()
    precondition: Precondition | None = None
    before: Json | None = None
    result: Kept | Failure | None = None

    @property
    def digest(self) -> str:
        """The image's name."""
        return str(self.image["metadata"]["name"])

    @property
    def resource(self) -> GroupResource:
        """The resource that errors name."""
        return self.ask.url_resource or MAPPINGS


@dataclass(eq=False)
class _Queue:
    """Pushes that wait for one stream."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: list[Arrival] = field(default_factory=list)
    latest: tuple[int, Json] | None = None  # the last change to any stream, when it was ours, and what it stored


class Arrivals:
    """The one way in.

    Each write names the revision it saw, so pushes to one stream at once would only collide. They queue instead, and
    whoever's turn it is carries all that wait in one transaction: a stream with many tags is written once for many.
    """

    def __init__(
        self, store: Store, images: Collection, streams: Collection, *, rules: PushRules, limit: ImageLimit
    ) -> None:
        self._store, self._images, self._streams = store, images, streams
        self._rules, self._limit = rules, limit
        self._queues: WeakValueDictionary[tuple[str, str], _Queue] = WeakValueDictionary()

    async def ensure_stream(self, namespace: str, name: str, ask: Ask) -> None:
        """Creates the stream if it is missing, with the caller's own right (registry contract, section 6.4).

        Raises StatusError: forbidden without the right, not found without the namespace, forbidden over quota.
        """
        if self._store.get(self._streams.key(namespace, name)) is not None:
            return
        resource = self._streams.resource
        wanted = Attributes(ask.user, "create", resource.group, resource.plural, "", namespace)
        decision = ask.may(wanted)
        if not decision.allowed:
            why = f"{refusal(wanted)}: {decision.reason}" if decision.reason else refusal(wanted)
            raise status.forbidden(resource.group_resource, "", why)
        meta = {"name": name, "namespace": namespace}
        stream = {"kind": resource.kind, "apiVersion": resource.api_version, "metadata": meta}
        try:
            await self._streams.create(namespace, stream, ask)
        except StatusError as failure:
            if failure.code != 409:
                raise

    async def keep(self, namespace: str, name: str, arrival: Arrival) -> Kept:
        """Image, an event per tag and the extra rows appear together or not at all (image-api contract, section 13).

        A stream changed by others meanwhile is read again, unless somebody moved one of the tags: Conflict.
        Raises StatusError, on imagestreammappings unless the ask names a resource; PreconditionFailed.
        """
        if arrival.tags:
            await self._limit.check_image(namespace, name, arrival.image, arrival.resource)
        if (queue := self._queues.get((namespace, name))) is None:
            queue = self._queues[namespace, name] = _Queue()
        queue.waiting.append(arrival)
        try:
            async with queue.lock:
                while arrival.result is None:
                    await self._carry(namespace, name, queue)
        finally:
            if arrival in queue.waiting:
                queue.waiting.remove(arrival)
        if isinstance(arrival.result, Failure):
            raise arrival.result
        assert arrival.result is not None
        return arrival.result

    async def _carry(self, namespace: str, name: str, queue: _Queue) -> None:
        """Everything that waits, this push among it; a group that fails as a whole is tried one by one."""
        group = queue.waiting[:TOGETHER]
        if any(each.ask.dry_run for each in group) or not await self._enter(namespace, name, group, queue):
            for each in group:
                if each.result is None:
                    await self._enter(namespace, name, [each], queue)
        queue.waiting = [each for each in queue.waiting if each.result is None]

    async def _enter(self, namespace: str, name: str, group: Sequence[Arrival], queue: _Queue) -> bool:
        """One transaction for the group; sets results. False: the stream refused the group, each may try alone."""
        for _ in range(ATTEMPTS):
            stored = self._stored(namespace, name, queue)
            entering = [each for each in group if each.result is None and _may_enter(each, stored, name)]
            if stored is None or not entering:
                return True
            try:
                staged, kept = await self._stage(stored, entering)
                extra = [row for each in entering for row in each.extra]
                if staged:
                    self._remember(queue, staged, await transaction.write(staged, extra))
                elif extra and not entering[0].ask.dry_run:
                    await self._store.append(extra)
            except StatusError as failure:
                if failure.code == 409:
                    continue
                return _settle_failure(group, failure)
            except Failure as failure:
                return _settle_failure(group, failure)
            for each, result in kept:
                each.result = result
            return True
        for each in group:
            why = "somebody else moved the tag at the same time; push again"
            each.result = each.result or status.conflict(each.resource, name, why)
        return True

    def _stored(self, namespace: str, name: str, queue: _Queue) -> Json | None:
        """The stream as it is now; not read again when the last change to any stream was the one made here."""
        changed = self._store.last_change(self._streams.resource.key_resource)
        if queue.latest is not None and queue.latest[0] == changed:
            return queue.latest[1]
        return self._streams.peek(namespace, name)

    def _remember(self, queue: _Queue, staged: Sequence[Staged], revisions: dict[int, int]) -> None:
        queue.latest = None
        for each in staged:
            if each.collection is self._streams and (revision := revisions.get(id(each))):
                meta = {**each.object["metadata"], "resourceVersion": str(revision)}
                queue.latest = revision, {**each.object, "metadata": meta}

    async def _stage(
        self, stored: Json, entering: Sequence[Arrival]
    ) -> tuple[list[Staged], list[tuple[Arrival, Kept]]]:
        """The writes that bring the images into the stream as it is now; nothing is written yet."""
        staged: list[Staged] = []
        kept: list[tuple[Arrival, Kept]] = []
        brought: set[str] = set()
        stream = recorded = self._rules.placed(stored)
        for each in entering:
            try:
                existed = each.digest in brought or self._images.peek("", each.digest) is not None
                moved = _recorded(recorded, each, existed=existed)
                if not existed:
                    staged.append(await self._images.stage_create(each.image, each.ask))
            except Failure as failure:
                each.result = failure
                continue
            brought.add(each.digest)
            recorded = moved
            kept.append((each, Kept(recorded, not existed)))
        if recorded is not stream:
            staged.append(await self._streams.stage_change(recorded, stored, entering[0].ask, self._rules.on_push))
        return staged, kept


def _recorded(stream: Json, arrival: Arrival, *, existed: bool) -> Json:
    """The stream with an event for each tag; the same stream when nothing changes. Raises PreconditionFailed."""
    for tag in arrival.tags:
        if arrival.precondition:
            arrival.precondition.check(tag, (events.current_of(stream, tag) or {}).get("image"))
        now = arrival.ask.now
        stream = mappings.tagged(stream, tag, arrival.image, existed=existed, now=now) or stream
    return stream


def _may_enter(arrival: Arrival, stored: Json | None, name: str) -> bool:
    """Whether the push may be applied to the stream as it is now; sets the result when not."""
    if stored is None:
        arrival.result = status.not_found(arrival.resource, name)
        return False
    if arrival.before is not None and not all(mappings.may_retry(arrival.before, stored, tag) for tag in arrival.tags):
        why = "somebody else moved the tag at the same time; push again"
        arrival.result = status.conflict(arrival.resource, name, why)
        return False
    arrival.before = stored
    return True


def _settle_failure(group: Sequence[Arrival], failure: Failure) -> bool:
    """What refused a single push is its answer; what refused a group may be the fault of one of them."""
    if len(group) > 1:
        for each in group:
            each.before = None
        return False
    group[0].result = failure
    return True
