"""Manifests: bytes from anybody -> values that keep every rule, or a refusal that names the rule; no I/O.

The bytes received are kept as they are. Fields that are not known are ignored, but a field that differs from a known
one only in case is refused, and so is a field given twice: other readers would see another image in the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, NoReturn

from roadstead.base.errors import Invalid
from roadstead.base.values import Json
from roadstead.oci import mediatypes
from roadstead.oci.descriptor import (
    BrokenRule,
    Descriptor,
    distributable,
    read_annotations,
    read_descriptors,
    read_media_type,
    read_one,
    refuse_lookalikes,
)
from roadstead.oci.digest import Digest
from roadstead.oci.errors import OciError
from roadstead.oci.strictjson import decode_object

__all__ = ["LIMITS", "Descriptor", "Limits", "Manifest", "distributable", "parse", "referrer_descriptor"]

Kind = Literal["image", "index"]


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a manifest may be. What clients can rely on is 4 MiB (distribution-spec 1.1, Pushing Manifests)."""

    body_bytes: int = 4 * 1024 * 1024
    depth: int = 64  # levels of nesting, the outermost object included
    brackets: int = 100_000  # opening brackets in the bytes, those in texts included
    entries: int = 10_000  # of each list or map that is read: layers, manifests, urls, annotations


LIMITS: Final = Limits()


@dataclass(frozen=True, slots=True)
class Manifest:
    """One image, or an index of several manifests, as pushed."""

    media_type: str
    kind: Kind
    body: bytes = field(repr=False)
    config: Descriptor | None = None
    layers: tuple[Descriptor, ...] = ()
    manifests: tuple[Descriptor, ...] = ()
    subject: Descriptor | None = None
    artifact_type: str | None = None
    annotations: Mapping[str, str] = field(default_factory=dict)


_FIELDS = frozenset(
    (
        "schemaVersion",
        "mediaType",
        "artifactType",
        "config",
        "layers",
        "manifests",
        "subject",
        "annotations",
        "fsLayers",
    )
)
_WEB_ADDRESS = re.compile(r"https?://[^\s/?#][^\s#]*", re.IGNORECASE)
_KEPT = f"accepted are {', '.join(mediatypes.ACCEPTED)}"
_SCHEMA1 = (
    "Docker image manifests of schema 1 are not accepted; push the image as OCI or schema 2 "
    "(for example: skopeo copy --format oci)"
)


def parse(body: bytes, content_type: str | None, limits: Limits = LIMITS) -> Manifest:
    """Read a manifest sent with a Content-Type header (None: no header); raises OciError (contract, 6.1 and 6.2).

    MANIFEST_INVALID names the field and the rule; a body over the limit is SIZE_INVALID with status 413.
    """
    if len(body) > limits.body_bytes:
        message = f"the manifest has {len(body)} bytes; at most {limits.body_bytes} are accepted"
        raise OciError("SIZE_INVALID", message, status=413)
    declared = mediatypes.declared(content_type)
    if declared in mediatypes.DOCKER_SCHEMA1:
        _refuse(_SCHEMA1)
    try:
        fields = decode_object(body, max_depth=limits.depth, max_brackets=limits.brackets)
        return _read(body, fields, declared, limits)
    except BrokenRule as broken:
        _refuse(f"{broken.path}: {broken.rule}", {"field": broken.path})
    except Invalid as wrong:
        _refuse(wrong.message)


def referrer_descriptor(manifest: Manifest, digest: Digest, size: int) -> Json:
    """The entry that a manifest with a subject has in the list of that subject's referrers (contract, section 10)."""
    entry: Json = {"mediaType": manifest.media_type, "digest": str(digest), "size": size}
    artifact_type = manifest.artifact_type or (manifest.config and manifest.config.media_type)
    if artifact_type:
        entry["artifactType"] = artifact_type
    if manifest.annotations:
        entry["annotations"] = dict(manifest.annotations)
    return entry


def _read(body: bytes, fields: Json, declared: str, limits: Limits) -> Manifest:
    refuse_lookalikes(fields, _FIELDS)
    version = fields.get("schemaVersion")
    if version == 1 or "fsLayers" in fields:
        raise Invalid(_SCHEMA1)
    if type(version) is not int or version != 2:
        raise BrokenRule("schemaVersion", "must be the number 2")
    media_type = _media_type(fields, declared)
    image = media_type in mediatypes.IMAGES
    _refuse_other_kind(fields, ("manifests",) if image else ("config", "layers"), media_type)
    manifest = Manifest(
        media_type,
        "image" if image else "index",
        body,
        read_one(fields, "config", limits.entries),
        read_descriptors(fields, "layers", limits.entries),
        read_descriptors(fields, "manifests", limits.entries),
        read_one(fields, "subject", limits.entries),
        read_media_type(fields, "artifactType"),
        read_annotations(fields, limits.entries),
    )
    if image and manifest.config is None:
        raise BrokenRule("config", "must be given; artifacts without one use application/vnd.oci.empty.v1+json")
    if media_type == mediatypes.DOCKER_MANIFEST:
        _check_urls(manifest)
    return manifest


def _media_type(fields: Json, declared: str) -> str:
    """What the header says, what the document says, or what its fields look like; all that is said must agree."""
    named = read_media_type(fields, "mediaType")
    for stated, place in ((declared, "the Content-Type"), (named, "the mediaType")):
        if stated and stated not in mediatypes.ACCEPTED:
            raise Invalid(f"{place} {ascii(stated[:255])} is not that of a manifest kept here; {_KEPT}")
    if declared and named and declared != named:
        raise BrokenRule("mediaType", f"is {named}, but the Content-Type says {declared}; send the same type in both")
    if declared in mediatypes.DOCKER and not named:
        raise BrokenRule("mediaType", f"must be given in Docker manifests: {declared}")
    return declared or named or _looks_like(fields)


def _looks_like(fields: Json) -> str:
    index, image = fields.get("manifests") is not None, fields.get("config") is not None
    if index == image:
        raise Invalid(f"the kind of manifest cannot be told; send it as Content-Type and as mediaType: {_KEPT}")
    return mediatypes.OCI_INDEX if index else mediatypes.OCI_MANIFEST


def _refuse_other_kind(fields: Json, names: tuple[str, ...], media_type: str) -> None:
    """A document that is an image to one reader and an index to another hides one of the two from scanners."""
    for name in names:
        if fields.get(name) is not None:
            raise BrokenRule(
                name, f"does not belong in {media_type}; push images and indexes as documents of their own"
            )


def _check_urls(manifest: Manifest) -> None:
    """Schema 2: foreign layers say where they are, all else is here (registry contract, section 6.2)."""
    if manifest.config is not None and manifest.config.urls:
        raise BrokenRule("config.urls", "only foreign layers may have URLs")
    for index, layer in enumerate(manifest.layers):
        if distributable(layer) and layer.urls:
            raise BrokenRule(f"layers[{index}].urls", "only foreign layers may have URLs")
        if not distributable(layer) and not layer.urls:
            raise BrokenRule(f"layers[{index}].urls", "a foreign layer needs at least one http or https URL")
        if not all(map(_WEB_ADDRESS.fullmatch, layer.urls)):
            raise BrokenRule(f"layers[{index}].urls", "each must be an http or https URL without a fragment")


def _refuse(rule: str, detail: Json | None = None) -> NoReturn:
    raise OciError("MANIFEST_INVALID", f"manifest invalid: {rule}", detail or {})
