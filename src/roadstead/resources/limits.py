"""LimitRange and ResourceQuota for images and streams: what a namespace allows (image-api contract, section 15)."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from roadstead.apimachinery.resource import Resource
from roadstead.base.values import Json
from roadstead.kube import status
from roadstead.kube.status import GroupResource
from roadstead.objects.store import Store
from roadstead.resources.plain import LIMIT_RANGES, RESOURCE_QUOTAS
from roadstead.resources.quantities import Quantity, in_bytes, parse
from roadstead.streams import pullspec
from roadstead.streams.events import histories, spec_tags

STREAM_LIMIT, IMAGE_LIMIT = "openshift.io/ImageStream", "openshift.io/Image"
IMAGES, TAGS, STORAGE, STREAMS = "openshift.io/images", "openshift.io/image-tags", "storage", "openshift.io/imagestreams"
STREAM_RESOURCE = "imagestreams.image.openshift.io"
STREAM_COUNTS = (STREAMS, f"count/{STREAM_RESOURCE}")
MEMO_NAMESPACES = 1024


class Limits:
    """Reads the LimitRanges and ResourceQuotas of namespaces, each set once per change."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._memo: dict[tuple[str, str], tuple[int, list[Json]]] = {}

    async def stream_violations(self, stream: Json, old: Json | None) -> list[str]:
        """What a stream has too much of, in words; only what grew or changed since `old` counts (section 15.2)."""
        maximums = await self._maximums(stream["metadata"]["namespace"], STREAM_LIMIT)
        found = []
        for key, members in ((IMAGES, image_names), (TAGS, tag_targets)):
            limit = maximums.get(key)
            if limit is None:
                continue
            used = members(stream)
            grew = old is None or not used <= members(old)
            if grew and len(used) > limit.value:
                found.append(_exceeded(key, STREAM_LIMIT, str(len(used)), limit))
        return found

    async def check_image(self, namespace: str, name: str, image: Json, resource: GroupResource) -> None:
        """Raises StatusError (403) on `resource` and `name` when the image is larger than allowed (section 15.3)."""
        limit = (await self._maximums(namespace, IMAGE_LIMIT)).get(STORAGE)
        size = (image.get("dockerImageMetadata") or {}).get("Size") or 0
        if limit is not None and size > limit.value:
            raise status.forbidden(resource, name, _exceeded(STORAGE, IMAGE_LIMIT, str(in_bytes(size)), limit))

    async def largest_image(self, namespace: str) -> int | None:
        """The size in bytes no image of the namespace may exceed; None without a limit."""
        limit = (await self._maximums(namespace, IMAGE_LIMIT)).get(STORAGE)
        return None if limit is None else limit.whole

    async def charge_stream(self, namespace: str, name: str, resource: GroupResource) -> None:
        """Raises StatusError (403) when one more stream would exceed a quota of the namespace (section 15.4)."""
        hard = [
            (quota["metadata"]["name"], key, limit)
            for quota in await self._objects(RESOURCE_QUOTAS, namespace)
            for key, limit in _quantities((quota.get("spec") or {}).get("hard"))
            if key in STREAM_COUNTS
        ]
        if not hard:
            return
        page = await self._store.list(STREAM_RESOURCE, namespace, limit=1)
        used = len(page.entries) + page.remaining
        for quota, key, limit in hard:
            if used + 1 > limit.value:
                why = f"exceeded quota: {quota}, requested: {key}=1, used: {key}={used}, limited: {key}={limit}"
                raise status.forbidden(resource, name, why)

    async def _maximums(self, namespace: str, item_type: str) -> dict[str, Quantity]:
        """The smallest maximum per resource over all LimitRanges of the namespace."""
        smallest: dict[str, Quantity] = {}
        for limit_range in await self._objects(LIMIT_RANGES, namespace):
            for item in (limit_range.get("spec") or {}).get("limits") or ():
                if not isinstance(item, dict) or item.get("type") != item_type:
                    continue
                for key, limit in _quantities(item.get("max")):
                    if key not in smallest or limit.value < smallest[key].value:
                        smallest[key] = limit
        return smallest

    async def _objects(self, resource: Resource, namespace: str) -> Sequence[Json]:
        place, changed = (resource.key_resource, namespace), self._store.last_change(resource.key_resource)
        if not changed:
            return ()
        known = self._memo.get(place)
        if known is None or known[0] != changed:
            page = await self._store.list(resource.key_resource, namespace)
            if len(self._memo) >= MEMO_NAMESPACES:
                self._memo.clear()
            known = self._memo[place] = (changed, [orjson.loads(entry.value) for entry in page.entries])
        return known[1]


def image_names(stream: Json) -> frozenset[str]:
    """The distinct images in the whole history of a stream."""
    items = (item for entry in histories(stream).values() for item in entry.get("items") or ())
    return frozenset(str(item["image"]) for item in items if item.get("image"))


def tag_targets(stream: Json) -> frozenset[str]:
    """The distinct places the spec tags of a stream point at, each in one spelling."""
    meta = stream["metadata"]
    found = set()
    for tag in spec_tags(stream).values():
        target = _target(tag.get("from") or {}, str(meta.get("namespace", "")), str(meta.get("name", "")))
        if target:
            found.add(target)
    return frozenset(found)


def _target(source: Json, namespace: str, stream: str) -> str | None:
    kind, name = source.get("kind"), str(source.get("name") or "")
    if kind == "DockerImage":
        if pullspec.problem(name) is not None:
            return None
        return pullspec.parse(name).with_defaults().minimal().exact()
    separator = {"ImageStreamTag": ":", "ImageStreamImage": "@"}.get(str(kind))
    parts = name.split(separator) if separator else []
    if separator is None or not all(parts) or not 1 <= len(parts) <= 2:
        return None
    whole = separator.join(parts if len(parts) == 2 else [stream, *parts])
    return f"{source.get('namespace') or namespace}/{whole}"


def _exceeded(key: str, item_type: str, used: str, limit: Quantity) -> str:
    return f"requested usage of {key} exceeds the maximum limit per {item_type} ({used} > {limit})"


def _quantities(values: object) -> list[tuple[str, Quantity]]:
    pairs = values.items() if isinstance(values, dict) else ()
    return [(str(key), limit) for key, value in pairs if (limit := parse(value)) is not None]
