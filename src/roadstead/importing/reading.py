"""What a remote manifest means for an import: which child to take, and the Image it makes; no I/O.

image-api contract, section 14.3.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from roadstead.base.errors import Failure, Invalid
from roadstead.base.values import Json
from roadstead.kube.time import format_time
from roadstead.oci import manifest as oci
from roadstead.oci import mediatypes
from roadstead.oci.descriptor import Descriptor
from roadstead.oci.manifest import Manifest
from roadstead.remote.words import SCHEMA1
from roadstead.streams import docker10
from roadstead.streams.fill import filled

MOST_CHILDREN = 256
"""Entries of an index that is imported as it is; each is looked at."""
USUAL_ARCHITECTURE, USUAL_SYSTEM = "amd64", "linux"


def read(body: bytes, media_type: str) -> Manifest:
    """A manifest as it came from another registry; raises Invalid naming the rule it breaks."""
    if mediatypes.essence(media_type) in mediatypes.DOCKER_SCHEMA1:
        raise Invalid(SCHEMA1)
    try:
        return oci.parse(body, media_type or None)
    except Failure as wrong:
        raise Invalid(SCHEMA1 if "schema 1" in wrong.message else wrong.message) from None


def chosen(children: Sequence[Descriptor], architecture: str, system: str) -> Descriptor:
    """The entry of an index that stands for all: the platform preferred, else amd64/linux, else the first.

    Raises Invalid for an empty index.
    """
    if not children:
        raise Invalid("no manifests in manifest list")
    for wanted in ((architecture, system or USUAL_SYSTEM), (USUAL_ARCHITECTURE, USUAL_SYSTEM)):
        for child in children:
            platform = child.platform or {}
            if (platform.get("architecture"), platform.get("os")) == wanted:
                return child
    return children[0]


def single_image(manifest: Manifest, digest: str, config: bytes | None) -> Json:
    """The Image of a manifest that is no index, texts included; where it is from is said later.

    `config` is the whole config document, None when it is too large to be read.
    """
    image = filled(_named(digest), manifest, manifest.media_type, config)
    texts = {"dockerImageManifest": manifest.body.decode(errors="replace")}
    if config:
        texts["dockerImageConfig"] = config.decode(errors="replace")
    return {**image, **texts}


def index_image(manifest: Manifest, digest: str, now: datetime) -> Json:
    """The Image of an index that is imported as it is; an entry without a platform makes it invalid (WART-11).

    Raises Invalid when it has more entries than are looked at.
    """
    if len(manifest.manifests) > MOST_CHILDREN:
        count = len(manifest.manifests)
        raise Invalid(f"the index has {count} entries; at most {MOST_CHILDREN} are imported with PreserveOriginal")
    return {
        **_named(digest),
        "dockerImageMetadata": docker10.from_index(digest, format_time(now)),
        "dockerImageMetadataVersion": docker10.VERSION,
        "dockerImageManifestMediaType": manifest.media_type,
        "dockerImageManifests": [_entry(each) for each in manifest.manifests],
    }


def placed(image: Json, reference: str) -> Json:
    """`image` from the place `reference` names by digest."""
    return {**image, "dockerImageReference": reference}


def without_texts(image: Json) -> Json:
    """`image` as it is stored: without the texts of manifest and config."""
    return {key: value for key, value in image.items() if key not in ("dockerImageManifest", "dockerImageConfig")}


def _named(digest: str) -> Json:
    return {"metadata": {"name": digest}, "dockerImageReference": ""}


def _entry(entry: Descriptor) -> Json:
    platform = entry.platform or {}
    said = {name: platform[name] for name in ("architecture", "os", "variant") if platform.get(name)}
    return {"digest": str(entry.digest), "mediaType": entry.media_type, "manifestSize": entry.size, **said}
