"""Limits on streams and images, counted and worded; no I/O. image-api contract, 15.2 and 15.3."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from roadstead.base.errors import Invalid
from roadstead.base.values import Json
from roadstead.kube.wording import quote
from roadstead.streams import pullspec, quantities
from roadstead.streams.events import spec_tags
from roadstead.streams.layers import named_images
from roadstead.streams.quantities import Quantity

STREAM_LIMIT, IMAGE_LIMIT = "openshift.io/ImageStream", "openshift.io/Image"
IMAGES, IMAGE_TAGS, STORAGE = "openshift.io/images", "openshift.io/image-tags", "storage"


@dataclass(frozen=True, slots=True)
class Usage:
    """What one stream uses: distinct images its tags ever named, distinct references its spec holds."""

    images: frozenset[str]
    tags: frozenset[str]

    def of(self, key: str) -> frozenset[str]:
        """What is counted under a limit's key."""
        return self.images if key == IMAGES else self.tags


def usage(stream: Json | None) -> Usage:
    """Count `stream`; None uses nothing."""
    if stream is None:
        return Usage(frozenset(), frozenset())
    keys = (_reference_key(stream, tag) for tag in spec_tags(stream).values())
    return Usage(frozenset(named_images(stream)), frozenset(key for key in keys if key is not None))


def maxima(limit_ranges: Iterable[Json], kind: str) -> dict[str, Quantity]:
    """The smallest `max` of every key over all LimitRanges of a namespace, for items of type `kind`.

    A maximum that is no quantity is left out: refusing every push because of it would help nobody.
    """
    smallest: dict[str, Quantity] = {}
    for limit_range in limit_ranges:
        for item in (limit_range.get("spec") or {}).get("limits") or []:
            for key, text in (item.get("max") or {}).items() if item.get("type") == kind else ():
                limit = _quantity(text)
                if limit is not None and (key not in smallest or limit.value < smallest[key].value):
                    smallest[key] = limit
    return smallest


def stream_refusal(new: Json, old: Json | None, limits: Mapping[str, Quantity]) -> str | None:
    """Why `new` uses more than a stream may, or None. What it already used before this write is not held against it."""
    now, before = usage(new), usage(old)
    found = []
    for key in (IMAGES, IMAGE_TAGS):
        used, limit = now.of(key), limits.get(key)
        if limit is not None and len(used) > limit.value and not used <= before.of(key):
            found.append(_exceeded(key, STREAM_LIMIT, Quantity(len(used), "decimal"), limit))
    if not found:
        return None
    why = found[0] if len(found) == 1 else f"[{', '.join(found)}]"
    return f"ImageStream.image.openshift.io {quote(str(new['metadata'].get('name') or ''))} is forbidden: {why}"


def image_refusal(image: Json, limits: Mapping[str, Quantity]) -> str | None:
    """Why the (filled) image is larger than a namespace admits, or None."""
    size, limit = Quantity((image.get("dockerImageMetadata") or {}).get("Size") or 0), limits.get(STORAGE)
    if limit is None or size.value <= limit.value:
        return None
    return _exceeded(STORAGE, IMAGE_LIMIT, size, limit)


def _exceeded(key: str, kind: str, used: Quantity, limit: Quantity) -> str:
    return f"requested usage of {key} exceeds the maximum limit per {kind} ({used} > {limit})"


def _quantity(text: object) -> Quantity | None:
    try:
        return quantities.parse(str(text))
    except Invalid:
        return None


def _reference_key(stream: Json, tag: Json) -> str | None:
    source = tag.get("from") or {}
    name, namespace = (
        str(source.get("name") or ""),
        source.get("namespace") or stream["metadata"].get("namespace") or "",
    )
    if source.get("kind") == "DockerImage":
        return _external_key(name)
    separator = {"ImageStreamTag": ":", "ImageStreamImage": "@"}.get(source.get("kind") or "")
    if not separator or not name:
        return None
    if separator not in name:
        name = f"{stream['metadata'].get('name') or ''}{separator}{name}"
    return f"{namespace}/{name}" if name.count(separator) == 1 else None


def _external_key(text: str) -> str | None:
    if pullspec.problem(text) is not None:
        return None
    return pullspec.parse(text).with_defaults().minimal().exact()
