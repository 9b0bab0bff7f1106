"""A server killed at any moment keeps every blob it acknowledged, shows none that is wrong, and then clears up."""

import asyncio
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from roadstead.blobs.filesystem import FilesystemBlobs
from roadstead.blobs.uploads import FilesystemUploads
from roadstead.oci.digest import Digest
from roadstead.testing.blob_contract import kept

pytestmark = pytest.mark.crash
CRASHING = Path(__file__).with_name("crashing.py")


@pytest.mark.parametrize(("mode", "at_least"), [(("boundaries",), 100), (("moments", "15"), 15)])
def test_what_was_acknowledged_is_there_and_nothing_is_wrong(
    tmp_path: Path, threads: ThreadPoolExecutor, mode: tuple[str, ...], at_least: int
) -> None:
    subprocess.run([sys.executable, CRASHING, tmp_path, *mode], check=True, timeout=60)
    runs = [folder for folder in tmp_path.iterdir() if (folder / "acknowledged").exists()]
    assert len(runs) >= at_least
    acknowledged = [asyncio.run(survey(run, threads)) for run in runs]
    assert max(acknowledged) >= 4


async def survey(run: Path, threads: ThreadPoolExecutor) -> int:
    """Open the store after the crash, hold it to what was acknowledged, and count the blobs among that."""
    blobs = FilesystemBlobs(run / "store", threads)
    uploads = FilesystemUploads(blobs)
    acknowledged = [line.split() for line in (run / "acknowledged").read_text().splitlines()]
    await blobs.recover()
    await uploads.recover()
    for id, offset, digest in acknowledged:
        upload = await uploads.status(id)
        assert (upload is not None and upload.offset >= int(offset)) or await blobs.size(Digest.parse(digest))
    assert names(run / "store" / "tmp") == []
    for id in names(run / "store" / "uploads"):
        assert await uploads.status(id) is not None
    async for found in blobs.walk():
        assert Digest.of(await kept(blobs, found.digest) or b"") == found.digest
    files = [path for path in (run / "store" / "blobs").rglob("*") if path.is_file()]
    assert len(files) == len([found async for found in blobs.walk()])
    await uploads.sweep(datetime.now(UTC) + timedelta(hours=1))
    assert names(run / "store" / "uploads") == []
    return len([id for id, _, _ in acknowledged if id == "-"])


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()] if folder.exists() else []
