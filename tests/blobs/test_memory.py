"""The memory driver keeps the contract."""

import pytest

from roadstead.blobs.memory import MemoryBlobs, MemoryUploads
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
