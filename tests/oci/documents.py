"""Manifests to test with."""

from typing import Any

import orjson

from roadstead.base.values import Json
from roadstead.oci.digest import Digest
from roadstead.oci.mediatypes import DOCKER_LIST, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST

CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
FOREIGN = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
NONDISTRIBUTABLE = "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd"


def described(content: bytes = b"x", media_type: str = LAYER, **more: Any) -> Json:
    return {"mediaType": media_type, "digest": str(Digest.of(content)), "size": len(content), **more}


def image(media_type: str = OCI_MANIFEST, **more: Any) -> Json:
    return {
        "schemaVersion": 2,
        "mediaType": media_type,
        "config": described(b"{}", CONFIG),
        "layers": [described(b"1"), described(b"22")],
        **more,
    }


def index(media_type: str = OCI_INDEX, **more: Any) -> Json:
    platform = {"os": "linux", "architecture": "amd64"}
    return {
        "schemaVersion": 2,
        "mediaType": media_type,
        "manifests": [described(b"child", OCI_MANIFEST, platform=platform)],
        **more,
    }


def docker_image(**more: Any) -> Json:
    return image(DOCKER_MANIFEST, **more)


def docker_list(**more: Any) -> Json:
    return index(DOCKER_LIST, **more)


def without(document: Json, *names: str) -> Json:
    return {name: value for name, value in document.items() if name not in names}


def written(document: object) -> bytes:
    return orjson.dumps(document)
