"""Images made by hand: OCI layouts, also for several platforms, and docker archives. All bytes are known beforehand."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from dataclasses import dataclass, field
from pathlib import Path

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"


def sha256(data: bytes) -> str:
    """The digest as registries write it."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def tar(files: dict[str, bytes]) -> bytes:
    """A tar archive, the same bytes every time."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def described(media_type: str, data: bytes, **more: object) -> dict[str, object]:
    """The descriptor of some content."""
    return {"mediaType": media_type, "digest": sha256(data), "size": len(data), **more}


@dataclass(frozen=True)
class Image:
    """One image for one platform, with one layer that holds one file."""

    text: str
    architecture: str = "amd64"
    files: bytes = field(init=False)
    layer: bytes = field(init=False)
    config: bytes = field(init=False)
    manifest: bytes = field(init=False)

    def __post_init__(self) -> None:
        files = tar({"words.txt": f"{self.text} on {self.architecture}\n".encode()})
        layer = gzip.compress(files, mtime=0)
        platform = {"architecture": self.architecture, "os": "linux"}
        facts = {"config": {"Labels": {"text": self.text}}, "rootfs": {"type": "layers", "diff_ids": [sha256(files)]}}
        config = json.dumps({**platform, **facts}).encode()
        parts = {"config": described(CONFIG, config), "layers": [described(LAYER, layer)]}
        manifest = json.dumps({"schemaVersion": 2, "mediaType": MANIFEST, **parts}).encode()
        for name, value in (("files", files), ("layer", layer), ("config", config), ("manifest", manifest)):
            object.__setattr__(self, name, value)

    @property
    def digest(self) -> str:
        """The manifest's digest."""
        return sha256(self.manifest)

    def layout(self, folder: Path) -> Path:
        """Written as an OCI layout with the tag `v1`."""
        return write_layout(folder, MANIFEST, self.manifest, [self.layer, self.config])

    def docker_archive(self, file: Path, name: str) -> Path:
        """Written as `docker save` writes it."""
        config = f"{sha256(self.config)[7:]}.json"
        contents = [{"Config": config, "RepoTags": [name], "Layers": ["layer.tar"]}]
        parts = {"manifest.json": json.dumps(contents).encode(), config: self.config, "layer.tar": self.files}
        file.write_bytes(tar(parts))
        return file


@dataclass(frozen=True)
class MultiPlatform:
    """One image for several platforms."""

    images: tuple[Image, ...]

    @property
    def index(self) -> bytes:
        """The index's bytes."""
        children = [
            described(MANIFEST, image.manifest, platform={"architecture": image.architecture, "os": "linux"})
            for image in self.images
        ]
        return json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": children}).encode()

    @property
    def digest(self) -> str:
        """The index's digest."""
        return sha256(self.index)

    def layout(self, folder: Path) -> Path:
        """Written as an OCI layout with the tag `v1`."""
        blobs = [data for image in self.images for data in (image.layer, image.config, image.manifest)]
        return write_layout(folder, INDEX, self.index, blobs)


def write_layout(folder: Path, media_type: str, top: bytes, blobs: list[bytes]) -> Path:
    """An OCI layout (image-spec, image-layout.md)."""
    for data in (top, *blobs):
        file = folder / "blobs" / "sha256" / sha256(data)[7:]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    entry = described(media_type, top, annotations={"org.opencontainers.image.ref.name": "v1"})
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [entry]}))
    (folder / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
    return folder


def digests_of_layout(folder: Path) -> set[str]:
    """Every digest in a layout, each checked against its bytes."""
    files = list((folder / "blobs" / "sha256").iterdir())
    assert all(sha256(file.read_bytes())[7:] == file.name for file in files)
    return {f"sha256:{file.name}" for file in files}
