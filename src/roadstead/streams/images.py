"""Rules of the Image kind: how one is made, what becomes of it on create and update, what it must keep; no I/O.

image-api contract, 4.4 and 4.5. Metadata rules are those of every object and are not repeated here.
"""

import re
from datetime import datetime
from typing import Any

import orjson

from roadstead.base.values import Json
from roadstead.kube.fielderrors import FieldError, invalid_value, required
from roadstead.oci.digest import Digest, InvalidDigest
from roadstead.oci.manifest import Manifest
from roadstead.streams import docker10, pullspec, schema1, signatures
from roadstead.streams.fill import (
    ASCENDING,
    BLOB_STORED,
    LAYERS_ORDER,
    MANAGED,
    Unreadable,
    child_manifests,
    children_of,
    fill,
    filled,
    filled_as_index,
)

MANAGED_SIGNATURE = "image.openshift.io/managed-signature"

_SERVER_OWNED = ("dockerImageMetadata", "dockerImageMetadataVersion", "dockerImageLayers")
_DIGEST_WITHIN = re.compile(r"[a-zA-Z0-9-_+.]+:[a-fA-F0-9]{32,}")
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}")


def image_from_manifest(
    manifest: Manifest, digest: Digest, reference: str, config: bytes | None, now: datetime
) -> Json:
    """The Image of a manifest that was pushed here (registry contract, 6.4), already filled.

    `reference` is the pull spec by digest. `config` is the whole config blob, None when it is not at hand. Both texts
    stay out of the Image: they are kept as blobs. Any manifest makes a valid Image, artifacts included; an index entry
    without a platform is shown as `unknown`.
    """
    is_index = manifest.kind == "index"
    annotations = {MANAGED: "true", BLOB_STORED: "true", LAYERS_ORDER: "" if is_index else ASCENDING}
    image: Json = {
        "metadata": {"name": str(digest), "annotations": annotations},
        "dockerImageReference": reference,
        "dockerImageManifestMediaType": manifest.media_type,
    }
    if is_index:
        return {**filled_as_index(image, now), "dockerImageManifests": child_manifests(manifest.manifests)}
    return filled(image, manifest, manifest.media_type, config)


def prepare_create(image: Json, now: datetime) -> Json:
    """An Image about to be created: filled, its texts dropped when its blobs are kept."""
    image = {**image, "dockerImageMetadataVersion": docker10.VERSION}
    image = _filled_if_readable(image, now)
    children = children_of(image) if image.get("dockerImageManifest") else None
    if children is not None:
        image = {**image, "dockerImageManifests": children}
    return _without_managed_marks(_without_kept_texts(image))


def prepare_update(new: Json, old: Json, now: datetime) -> Json:
    """An Image about to replace `old`: what is derived from its content cannot be changed, silently.

    The texts may be taken away, or given again when they hash to what the Image is named after.
    """
    kept = _restored(new, old, *_SERVER_OWNED)
    if old.get("dockerImageSignatures"):
        kept = _restored(kept, old, "dockerImageSignatures")
    manifest = new.get("dockerImageManifest") or ""
    if manifest and not _hashes_to(schema1.payload(manifest), str(old["metadata"].get("name") or "")):
        kept = _restored(kept, old, "dockerImageManifest")
    config = new.get("dockerImageConfig") or ""
    described = kept.get("dockerImageManifest") or old.get("dockerImageManifest") or ""
    if config and not _hashes_to(config.encode(), _config_digest(described)):
        kept = _restored(kept, old, "dockerImageConfig")
    return _without_kept_texts(_filled_if_readable(kept, now))


def embedded(image: Json, now: datetime) -> Json:
    """`image` as the views of tags and images show it: filled, without its texts. Raises Unreadable."""
    return _without(fill(image, now), "dockerImageManifest", "dockerImageConfig")


def content_of(image: Json) -> list[str]:
    """What an Image names, each once: itself, its config, its layers, its children. The names are not checked."""
    config = (image.get("dockerImageMetadata") or {}).get("Id")
    layers = [each.get("name") for each in image.get("dockerImageLayers") or []]
    children = [each.get("digest") for each in image.get("dockerImageManifests") or []]
    return [str(each) for each in dict.fromkeys([image["metadata"]["name"], config, *layers, *children]) if each]


def validate(image: Json, path: str = "") -> list[FieldError]:
    """The rules of section 4.4; `path` is put before every field (`image.` inside a mapping)."""
    return [
        *_validate_reference(image, path),
        *_validate_signatures(image, path),
        *_validate_children(image, path),
    ]


def _validate_reference(image: Json, path: str) -> list[FieldError]:
    field, text = f"{path}dockerImageReference", image.get("dockerImageReference") or ""
    if not text:
        return [required(field)]
    problem = pullspec.problem(text)
    return [invalid_value(field, text, problem)] if problem else []


def _validate_signatures(image: Json, path: str) -> list[FieldError]:
    return [
        error
        for index, signature in enumerate(image.get("signatures") or [])
        for error in signatures.validate(signature, f"{path}signatures[{index}].")
    ]


def _validate_children(image: Json, path: str) -> list[FieldError]:
    errors, children = [], image.get("dockerImageManifests") or []
    for index, child in enumerate(children):
        field = f"{path}dockerImageManifests[{index}]."
        digest, media_type, size = child.get("digest") or "", child.get("mediaType") or "", child.get("manifestSize")
        if not _DIGEST_WITHIN.search(digest):
            errors.append(
                invalid_value(field + "digest", digest, "digest does not conform with OCI image specification")
            )
        if not _MEDIA_TYPE.fullmatch(media_type):
            errors.append(invalid_value(field + "mediaType", media_type, "media type does not conform to RFC6838"))
        errors += [required(field + name) for name in ("architecture", "os") if not child.get(name)]
        if (size or 0) < 0:
            errors.append(invalid_value(field + "size", size, "manifest size cannot be negative"))
    if children and image.get("dockerImageLayers"):
        text = "dockerImageLayers should not be set when dockerImageManifests is set"
        layers = [_told_layer(each) for each in image["dockerImageLayers"]]
        errors.append(invalid_value(f"{path}dockerImageLayers", layers, text))
    return errors


def _told_layer(layer: Json) -> Json:
    # Upstream's refusals print its own fields.
    return {"Name": layer.get("name", ""), "LayerSize": layer.get("size", 0), "MediaType": layer.get("mediaType", "")}


def _filled_if_readable(image: Json, now: datetime) -> Json:
    try:
        return fill(image, now)
    except Unreadable as wrong:
        # An Image nobody can read is still worth keeping: it says where the bytes are.
        return wrong.known or image


def _without_kept_texts(image: Json) -> Json:
    if (image["metadata"].get("annotations") or {}).get(BLOB_STORED) != "true":
        return image
    return _without(image, "dockerImageManifest", "dockerImageConfig")


def _without_managed_marks(image: Json) -> Json:
    if not image.get("signatures"):
        return image
    return {**image, "signatures": [_without_mark(signature) for signature in image["signatures"]]}


def _without_mark(signature: Json) -> Json:
    meta = signature.get("metadata") or {}
    annotations = meta.get("annotations") or {}
    if MANAGED_SIGNATURE not in annotations:
        return signature
    left = _without(annotations, MANAGED_SIGNATURE)
    meta = _without(meta, "annotations") | ({"annotations": left} if left else {})
    return {**signature, "metadata": meta}


def _restored(new: Json, old: Json, *keys: str) -> Json:
    return _without(new, *keys) | {key: old[key] for key in keys if key in old}


def _hashes_to(data: bytes, name: str) -> bool:
    try:
        digest = Digest.parse(name)
    except InvalidDigest:
        return False
    return Digest.of(data, digest.algorithm) == digest


def _config_digest(manifest: str) -> str:
    try:
        digest: Any = orjson.loads(manifest)["config"]["digest"]
    except (orjson.JSONDecodeError, TypeError, LookupError):
        return ""
    return digest if isinstance(digest, str) else ""


def _without(value: Json, *keys: str) -> Json:
    return {key: kept for key, kept in value.items() if key not in keys}
