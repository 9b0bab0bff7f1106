"""Places to copy from and to."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from roadstead.base.settings import Outbound
from roadstead.copying.copy import How
from roadstead.oci.descriptor import Descriptor
from roadstead.remote.client import RemoteRegistry
from roadstead.remote.guard import Guard
from roadstead.remote.places import Place
from roadstead.remote.session import Remotes
from roadstead.testing.upstream import UpstreamRegistry


class Onlooker:
    """Notes what a copy tells."""

    def __init__(self) -> None:
        self.size = self.seen = 0
        self.how: dict[str, How] = {}

    def found(self, manifests: int, blobs: int, size: int) -> None:
        """What there is to do."""
        self.size = size

    def moved(self, size: int) -> None:
        """More bytes."""
        self.seen += size

    def done(self, blob: Descriptor, how: How) -> None:
        """A blob."""
        self.how[str(blob.digest)] = how


@pytest.fixture
async def upstream() -> AsyncIterator[UpstreamRegistry]:
    """Where images come from."""
    async with UpstreamRegistry() as registry:
        yield registry


@pytest.fixture
async def downstream() -> AsyncIterator[UpstreamRegistry]:
    """Where they go."""
    async with UpstreamRegistry() as registry:
        yield registry


@pytest.fixture
async def remotes() -> AsyncIterator[Remotes]:
    """What clients share."""
    shared = Remotes(Guard(Outbound(allow=["127.0.0.1"], idle_seconds=2, document_seconds=5, transfer_seconds=5)))
    yield shared
    await shared.close()


def client(remotes: Remotes, registry: UpstreamRegistry) -> RemoteRegistry:
    """Asks a registry of a test."""
    return RemoteRegistry(remotes, Place(registry.host, insecure=True))
