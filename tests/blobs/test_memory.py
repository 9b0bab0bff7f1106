"""The memory driver keeps the contract."""

import pytest

from roadstead.blobs.memory import MemoryBlobs, MemoryUploads
from roadstead.blobs.store import BlobStore, Uploads
from roadstead.testing.blob_contract import BlobStoreContract, UploadsContract


@pytest.fixture
def blobs() -> MemoryBlobs:
    return MemoryBlobs()


@pytest.fixture
def uploads(blobs: MemoryBlobs) -> MemoryUploads:
    return MemoryUploads(blobs)


class TestMemoryBlobs(BlobStoreContract):
    pass


class TestMemoryUploads(UploadsContract):
    pass


def test_the_driver_has_the_shape_of_both_ports() -> None:
    blobs = MemoryBlobs()
    ports: tuple[BlobStore, Uploads] = blobs, MemoryUploads(blobs)
    assert ports
