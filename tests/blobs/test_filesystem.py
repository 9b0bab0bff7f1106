"""The filesystem driver keeps the contract, and what is special to files."""

import errno
import os
from pathlib import Path

import pytest

from roadstead.base.errors import StorageReadOnly
from roadstead.blobs.filesystem import FilesystemBlobs
from roadstead.oci.digest import Digest
from roadstead.testing.blob_contract import BODY, BlobStoreContract, kept

DIGEST = Digest.of(BODY)


class TestFilesystemBlobs(BlobStoreContract):
    pass


def file_of(blobs: FilesystemBlobs, digest: Digest = DIGEST) -> Path:
    return Path(blobs.folders.root) / "blobs" / digest.algorithm / digest.hex[:2] / digest.hex


async def test_a_blob_lies_where_the_port_says(blobs: FilesystemBlobs) -> None:
    await blobs.put(DIGEST, BODY)
    assert file_of(blobs).read_bytes() == BODY
    assert list((Path(blobs.folders.root) / "tmp").iterdir()) == []


async def test_putting_a_blob_again_heals_a_lost_file_a_lost_folder_and_a_damaged_file(blobs: FilesystemBlobs) -> None:
    await blobs.put(DIGEST, BODY)
    file_of(blobs).unlink()
    await blobs.put(DIGEST, BODY)
    file_of(blobs).unlink()
    file_of(blobs).parent.rmdir()
    await blobs.put(DIGEST, BODY)
    file_of(blobs).write_bytes(b"?" + BODY[1:])
    await blobs.put(DIGEST, BODY)
    assert await kept(blobs, DIGEST) == BODY


async def test_a_damaged_blob_is_not_handed_out_by_get(
    blobs: FilesystemBlobs, caplog: pytest.LogCaptureFixture
) -> None:
    await blobs.put(DIGEST, BODY)
    file_of(blobs).write_bytes(b"?" + BODY[1:])
    assert await blobs.get(DIGEST, limit=1 << 20) is None
    assert str(DIGEST) in caplog.text


async def test_a_file_cut_short_under_its_reader_ends_the_reading(blobs: FilesystemBlobs) -> None:
    await blobs.put(DIGEST, BODY)
    opened = await blobs.open(DIGEST)
    assert opened is not None
    os.truncate(file_of(blobs), 10)
    assert [piece async for piece in opened.read()] == [BODY[:10]]
    opened.close()


async def test_a_walk_passes_over_files_that_are_no_blobs(blobs: FilesystemBlobs) -> None:
    await blobs.put(DIGEST, BODY)
    root = Path(blobs.folders.root) / "blobs"
    (root / "lost+found").mkdir()
    (root / "README").write_text("hello")
    (root / "sha256" / "zz").mkdir()
    (root / "sha256" / "zz" / "note.txt").write_text("hello")
    file_of(blobs).with_suffix(".bak").write_text("hello")
    assert [found.digest async for found in blobs.walk()] == [DIGEST]


async def test_recovery_removes_what_was_never_renamed_and_nothing_else(blobs: FilesystemBlobs) -> None:
    assert await blobs.recover() == 0
    await blobs.put(DIGEST, BODY)
    for name in ("one", "two"):
        (Path(blobs.folders.root) / "tmp" / name).write_bytes(b"half")
    assert await blobs.recover() == 2
    assert await blobs.recover() == 0
    assert await kept(blobs, DIGEST) == BODY


@pytest.mark.parametrize("number", ["EROFS", "EACCES", "EPERM"])
async def test_storage_that_takes_no_writes_is_told_apart(
    blobs: FilesystemBlobs, number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> int:
        code = getattr(errno, number)
        raise OSError(code, os.strerror(code))

    await blobs.put(DIGEST, BODY)
    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(StorageReadOnly, match=os.strerror(getattr(errno, number))):
        await blobs.put(Digest.of(b"other"), b"other")
    monkeypatch.undo()
    assert await blobs.size(Digest.of(b"other")) is None
    assert await blobs.recover() == 0


async def test_any_other_error_of_the_system_stays_a_fault(
    blobs: FilesystemBlobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(OSError, match="Input/output"):
        await blobs.put(DIGEST, BODY)
