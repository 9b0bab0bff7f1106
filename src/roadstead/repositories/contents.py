"""What a repository holds and may show."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass

import orjson

from roadstead.apimachinery.collection import Collection as Kind
from roadstead.base.values import Json
from roadstead.objects.log import Key
from roadstead.objects.store import Store
from roadstead.streams import events
from roadstead.streams.layers import layers
from roadstead.streams.origins import Origin, is_ours, origins

MEMO_STREAMS = 4096


@dataclass(slots=True)
class _Seen:
    """What is remembered of one revision of a stream; it was the present one after the change `checked` of streams."""

    revision: int
    checked: int
    tags: dict[str, str]
    members: frozenset[str] | None = None
    blobs: dict[str, tuple[str, ...]] | None = None
    parents: dict[str, tuple[str, ...]] | None = None
    images_revision: int | None = None  # set while an image of the stream is missing: a later push may bring it


class Contents:
    """The repositories behind streams, looked up for pulls and pushes."""

    def __init__(self, store: Store, images: Kind, streams: Kind) -> None:
        self._store, self._images, self._streams = store, images, streams
        self._memo: OrderedDict[tuple[str, str], _Seen] = OrderedDict()

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

    async def origins(self, namespace: str, name: str, digest: str, own: Collection[str]) -> list[Origin]:
        """Where a blob or manifest of the stream may be got: the origins of the images it belongs to, best first.

        `own` are names of this registry. A child of an index comes from where the index came from.
        """
        images = self._images_with(namespace, name, digest)
        return origins(self._streams.peek(namespace, name) or {}, images, own) if images else []

    async def is_ours(self, namespace: str, name: str, digest: str, own: Collection[str]) -> bool:
        """Whether the blob or manifest belongs to an image of the stream that is this registry's own."""
        images = self._images_with(namespace, name, digest)
        return bool(images) and is_ours(self._streams.peek(namespace, name) or {}, images, own)

    def _images_with(self, namespace: str, name: str, digest: str) -> set[str]:
        """The images of the stream the digest belongs to, with the indexes above them."""
        seen = self._with_layers(namespace, name)
        if seen is None:
            return set()
        wanted, waiting = set[str](), [digest, *(seen.blobs or {}).get(digest, ())]
        while waiting:
            image = waiting.pop()
            if image not in wanted:
                wanted.add(image)
                waiting += (seen.parents or {}).get(image, ())
        return wanted

    async def blob_size(self, namespace: str, name: str, digest: str) -> int | None:
        """The size that an image of the stream states for a layer; None where none does."""
        seen = self._with_layers(namespace, name)
        for owner in (seen.blobs or {}).get(digest, ()) if seen else ():
            for layer in (self._images.peek("", owner) or {}).get("dockerImageLayers") or []:
                if layer.get("name") == digest and layer.get("size"):
                    return int(layer["size"])
        return None

    def has_image(self, digest: str) -> bool:
        """Whether there is an Image of this digest, in whatever stream."""
        return self._store.get(self._image_key(digest)) is not None

    def media_type(self, digest: str) -> str | None:
        """The manifest type of an Image; None without the Image, or when it does not say."""
        image = self._images.peek("", digest)
        return (image or {}).get("dockerImageManifestMediaType") or None

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
            seen.members, seen.blobs, seen.parents = frozenset(view["images"]), _owners(view), _parents(view)
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


def _parents(view: Json) -> dict[str, tuple[str, ...]]:
    """Child -> the indexes that name it, of an ImageStreamLayers view."""
    found: dict[str, tuple[str, ...]] = {}
    for digest, image in view["images"].items():
        for child in image.get("manifests") or ():
            found[child] = (*found.get(child, ()), digest)
    return found


def _owners(view: Json) -> dict[str, tuple[str, ...]]:
    """Blob -> the images it belongs to, of an ImageStreamLayers view."""
    found: dict[str, tuple[str, ...]] = {}
    for digest, image in view["images"].items():
        if not image["imageMissing"]:
            config = [image["config"]] if image.get("config") else []
            for blob in (digest, *(image.get("layers") or ()), *config):
                found[blob] = (*found.get(blob, ()), digest)
    return found
