"""Tar files as the destination of a copy: a layout beside them is filled first, and packed at the end."""

from __future__ import annotations

import io
import itertools
import os
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Literal, Self

import orjson

from roadstead.base.values import Json
from roadstead.copying.ends import Found, unusable
from roadstead.copying.files import PIECE, FolderFiles, read
from roadstead.copying.layout import path_of
from roadstead.copying.layoutwriting import ASIDE, LayoutDestination
from roadstead.oci.descriptor import Descriptor
from roadstead.oci.digest import Digest, Hasher
from roadstead.oci.manifest import Manifest, parse
from roadstead.remote.pushing import OpenAt

CONFIG_BYTES = 8 * 1024 * 1024
LARGEST_LAYER = 256 * 1024**3
_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"


class ArchiveDestination:
    """`FILE`, by way of the folder `FILE.partial`, which stays when the copy fails so that it can go on from there."""

    def __init__(self, file: Path, form: Literal["oci-archive", "docker-archive"], tag: str = "") -> None:
        """`tag` is the name:tag that `docker load` will give the image."""
        self._file, self._form, self._tag = file, form, tag
        self._layout = LayoutDestination(file.with_name(file.name + ".partial"))
        self._last: Found | None = None

    def __enter__(self) -> Self:
        if self._file.exists():
            raise unusable(str(self._file), "it exists already; remove it or name another file")
        self._layout.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, value: object, trace: TracebackType | None) -> None:
        self._layout.__exit__(kind, value, trace)
        if kind is None:
            shutil.rmtree(self._layout.folder)

    async def has_blob(self, wanted: Descriptor) -> bool:
        """Fetched by an earlier attempt."""
        return await self._layout.has_blob(wanted)

    async def keep_blob(self, wanted: Descriptor, open_at: OpenAt, source: tuple[str, str]) -> bool:
        """Into the folder."""
        return await self._layout.keep_blob(wanted, open_at, source)

    async def keep_manifest(self, found: Found, name: str | None, subject: Digest | None) -> None:
        """Into the folder; a docker archive holds one image, which has no referrers there."""
        if self._form == "docker-archive":
            self._last = found
        await self._layout.keep_manifest(found, name, subject)

    async def finish(self) -> None:
        """Packs the folder; the file gets its name when it is whole."""
        await self._layout.finish()
        packed = self._file.with_name(self._file.name + ".partial.tar")
        with tarfile.open(packed, "w", format=tarfile.PAX_FORMAT) as archive:
            if self._form == "oci-archive":
                _pack_layout(archive, self._layout.folder)
            else:
                assert self._last is not None
                _pack_docker(archive, self._layout.folder, self._last, self._tag)
        with packed.open("rb") as file:
            os.fsync(file.fileno())
        os.replace(packed, self._file)


def _pack_layout(archive: tarfile.TarFile, folder: Path) -> None:
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if path.is_file() and name.parts[0] != ASIDE:
            _add(archive, str(name), path.open("rb"), path.stat().st_size)


def _pack_docker(archive: tarfile.TarFile, folder: Path, found: Found, tag: str) -> None:
    """manifest.json, the config, and each layer as a plain tar named by its diff id, as `docker load` takes them."""
    files, manifest = FolderFiles(folder), parse(found.body, found.media_type)
    if manifest.config is None or manifest.artifact_type:
        raise unusable(str(folder), "what is copied is an artifact and no image; use oci-archive: for it")
    config = read(files, path_of(manifest.config.digest), CONFIG_BYTES)
    names = []
    for layer, diff_id in zip(manifest.layers, _diff_ids(config, manifest), strict=True):
        names.append(f"{diff_id.hex}.tar")
        with tempfile.TemporaryFile(dir=folder) as plain:
            size = _unpack(files, layer.digest, diff_id, plain)
            if names[-1] not in names[:-1]:
                _add(archive, names[-1], plain, size)
    head = f"{manifest.config.digest.hex}.json"
    _add(archive, head, io.BytesIO(config), len(config))
    listed = orjson.dumps([{"Config": head, "RepoTags": [tag] if tag else [], "Layers": names}])
    _add(archive, "manifest.json", io.BytesIO(listed), len(listed))


def _diff_ids(config: bytes, manifest: Manifest) -> list[Digest]:
    try:
        facts: Json = orjson.loads(config)
        found = [Digest.parse(each) for each in facts["rootfs"]["diff_ids"]]
    except Exception:
        raise unusable("the image", "its config does not say what its layers unpack to (rootfs.diff_ids)") from None
    if len(found) != len(manifest.layers):
        raise unusable("the image", f"it has {len(manifest.layers)} layers and {len(found)} diff ids")
    return found


def _unpack(files: FolderFiles, digest: Digest, diff_id: Digest, plain: IO[bytes]) -> int:
    """A layer as a plain tar; what it unpacks to must be what the config says, and never more than a bound."""
    hasher, size = Hasher(diff_id.algorithm), 0
    for piece in _unpacked(files, digest):
        hasher.update(piece)
        size += len(piece)
        if size > LARGEST_LAYER:
            raise unusable(f"layer {digest}", f"it unpacks to more than {LARGEST_LAYER} bytes")
        plain.write(piece)
    if hasher.digest() != diff_id:
        raise unusable(f"layer {digest}", f"it does not unpack to {diff_id}, as the image's config says")
    plain.seek(0)
    return size


def _unpacked(files: FolderFiles, digest: Digest) -> Iterator[bytes]:
    pieces = files.pieces(path_of(digest))
    first = next(pieces, b"")
    if first.startswith(_ZSTD):
        raise unusable(
            f"layer {digest}", "it is compressed with zstd, which docker archives cannot hold; use oci-archive:"
        )
    if not first.startswith(_GZIP):
        yield first
        yield from pieces
        return
    unzip = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        for piece in itertools.chain([first], pieces):
            data = piece
            while data:
                yield unzip.decompress(data, PIECE)
                data = unzip.unconsumed_tail
                if unzip.eof and unzip.unused_data:
                    data, unzip = unzip.unused_data, zlib.decompressobj(zlib.MAX_WBITS | 16)
        yield unzip.flush()
    except zlib.error as wrong:
        raise unusable(f"layer {digest}", f"it cannot be decompressed: {wrong}") from None


def _add(archive: tarfile.TarFile, name: str, file: IO[bytes], size: int) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, 0o644
    with file:
        archive.addfile(entry, file)
