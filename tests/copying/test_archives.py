"""Tar files as places of images."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from pathlib import Path

import pytest

from roadstead.copying.archives import ArchiveDestination
from roadstead.copying.copy import Copy, Options
from roadstead.copying.dockerarchive import DockerArchiveSource
from roadstead.copying.ends import Source
from roadstead.copying.files import TarFiles
from roadstead.copying.layout import LayoutSource
from roadstead.oci.digest import Digest
from roadstead.oci.mediatypes import OCI_MANIFEST
from roadstead.remote.errors import RemoteFailure
from roadstead.remote.session import Remotes
from roadstead.testing.builders import Content, artifact, config, index, manifest
from roadstead.testing.upstream import UpstreamRegistry
from tests.copying.conftest import Onlooker
from tests.copying.test_copy import copied

GZIP_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"


def tar(**files: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def real_image(*plain: bytes, diff_ids: list[str] | None = None, zipped: bytes = b"") -> Content:
    """An image whose config says what its gzipped layers unpack to."""
    layers = [Content(zipped or gzip.compress(each, mtime=0), GZIP_LAYER) for each in plain]
    ids = [str(Digest.of(each)) for each in plain] if diff_ids is None else diff_ids
    facts = {"os": "linux", "architecture": "amd64", "rootfs": {"type": "layers", "diff_ids": ids}}
    head = Content(json.dumps(facts).encode(), config("x").media_type)
    fields = {"mediaType": OCI_MANIFEST, "config": head.described(), "layers": [each.described() for each in layers]}
    return manifest(fields, (head, *layers))


PLAIN = tar(words=b"hello" * 1000)
WEB = real_image(PLAIN, tar(more=b"x"), PLAIN)


async def blobs_of(source: Source, reference: str) -> list[bytes]:
    walked = await Copy(source, None, Options(), Onlooker()).walk(reference)  # type: ignore[arg-type]
    found = []
    for blob in walked.blobs:
        async with source.blob(blob) as chunks:
            found.append(b"".join([chunk async for chunk in chunks]))
    return found


async def test_a_packed_layout_holds_everything(remotes: Remotes, upstream: UpstreamRegistry, tmp_path: Path) -> None:
    sbom = artifact(WEB)
    upstream.add("team/web", WEB, "v1")
    upstream.add("team/web", sbom)
    with ArchiveDestination(tmp_path / "web.tar", "oci-archive") as archive:
        await copied(remotes, upstream, archive)
    back = LayoutSource(TarFiles(tmp_path / "web.tar"))
    walked = await Copy(back, archive, Options(), Onlooker()).walk("v1")
    assert {str(each) for each in walked.items} == {WEB.digest, sbom.digest}
    assert names_in(tmp_path) == ["web.tar"]


async def test_a_docker_archive_holds_the_layers_as_plain_tars(
    remotes: Remotes, upstream: UpstreamRegistry, tmp_path: Path
) -> None:
    upstream.add("team/web", WEB, "v1")
    with ArchiveDestination(tmp_path / "web.tar", "docker-archive", "web:v1") as archive:
        await copied(remotes, upstream, archive, "", referrers=False)
    files = TarFiles(tmp_path / "web.tar")
    listed = json.loads(b"".join(files.pieces("manifest.json")))
    assert listed[0]["RepoTags"] == ["web:v1"]
    assert b"".join(files.pieces(listed[0]["Layers"][0])) == PLAIN
    assert listed[0]["Layers"][0] == listed[0]["Layers"][2]
    back = DockerArchiveSource(files)
    for reference in ("", "web:v1"):
        assert (await blobs_of(back, reference))[:2] == [WEB.blobs[0].data, PLAIN]
    with pytest.raises(RemoteFailure, match="web:v1"):
        await back.manifest("web:v2")


@pytest.mark.parametrize(
    ("image", "why"),
    [
        (index(WEB), "single image"),
        (artifact(), "artifact"),
        (real_image(PLAIN, diff_ids=[]), "diff ids"),
        (real_image(PLAIN, diff_ids=[str(Digest.of(b"else"))]), "does not unpack to"),
        (real_image(PLAIN, zipped=b"\x1f\x8b\x08broken"), "decompressed"),
        (real_image(PLAIN, zipped=b"\x28\xb5\x2f\xfdzstd"), "zstd"),
    ],
)
async def test_what_a_docker_archive_cannot_hold_is_refused(
    remotes: Remotes, upstream: UpstreamRegistry, tmp_path: Path, image: Content, why: str
) -> None:
    upstream.add("team/web", image, "v1", children=(WEB,))
    with pytest.raises(RemoteFailure, match=why), ArchiveDestination(tmp_path / "x.tar", "docker-archive") as archive:
        await copied(remotes, upstream, archive, "", referrers=False, single=True)
    assert not there(tmp_path / "x.tar")


async def test_a_file_that_exists_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "web.tar").touch()
    with pytest.raises(RemoteFailure, match="exists already"), ArchiveDestination(tmp_path / "web.tar", "oci-archive"):
        pass


@pytest.mark.parametrize(
    "content",
    [
        b"no tar",
        gzip.compress(PLAIN),
        tar(a=b"1"),
        tar(**{"manifest.json": b"{"}),
        tar(**{"manifest.json": b"{}"}),
        tar(**{"manifest.json": b"[]"}),
        tar(**{"manifest.json": b'[{"Config": 7}]'}),
        tar(**{"manifest.json": b'[{"Config": "gone", "Layers": []}]'}),
        tar(**{"manifest.json": b'[{"Config": "../../etc/passwd", "Layers": ["/etc/passwd"]}]'}),
    ],
)
async def test_a_docker_archive_that_is_none_is_refused(tmp_path: Path, content: bytes) -> None:
    written(tmp_path / "x.tar", content)
    with pytest.raises(RemoteFailure):
        await DockerArchiveSource(TarFiles(tmp_path / "x.tar")).manifest("")


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"oci-layout": b"{}"},
        {"oci-layout": b'{"imageLayoutVersion": "2.0.0"}', "index.json": b"{}"},
        {"oci-layout": b'{"imageLayoutVersion": "1.0.0"}', "index.json": b"["},
        {"oci-layout": b'{"imageLayoutVersion": "1.0.0"}', "index.json": b'{"manifests": [7, {"digest": "../../x"}]}'},
    ],
)
async def test_a_layout_that_is_none_is_refused(tmp_path: Path, files: dict[str, bytes]) -> None:
    written(tmp_path / "x.tar", tar(**files))
    with pytest.raises(RemoteFailure):
        await LayoutSource(TarFiles(tmp_path / "x.tar")).manifest("")


async def test_a_tar_that_ends_early_is_refused(tmp_path: Path) -> None:
    whole = tar(first=b"1", second=b"2" * 100_000)
    written(tmp_path / "x.tar", whole[:50_000])
    with pytest.raises(RemoteFailure):
        list(TarFiles(tmp_path / "x.tar").pieces("second"))


def there(file: Path) -> bool:
    return file.exists()


def written(file: Path, content: bytes) -> None:
    file.write_bytes(content)


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]
