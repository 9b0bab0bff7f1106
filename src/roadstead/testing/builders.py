"""Valid content of every kind for tests: blobs, images, indexes, artifacts; no I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from roadstead.base.values import Json
from roadstead.oci.digest import Digest
from roadstead.oci.mediatypes import DOCKER_LIST, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST

OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar"
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"
DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar"
DOCKER_FOREIGN_LAYER = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
OCI_FOREIGN_LAYER = "application/vnd.oci.image.layer.nondistributable.v1.tar"
EMPTY_TYPE = "application/vnd.oci.empty.v1+json"
SBOM = "application/vnd.test.sbom"


@dataclass(frozen=True)
class Content:
    """Some bytes, their media type, and the blobs a manifest made of them names."""

    data: bytes
    media_type: str = OCI_LAYER
    blobs: tuple[Content, ...] = ()
    algorithm: str = "sha256"

    @property
    def digest(self) -> str:
        """The digest, as text."""
        return str(Digest.of(self.data, self.algorithm))

    def described(self, **more: Any) -> Json:
        """A descriptor of it, with more or other fields."""
        return {"mediaType": self.media_type, "digest": self.digest, "size": len(self.data), **more}


EMPTY_JSON = Content(b"{}", EMPTY_TYPE)


def layer(text: str, media_type: str = OCI_LAYER, algorithm: str = "sha256") -> Content:
    """A blob of a few hundred bytes made of a text."""
    return Content(f"layer {text}\n".encode() * 40, media_type, algorithm=algorithm)


def config(name: str, media_type: str = OCI_CONFIG, algorithm: str = "sha256") -> Content:
    """The config of a runnable image."""
    facts = {"architecture": "amd64", "os": "linux", "config": {"Labels": {"name": name}}}
    return Content(orjson.dumps({**facts, "rootfs": {"type": "layers", "diff_ids": []}}), media_type, (), algorithm)


def manifest(fields: Json, blobs: Sequence[Content] = (), algorithm: str = "sha256") -> Content:
    """Any manifest from its fields."""
    body = orjson.dumps({"schemaVersion": 2, **fields}, option=orjson.OPT_INDENT_2)
    return Content(body, str(fields["mediaType"]), tuple(blobs), algorithm)


def image(name: str = "web", layers: int = 2, *, algorithm: str = "sha256", **fields: Any) -> Content:
    """An OCI image; `fields` are added to its manifest, or replace what is there."""
    parts = [layer(f"{number} of {name}", algorithm=algorithm) for number in range(layers)]
    head = config(name, algorithm=algorithm)
    named = {"config": head.described(), "layers": [part.described() for part in parts]}
    return manifest({"mediaType": OCI_MANIFEST, **named, **fields}, (head, *parts), algorithm)


def docker_image(name: str = "web", **fields: Any) -> Content:
    """An image of Docker's schema 2."""
    head, part = config(name, DOCKER_CONFIG), layer(name, DOCKER_LAYER)
    named = {"config": head.described(), "layers": [part.described()]}
    return manifest({"mediaType": DOCKER_MANIFEST, **named, **fields}, (head, part))


def index(*children: Content, media_type: str = OCI_INDEX, **fields: Any) -> Content:
    """An index: the first child is linux/amd64, the second linux/arm64, the others say nothing."""
    platforms = [{"os": "linux", "architecture": name} for name in ("amd64", "arm64")]
    entries = [child.described() for child in children]
    for entry, platform in zip(entries, platforms, strict=False):
        entry["platform"] = platform
    return manifest({"mediaType": media_type, "manifests": entries, **fields})


def docker_list(*children: Content) -> Content:
    """Docker's kind of index."""
    return index(*children, media_type=DOCKER_LIST)


def artifact(subject: Content | None = None, kind: str = SBOM, *, layers: int = 1, note: str = "") -> Content:
    """An artifact, about a subject if there is one."""
    parts = [layer(f"{number} of {kind} {note}") for number in range(layers)]
    fields: Json = {"artifactType": kind, "config": EMPTY_JSON.described()}
    fields["layers"] = [part.described() for part in parts]
    fields["annotations"] = {"org.test.note": note}
    if subject is not None:
        fields["subject"] = subject.described()
    return manifest({"mediaType": OCI_MANIFEST, **fields}, (EMPTY_JSON, *parts))
