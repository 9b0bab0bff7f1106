"""The filesystem driver on a fresh folder."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from roadstead.blobs.filesystem import FilesystemBlobs
from roadstead.blobs.uploads import FilesystemUploads


@pytest.fixture(scope="session")
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4, thread_name_prefix="blobs") as executor:
        yield executor


@pytest.fixture
def blobs(tmp_path: Path, threads: ThreadPoolExecutor) -> FilesystemBlobs:
    return FilesystemBlobs(tmp_path / "store", threads)


@pytest.fixture
def uploads(blobs: FilesystemBlobs) -> FilesystemUploads:
    return FilesystemUploads(blobs)
