"""A storage that is really full, and one that is really read-only."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from roadstead.base.errors import StorageFull, StorageReadOnly
from roadstead.blobs.filesystem import FilesystemBlobs
from roadstead.blobs.uploads import FilesystemUploads
from roadstead.oci.digest import Digest
from roadstead.testing.blob_contract import kept, offset_of, pieces

MIB = 1 << 20
BODY = os.urandom(6 * MIB)


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Path]:
    """A file system of 4 MiB."""
    place = tmp_path / "small"
    place.mkdir()
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("mounting a small file system needs root")
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", place], capture_output=True, text=True)
    if made.returncode != 0:
        pytest.skip(f"no file system may be mounted here: {made.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)


def remount(place: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", place], check=True)


async def test_an_upload_goes_on_from_the_bytes_stored_when_the_disk_was_full(
    mounted: Path, threads: ThreadPoolExecutor
) -> None:
    blobs = FilesystemBlobs(mounted / "store", threads)
    uploads = FilesystemUploads(blobs)
    id = await uploads.start({})
    with pytest.raises(StorageFull):
        await uploads.append(id, 0, pieces(*(BODY[at : at + 100_000] for at in range(0, len(BODY), 100_000))))
    held = await offset_of(uploads, id)
    assert 3 * MIB < held < 5 * MIB
    with pytest.raises(StorageFull):
        await blobs.put(Digest.of(BODY), BODY)
    with pytest.raises(StorageFull):
        await uploads.append(id, held, pieces(BODY[held:]))
    remount(mounted, "size=16m")
    held = await offset_of(uploads, id)
    await uploads.append(id, held, pieces(BODY[held:]))
    assert await uploads.finish(id, Digest.of(BODY)) == len(BODY)
    assert await kept(blobs, Digest.of(BODY)) == BODY
    assert await blobs.recover() == 0


async def test_a_full_disk_leaves_no_half_made_upload(mounted: Path, threads: ThreadPoolExecutor) -> None:
    blobs = FilesystemBlobs(mounted / "store", threads)
    uploads = FilesystemUploads(blobs)
    id = await uploads.start({})
    with pytest.raises(StorageFull):
        await uploads.append(id, 0, pieces(BODY))
    with pytest.raises(StorageFull):
        await uploads.start({"repository": "x" * 100_000})
    assert await uploads.recover() == 0
    assert [path.name for path in (mounted / "store" / "uploads").iterdir()] == [id]


async def test_storage_mounted_read_only_still_reads_and_says_why_it_does_not_write(
    mounted: Path, threads: ThreadPoolExecutor
) -> None:
    blobs = FilesystemBlobs(mounted / "store", threads)
    uploads = FilesystemUploads(blobs)
    small = BODY[:1000]
    await blobs.put(Digest.of(small), small)
    id = await uploads.start({})
    await uploads.append(id, 0, pieces(b"abc"))
    remount(mounted, "ro")
    assert await blobs.recover() == 0
    assert await kept(blobs, Digest.of(small)) == small
    for refused in (
        uploads.start({}),
        uploads.append(id, 3, pieces(b"def")),
        uploads.finish(id, Digest.of(b"abc")),
        uploads.cancel(id),
        blobs.put(Digest.of(b"other"), b"other"),
        blobs.delete(Digest.of(small)),
    ):
        with pytest.raises(StorageReadOnly, match="does not accept writes"):
            await refused
    remount(mounted, "rw")
    assert await uploads.finish(id, Digest.of(b"abc")) == 3
