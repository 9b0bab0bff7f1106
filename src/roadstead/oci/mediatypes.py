"""Media types of manifests and layers; no I/O."""

from __future__ import annotations

from typing import Final

OCI_MANIFEST: Final = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX: Final = "application/vnd.oci.image.index.v1+json"
DOCKER_MANIFEST: Final = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST: Final = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_SCHEMA1_SIGNED: Final = "application/vnd.docker.distribution.manifest.v1+prettyjws"
DOCKER_SCHEMA1: Final = frozenset({"application/vnd.docker.distribution.manifest.v1+json", DOCKER_SCHEMA1_SIGNED})

IMAGES: Final = frozenset({OCI_MANIFEST, DOCKER_MANIFEST})
INDEXES: Final = frozenset({OCI_INDEX, DOCKER_LIST})
DOCKER: Final = frozenset({DOCKER_MANIFEST, DOCKER_LIST})
ACCEPTED: Final = (OCI_MANIFEST, OCI_INDEX, DOCKER_MANIFEST, DOCKER_LIST)
"""Every kind of manifest that is kept here."""

_GENERIC = frozenset(
    {"application/json", "application/octet-stream", "application/x-www-form-urlencoded", "text/json", "text/plain"}
)
_ELSEWHERE = ("application/vnd.docker.image.rootfs.foreign.", "application/vnd.oci.image.layer.nondistributable.")


def essence(header: str) -> str:
    """The media type of a header value, in lower case and without parameters."""
    return header.partition(";")[0].strip().lower()


def declared(content_type: str | None) -> str:
    """The manifest type a Content-Type header states; empty when it is missing or what clients send when unasked."""
    stated = essence(content_type or "")
    return "" if stated in _GENERIC else stated


def lives_elsewhere(layer_type: str) -> bool:
    """Whether blobs of this type may be left out of a registry, because their licence says where to get them."""
    return layer_type.startswith(_ELSEWHERE)
