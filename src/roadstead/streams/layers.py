"""What a stream holds, blob by blob (ImageStreamLayers); no I/O. image-api contract, section 8."""

from collections.abc import Callable

from roadstead.base.values import Json
from roadstead.oci import mediatypes
from roadstead.streams.events import histories

CONFIG_TYPES = {
    mediatypes.DOCKER_MANIFEST: "application/vnd.docker.container.image.v1+json",
    mediatypes.OCI_MANIFEST: "application/vnd.oci.image.config.v1+json",
}
"""Media type of a manifest -> media type its config is listed with."""

Find = Callable[[str], Json | None]
"""An Image by its digest, or None."""


def layers(stream: Json, find: Find) -> Json:
    """`blobs` and `images` of every image the stream's tags ever named, and of the children of indexes among them.

    An image without a known config digest (an artifact, say) shows null there and spoils nothing.
    """
    images: Json = {}
    blobs: Json = {}
    waiting = [digest for digest in reversed(named_images(stream))]
    while waiting:
        digest = waiting.pop()
        if digest in images:
            continue
        image = find(digest)
        if image is None:
            images[digest] = {"imageMissing": True, "layers": None, "config": None}
            continue
        images[digest] = _image(image)
        _add_blobs(blobs, digest, image)
        waiting += reversed(images[digest].get("manifests", []))
    return {"blobs": blobs, "images": images}


def named_images(stream: Json) -> list[str]:
    """Digests in the histories of all tags, each once, in the order of tags and then newest first."""
    entries = histories(stream).values()
    items = (item for entry in entries for item in entry.get("items") or [])
    return list(dict.fromkeys(item["image"] for item in items if item.get("image")))


def _image(image: Json) -> Json:
    children = _names(image, "dockerImageManifests", "digest")
    if children:
        return {"imageMissing": False, "layers": None, "config": None, "manifests": children}
    return {
        "imageMissing": False,
        "layers": _names(image, "dockerImageLayers", "name") or None,
        "config": _config(image),
    }


def _config(image: Json) -> str | None:
    if image.get("dockerImageManifestMediaType") not in CONFIG_TYPES:
        return None
    return (image.get("dockerImageMetadata") or {}).get("Id") or None


def _add_blobs(blobs: Json, digest: str, image: Json) -> None:
    """Puts the blobs of one image into `blobs`."""
    media_type = image.get("dockerImageManifestMediaType") or mediatypes.DOCKER_MANIFEST
    blobs[digest] = {"size": None, "mediaType": media_type}
    if image.get("dockerImageManifests"):
        return
    for layer in image.get("dockerImageLayers") or []:
        if layer.get("name"):
            blobs[layer["name"]] = {"size": layer.get("size") or 0, "mediaType": layer.get("mediaType") or ""}
    config = _config(image)
    if config is not None:
        blobs[config] = {"size": None, "mediaType": CONFIG_TYPES[media_type]}


def _names(image: Json, field: str, key: str) -> list[str]:
    return [each[key] for each in image.get(field) or [] if each.get(key)]
