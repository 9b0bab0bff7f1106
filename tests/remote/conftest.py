"""A registry on loopback, and clients that may ask it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import pytest

from roadstead.base.settings import Outbound
from roadstead.remote.client import RemoteRegistry
from roadstead.remote.guard import Guard
from roadstead.remote.places import NO_KEYS, Credential, Keys, Place
from roadstead.remote.session import Remotes
from roadstead.testing.upstream import UpstreamRegistry
from roadstead.testing.upstream_users import HostKeys

LOOPBACK = Outbound(allow=["127.0.0.1"], connect_seconds=2, idle_seconds=1, document_seconds=2, transfer_seconds=2)

MakeClient = Callable[..., RemoteRegistry]


async def no_pause(_: float) -> None:
    """Time between two tries that a test need not wait for."""


@pytest.fixture
async def upstream() -> AsyncIterator[UpstreamRegistry]:
    """The registry, over plain http."""
    async with UpstreamRegistry() as registry:
        yield registry


@pytest.fixture
async def client_of() -> AsyncIterator[MakeClient]:
    """Makes clients: `client_of(upstream)`, as an account with `account=("name", "password")`."""
    made: list[Remotes] = []

    def make(
        registry: UpstreamRegistry | str,
        *,
        account: tuple[str, str] | None = None,
        keys: Keys = NO_KEYS,
        insecure: bool = True,
        ca: str = "",
        guard: Guard | None = None,
        **options: Any,
    ) -> RemoteRegistry:
        host = registry if isinstance(registry, str) else registry.host
        remotes = Remotes(guard or Guard(replace(LOOPBACK, **options)), pause=no_pause)
        made.append(remotes)
        if account is not None:
            keys = HostKeys({host: (Credential(*account),)})
        return RemoteRegistry(remotes, Place(host, insecure=insecure, ca=ca), keys)

    yield make
    for remotes in made:
        await remotes.close()
