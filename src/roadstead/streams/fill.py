"""The facts of an Image, derived from its manifest and config; no I/O.

image-api contract, 4.3. Texts come from whoever made the image: what cannot be read raises `Unreadable`, nothing else.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import orjson

from roadstead.base.errors import Failure, Invalid
from roadstead.base.values import Json
from roadstead.kube.time import format_time
from roadstead.oci import manifest as oci
from roadstead.oci import mediatypes
from roadstead.oci.descriptor import Descriptor
from roadstead.oci.strictjson import decode_object
from roadstead.streams import docker10, schema1

LAYERS_ORDER = "image.openshift.io/dockerLayersOrder"
BLOB_STORED = "image.openshift.io/manifestBlobStored"
MANAGED = "openshift.io/image.managed"
UNKNOWN_PLATFORM = "unknown"
ASCENDING, DESCENDING = "ascending", "descending"

_OLD_TYPES = frozenset({schema1.MEDIA_TYPE, schema1.SIGNED_MEDIA_TYPE})


class Unreadable(Invalid):
    """The manifest or config of an Image cannot be understood; `known` is the Image with what could be read."""

    def __init__(self, message: str, known: Json | None = None) -> None:
        super().__init__(message)
        self.known = known


def fill(image: Json, now: datetime) -> Json:
    """`image` with layers, metadata and media type from its manifest text; without such a text, as it was."""
    text = image.get("dockerImageManifest") or ""
    ordered = _oldest_first(image) if text else None
    if ordered is None or _is_complete(ordered):
        return ordered or image
    try:
        document = _decoded(text)
        if document.get("schemaVersion") == 1:
            return _filled_from_schema1(ordered, document)
        manifest = oci.parse(text.encode(), None)
    except Failure as failure:
        raise Unreadable(failure.message) from None
    media_type = document.get("mediaType") or ordered.get("dockerImageManifestMediaType") or mediatypes.DOCKER_MANIFEST
    if manifest.kind == "index":
        return filled_as_index(ordered, now)
    config = (ordered.get("dockerImageConfig") or "").encode()
    if not config:
        layers = ordered.get("dockerImageLayers") or layers_of(manifest)
        known = _annotated({**ordered, "dockerImageLayers": layers} if layers else ordered, ASCENDING)
        raise Unreadable(f'dockerImageConfig must not be empty for manifest type "{media_type}"', known)
    return filled(ordered, manifest, str(media_type), config)


def filled(image: Json, manifest: oci.Manifest, media_type: str, config: bytes | None) -> Json:
    """`image` with what an image manifest and its config document tell; `config` None when it is not at hand."""
    layers = image.get("dockerImageLayers") or layers_of(manifest)
    described = manifest.config
    name = str(described.digest) if described else ""
    own_size = len(config) if config is not None else described.size if described else 0
    size = own_size + _distinct_size(layers, {name})
    return {
        **_annotated(image, ASCENDING),
        **({"dockerImageLayers": layers} if layers else {}),
        "dockerImageManifestMediaType": media_type,
        "dockerImageMetadata": docker10.from_config(_json(config), name, size),
        "dockerImageMetadataVersion": docker10.VERSION,
    }


def filled_as_index(image: Json, now: datetime) -> Json:
    """`image` with the little that is known of an index."""
    name, known = str(image["metadata"].get("name") or ""), image.get("dockerImageMetadata") or {}
    first_seen = known["Created"] if known.get("Id") == name and known.get("Created") else format_time(now)
    metadata = docker10.from_index(name, first_seen)
    return {**image, "dockerImageMetadata": metadata, "dockerImageMetadataVersion": docker10.VERSION}


def children_of(image: Json) -> list[Json] | None:
    """`dockerImageManifests` as the manifest text of `image` tells them, or None when it is no readable index."""
    try:
        manifest = oci.parse((image.get("dockerImageManifest") or "").encode(), None)
    except Failure:
        return None
    return child_manifests(manifest.manifests) if manifest.kind == "index" else None


def child_manifests(entries: Iterable[Descriptor]) -> list[Json]:
    """The entries of an index as an Image shows them; what has no platform gets `unknown`."""
    return [_child(entry) for entry in entries]


def layers_of(manifest: oci.Manifest) -> list[Json]:
    """The layers of a manifest as an Image shows them, base first."""
    return [{"name": str(each.digest), "size": each.size, "mediaType": each.media_type} for each in manifest.layers]


def _child(entry: Descriptor) -> Json:
    platform = entry.platform or {}
    shown = {
        "digest": str(entry.digest),
        "mediaType": entry.media_type,
        "manifestSize": entry.size,
        "architecture": platform.get("architecture") or UNKNOWN_PLATFORM,
        "os": platform.get("os") or UNKNOWN_PLATFORM,
    }
    return {**shown, "variant": platform["variant"]} if platform.get("variant") else shown


def _filled_from_schema1(image: Json, document: Json) -> Json:
    layers = image.get("dockerImageLayers") or schema1.layers(document)
    size = _distinct_size(layers, set())
    return {
        **_annotated(image, ASCENDING),
        **({"dockerImageLayers": layers} if layers else {}),
        "dockerImageManifestMediaType": schema1.MEDIA_TYPE,
        "dockerImageMetadata": {**schema1.metadata(document), **({"Size": size} if size else {})},
        "dockerImageMetadataVersion": docker10.VERSION,
    }


def _oldest_first(image: Json) -> Json | None:
    # Clients older than the annotation sent the layers in the order of their manifest type.
    if not image.get("dockerImageLayers"):
        return image
    order = (image["metadata"].get("annotations") or {}).get(LAYERS_ORDER)
    media_type = image.get("dockerImageManifestMediaType")
    if order not in (ASCENDING, DESCENDING):
        order = ASCENDING if media_type in _OLD_TYPES else DESCENDING if media_type in mediatypes.IMAGES else None
    if order is None:
        return None
    if order == DESCENDING:
        image = {**image, "dockerImageLayers": image["dockerImageLayers"][::-1]}
    return _annotated(image, ASCENDING)


def _is_complete(image: Json) -> bool:
    sized = ((image.get("dockerImageMetadata") or {}).get("Size") or 0) > 0
    return bool(image.get("dockerImageLayers") and sized and image.get("dockerImageManifestMediaType"))


def _annotated(image: Json, order: str) -> Json:
    meta = image["metadata"]
    annotations = {**(meta.get("annotations") or {}), LAYERS_ORDER: order}
    return {**image, "metadata": {**meta, "annotations": annotations}}


def _distinct_size(layers: list[Json], counted: set[str]) -> int:
    total = 0
    for layer in layers:
        if layer.get("name") not in counted:
            counted.add(str(layer.get("name")))
            total += layer.get("size") or 0
    return total


def _decoded(text: str) -> Json:
    return decode_object(text.encode(), max_depth=oci.LIMITS.depth, max_brackets=oci.LIMITS.brackets)


def _json(raw: bytes | None) -> Any:
    try:
        return orjson.loads(raw) if raw else None
    except orjson.JSONDecodeError:
        return None
