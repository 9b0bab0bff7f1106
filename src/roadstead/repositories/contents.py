"""What a repository holds and may show; how an image enters a stream."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from weakref import WeakValueDictionary

import orjson

from roadstead.apimachinery import transaction
from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.collection import Collection, Staged
from roadstead.auth.users import Attributes, refusal
from roadstead.base.errors import Failure
from roadstead.base.values import Json
from roadstead.kube import status
from roadstead.kube.status import GroupResource, StatusError
from roadstead.objects.log import Key, Write
from roadstead.objects.store import Store
from roadstead.streams import events, mappings
from roadstead.streams.layers import layers

MAPPINGS = GroupResource("image.openshift.io", "imagestreammappings")
ATTEMPTS = 10
"""How often a push is applied again to a stream that others change meanwhile (image-api contract, section 13)."""
MEMO_STREAMS = 4096
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


@dataclass(slots=True)
class _Seen:
    """What is remembered of one revision of a stream; it was the present one after the change `checked` of streams."""

    revision: int
    checked: int
    tags: dict[str, str]
    members: frozenset[str] | None = None
    blobs: dict[str, tuple[str, ...]] | None = None
    images_revision: int | None = None  # set while an image of the stream is missing: a later push may bring it


class Contents:
    """The repositories behind streams: look-ups for pulls, the one way in for pushes."""

    def __init__(
        self, store: Store, images: Collection, streams: Collection, *, rules: PushRules, limit: ImageLimit
    ) -> None:
        self._store, self._images, self._streams = store, images, streams
        self._rules, self._limit = rules, limit
        self._memo: OrderedDict[tuple[str, str], _Seen] = OrderedDict()
        self._turns: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    def exists(self, namespace: str, name: str) -> bool:
        """Whether the stream is there."""
        return self._store.get(self._key(namespace, name)) is not None

    def resolve_tag(self, namespace: str, name: str, tag: str) -> str | None:
        """The digest a tag points at now; None without stream, tag or image."""
        seen = self._seen(namespace, name)
        return seen.tags.get(tag) if seen else None

    def tags(self, namespace: str, name: str) -> list[str]:
        """The tags that name an image now, in byte order; empty without the stream."""
        seen = self._seen(namespace, name)
        return list(seen.tags) if seen else []

    async def holds(self, namespace: str, name: str, digest: str) -> bool:
        """Whether the digest stands in the history of any tag, or below an index that does."""
        seen = self._with_layers(namespace, name)
        return seen is not None and digest in (seen.members or ())

    async def blob_listed(self, namespace: str, name: str, digest: str) -> bool:
        """Whether the blob belongs to an image the stream holds and that still exists."""
        seen = self._with_layers(namespace, name)
        owners = (seen.blobs or {}).get(digest, ()) if seen else ()
        return any(self._store.get(self._image_key(owner)) is not None for owner in owners)

    def media_type(self, digest: str) -> str | None:
        """The manifest type of an Image; None without the Image, or when it does not say."""
        image = self._images.peek("", digest)
        return (image or {}).get("dockerImageManifestMediaType") or None

    async def ensure_stream(self, namespace: str, name: str, ask: Ask) -> None:
        """Creates the stream if it is missing, with the caller's own right (registry contract, section 6.4).

        Raises StatusError: forbidden without the right, not found without the namespace, forbidden over quota.
        """
        if self.exists(namespace, name):
            return
        resource = self._streams.resource
        wanted = Attributes(ask.user, "create", resource.group, resource.plural, "", namespace)
        if not ask.may(wanted).allowed:
            raise status.forbidden(resource.group_resource, "", refusal(wanted))
        meta = {"name": name, "namespace": namespace}
        stream = {"kind": resource.kind, "apiVersion": resource.api_version, "metadata": meta}
        try:
            await self._streams.create(namespace, stream, ask)
        except StatusError as failure:
            if failure.code != 409:
                raise

    async def keep(
        self,
        namespace: str,
        name: str,
        image: Json,
        tags: Sequence[str],
        ask: Ask,
        *,
        extra: Sequence[Write] = (),
        precondition: Precondition | None = None,
    ) -> Kept:
        """Image, an event per tag and the `extra` rows appear together or not at all (image-api contract, section 13).

        A stream changed by others meanwhile is read again, unless somebody moved one of the tags: Conflict.
        Raises StatusError, on imagestreammappings unless the ask names a resource; PreconditionFailed.
        """
        resource = ask.url_resource or MAPPINGS
        if tags:
            await self._limit.check_image(namespace, name, image, resource)
        # Pushes to one stream take turns: each names the revision it saw, so running together they would only collide.
        turn = self._turns.setdefault((namespace, name), asyncio.Lock())
        async with turn:
            before: Json | None = None
            for attempt in range(ATTEMPTS):
                stored = self._streams.peek(namespace, name)
                if stored is None:
                    raise status.not_found(resource, name)
                if attempt and not all(mappings.may_retry(before, stored, tag) for tag in tags):
                    break
                before = stored
                staged, kept = await self._stage(stored, image, tags, ask, precondition)
                try:
                    if staged:
                        await self._commit(staged, extra, ask)
                    elif extra:
                        await self._store.append(extra)
                except StatusError as failure:
                    if failure.code != 409:
                        raise
                else:
                    return kept
        raise status.conflict(resource, name, "somebody else moved the tag at the same time; push again")

    async def _stage(
        self, stored: Json, image: Json, tags: Sequence[str], ask: Ask, precondition: Precondition | None
    ) -> tuple[list[Staged], Kept]:
        """The writes that bring the image into the stream as it is now; nothing is written yet."""
        digest = image["metadata"]["name"]
        existed = self._images.peek("", digest) is not None
        staged = [] if existed else [await self._images.stage_create(image, ask)]
        stream = recorded = self._rules.placed(stored)
        for tag in tags:
            if precondition:
                precondition.check(tag, (events.current_of(stream, tag) or {}).get("image"))
            recorded = mappings.tagged(recorded, tag, image, existed=existed, now=ask.now) or recorded
        if recorded is not stream:
            staged.append(await self._streams.stage_change(recorded, stored, ask, self._rules.on_push))
        return staged, Kept(recorded, not existed)

    async def _commit(self, staged: Sequence[Staged], extra: Sequence[Write], ask: Ask) -> None:
        if staged:
            await transaction.write(staged, extra)
        elif extra and not ask.dry_run:
            await self._store.append(extra)

    def _seen(self, namespace: str, name: str) -> _Seen | None:
        """Tags of the stream at its present revision, decoded once per revision."""
        changed = self._store.last_change(self._streams.resource.key_resource)
        seen = self._memo.get((namespace, name))
        if seen is not None and seen.checked == changed:
            return seen
        entry = self._store.get(self._key(namespace, name))
        if entry is None:
            self._memo.pop((namespace, name), None)
            return None
        if seen is None or seen.revision != entry.revision:
            seen = self._memo[namespace, name] = _Seen(entry.revision, changed, _tagged_images(entry.value))
            if len(self._memo) > MEMO_STREAMS:
                self._memo.popitem(last=False)
        seen.checked = changed
        self._memo.move_to_end((namespace, name))
        return seen

    def _with_layers(self, namespace: str, name: str) -> _Seen | None:
        """The same, with every image in the history and the blobs of each."""
        seen = self._seen(namespace, name)
        if seen is None:
            return None
        images_now = self._store.last_change(self._images.resource.key_resource)
        if seen.members is None or seen.images_revision not in (None, images_now):
            stored = self._streams.peek(namespace, name)
            view = layers(stored or {}, lambda digest: self._images.peek("", digest))
            missing = any(each["imageMissing"] for each in view["images"].values())
            seen.members, seen.blobs = frozenset(view["images"]), _owners(view)
            seen.images_revision = images_now if missing else None
        return seen

    def _key(self, namespace: str, name: str) -> Key:
        return Key(self._streams.resource.key_resource, namespace, name)

    def _image_key(self, digest: str) -> Key:
        return Key(self._images.resource.key_resource, "", digest)


def _tagged_images(stream: bytes) -> dict[str, str]:
    """Tag -> digest, for the tags of a stored stream that name an image, in byte order."""
    histories = sorted(events.histories(orjson.loads(stream)).items())
    current = {tag: events.current(entry) or {} for tag, entry in histories}
    return {tag: event["image"] for tag, event in current.items() if event.get("image")}


def _owners(view: Json) -> dict[str, tuple[str, ...]]:
    """Blob -> the images it belongs to, of an ImageStreamLayers view."""
    found: dict[str, tuple[str, ...]] = {}
    for digest, image in view["images"].items():
        if not image["imageMissing"]:
            config = [image["config"]] if image.get("config") else []
            for blob in (digest, *(image.get("layers") or ()), *config):
                found[blob] = (*found.get(blob, ()), digest)
    return found
