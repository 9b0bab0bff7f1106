"""Nothing is acknowledged before the file, its folder and every folder newly made are synced."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from roadstead.blobs.filesystem import FilesystemBlobs
from roadstead.blobs.uploads import FilesystemUploads
from roadstead.oci.digest import Digest
from roadstead.testing.blob_contract import BODY, pieces

DIGEST = Digest.of(BODY)
TARGET = f"blobs/sha256/{DIGEST.hex[:2]}/{DIGEST.hex}"


class Disk:
    """Watches the calls that matter and knows what a loss of power would leave: synced contents, synced names."""

    def __init__(self, root: str, patch: pytest.MonkeyPatch) -> None:
        self._root = root
        self.unsynced_names: set[str] = set()
        self.synced_files: set[int] = set()
        self.renamed_unsynced: list[str] = []
        self.syncs = 0
        self._fsync, self._mkdir, self._rename = os.fsync, os.mkdir, os.rename
        patch.setattr(os, "fsync", self.fsync)
        patch.setattr(os, "mkdir", self.mkdir)
        patch.setattr(os, "rename", self.rename)

    def fsync(self, fd: int) -> None:
        self._fsync(fd)
        self.syncs += 1
        self.synced_files.add(os.fstat(fd).st_ino)
        folder = os.readlink(f"/proc/self/fd/{fd}")
        self.unsynced_names = {name for name in self.unsynced_names if os.path.dirname(name) != folder}

    def mkdir(self, path: str, *rest: int) -> None:
        self._mkdir(path, *rest)
        self.unsynced_names.add(str(path))

    def rename(self, source: str, target: str) -> None:
        if os.stat(source).st_ino not in self.synced_files:
            self.renamed_unsynced.append(source)
        self._rename(source, target)
        self.unsynced_names.add(target)

    def at_risk(self) -> set[str]:
        """Names that matter to blobs and could still be lost."""
        names = {os.path.relpath(name, self._root) for name in self.unsynced_names}
        return {name for name in names if not name.startswith("uploads/")} | set(self.renamed_unsynced)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    with pytest.MonkeyPatch.context() as patch:
        yield Disk(str(tmp_path / "store"), patch)


async def test_a_blob_put_would_survive_a_loss_of_power(disk: Disk, blobs: FilesystemBlobs) -> None:
    await blobs.put(DIGEST, BODY)
    assert disk.at_risk() == set()
    assert (Path(blobs.folders.root) / TARGET).stat().st_ino in disk.synced_files


async def test_an_upload_finished_would_survive_a_loss_of_power(
    disk: Disk, blobs: FilesystemBlobs, uploads: FilesystemUploads
) -> None:
    id = await uploads.start({})
    await uploads.append(id, 0, pieces(BODY))
    await uploads.finish(id, DIGEST)
    assert disk.at_risk() == set()
    assert (Path(blobs.folders.root) / TARGET).stat().st_ino in disk.synced_files


async def test_once_the_folders_are_known_a_blob_costs_two_syncs(disk: Disk, blobs: FilesystemBlobs) -> None:
    await blobs.put(DIGEST, BODY)
    before = disk.syncs
    await blobs.put(DIGEST, BODY)
    assert disk.syncs - before == 2


async def test_recovery_syncs_what_the_last_run_renamed_and_did_not_live_to_sync(
    disk: Disk, blobs: FilesystemBlobs
) -> None:
    blobs.folders.ensure(blobs.folders.root)
    disk.unsynced_names.add(str(Path(blobs.folders.root) / TARGET))
    (Path(blobs.folders.root) / TARGET).parent.mkdir(parents=True)
    assert TARGET in disk.at_risk()
    await blobs.recover()
    assert disk.at_risk() == set()
