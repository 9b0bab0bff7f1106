"""The oldest kind of manifest, Docker schema 1, as far as Images still tell of it; no I/O.

Such manifests are not accepted on push; they reach us as Images that somebody imported or migrated.
"""

import base64
from typing import Any

import orjson

from roadstead.base.errors import Invalid
from roadstead.base.values import Json
from roadstead.streams import docker10

MEDIA_TYPE = "application/vnd.docker.distribution.manifest.v1+json"
SIGNED_MEDIA_TYPE = "application/vnd.docker.distribution.manifest.v1+prettyjws"
LAYER_MEDIA_TYPE = "application/vnd.docker.container.image.rootfs.diff+x-gtar"


def layers(document: Json) -> list[Json]:
    """`dockerImageLayers`, base first: each `fsLayers` entry with the size its history tells. Raises Invalid."""
    blobs, history = _objects(document, "fsLayers"), _histories(document)
    if len(blobs) != len(history):
        raise Invalid(f"the manifest has {len(blobs)} fsLayers and {len(history)} history entries; they must be pairs")
    return [
        {"name": str(blob.get("blobSum") or ""), "size": _size(told), "mediaType": LAYER_MEDIA_TYPE}
        for blob, told in zip(reversed(blobs), reversed(history), strict=True)
    ]


def metadata(document: Json) -> Json:
    """`dockerImageMetadata` without its size, from the newest history entry. Raises Invalid."""
    history = _histories(document)
    newest = history[0] if history else {}
    return docker10.from_config(newest, str(newest.get("id") or ""), 0)


def payload(text: str) -> bytes:
    """The bytes the digest is made of: the manifest without its signatures. Unsigned or odd texts are all payload."""
    raw = text.encode()
    try:
        protected = _unpadded(orjson.loads(raw)["signatures"][0]["protected"])
        head, tail = orjson.loads(protected)["formatLength"], orjson.loads(protected)["formatTail"]
        return raw[: int(head)] + _unpadded(tail)
    except (ValueError, TypeError, LookupError, OverflowError):
        return raw


def _histories(document: Json) -> list[Json]:
    told = [_decoded(entry.get("v1Compatibility")) for entry in _objects(document, "history")]
    return [each if isinstance(each, dict) else {} for each in told]


def _objects(document: Json, name: str) -> list[Json]:
    entries = document.get(name) or []
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise Invalid(f"{name} of the manifest must be a list of objects")
    return entries


def _decoded(text: Any) -> Any:
    try:
        return orjson.loads(text) if isinstance(text, str) else None
    except orjson.JSONDecodeError:
        return None


def _size(told: Json) -> int:
    size = told.get("Size")
    return size if type(size) is int and size >= 0 else 0


def _unpadded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
