"""What `docker save` and `podman save` write, as the source of a copy: an image is made of its config and layers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import orjson

from roadstead.base.values import Json
from roadstead.copying.ends import Found, missing, unusable
from roadstead.copying.files import Files, read
from roadstead.oci.descriptor import Descriptor
from roadstead.oci.digest import Digest, Hasher
from roadstead.oci.mediatypes import DOCKER_MANIFEST

LIST_BYTES = 4 * 1024 * 1024
CONFIG_BYTES = 8 * 1024 * 1024
MAX_LAYERS = 1000
CONFIG_TYPE = "application/vnd.docker.container.image.v1+json"
LAYER_TYPE = "application/vnd.docker.image.rootfs.diff.tar"
_GZIP = b"\x1f\x8b"


class DockerArchiveSource:
    """Reads a docker archive. Layers are taken as they lie there: the manifest made of them never varies."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._images = _images(files)
        self._names: dict[Digest, str] = {}

    @property
    def repository(self) -> tuple[str, str]:
        """No registry."""
        return "", ""

    async def manifest(self, reference: str) -> Found:
        """The image with this name:tag; the only one without a reference."""
        found = [each for each in self._images if not reference or _named(each, reference)]
        if len(found) != 1:
            names = [name for each in self._images for name in each.get("RepoTags") or []]
            which = f"image {reference}" if reference else "exactly one image"
            raise missing(f"{which} (there are {', '.join(map(str, names[:20])) or 'unnamed ones'})", self._files.label)
        return self._made(found[0])

    @asynccontextmanager
    async def blob(self, wanted: Descriptor, start: int = 0) -> AsyncIterator[AsyncIterator[bytes]]:
        """The bytes from `start` on; they were hashed when the manifest was made."""
        name = self._names.get(wanted.digest)
        if name is None:
            raise missing(f"blob {wanted.digest}", self._files.label)
        yield self._pieces(name, start)

    async def referrers(self, digest: Digest) -> Sequence[Digest]:
        """There are none in a docker archive."""
        return []

    async def _pieces(self, name: str, start: int) -> AsyncIterator[bytes]:
        for piece in self._files.pieces(name, start):
            yield piece

    def _made(self, image: Json) -> Found:
        config, layers = image.get("Config"), image.get("Layers")
        if not isinstance(config, str) or not isinstance(layers, list) or len(layers) > MAX_LAYERS:
            raise unusable(self._files.label, "its manifest.json names no config and layers")
        body = orjson.dumps(
            {
                "schemaVersion": 2,
                "mediaType": DOCKER_MANIFEST,
                "config": self._described(config, CONFIG_TYPE, CONFIG_BYTES),
                "layers": [self._described(str(layer), LAYER_TYPE) for layer in layers],
            },
            option=orjson.OPT_INDENT_2,
        )
        return Found(Digest.of(body), DOCKER_MANIFEST, body)

    def _described(self, name: str, media_type: str, limit: int = 0) -> dict[str, Any]:
        size = self._files.size(name)
        if size is None:
            raise missing(name, self._files.label)
        if limit and size > limit:
            raise unusable(self._files.label, f"{name} has {size} bytes; at most {limit} are read")
        hasher, first = Hasher(), b""
        for piece in self._files.pieces(name):
            first = first or piece[:2]
            hasher.update(piece)
        digest = hasher.digest()
        self._names[digest] = name
        zipped = media_type == LAYER_TYPE and first == _GZIP
        return {"mediaType": f"{media_type}.gzip" if zipped else media_type, "size": size, "digest": str(digest)}


def _images(files: Files) -> list[Json]:
    if files.size("manifest.json") is None:
        raise unusable(files.label, "it is no docker archive (there is no manifest.json in it)")
    try:
        listed = orjson.loads(read(files, "manifest.json", LIST_BYTES))
    except orjson.JSONDecodeError:
        raise unusable(files.label, "its manifest.json is not JSON") from None
    good = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    if not good:
        raise unusable(files.label, "its manifest.json lists no image")
    return good


def _named(image: Json, reference: str) -> bool:
    """`web:v1` is also what is stored as `docker.io/library/web:v1` or `localhost/web:v1`."""
    names = [str(name) for name in image.get("RepoTags") or []]
    wanted = reference if ":" in reference.rpartition("/")[2] else f"{reference}:latest"
    return any(name == wanted or name.endswith(f"/{wanted}") for name in names)
