"""Registries images may come from: a change of the cluster's configuration holds from the next write on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from roadstead.apimachinery.collection import Collection
from roadstead.base.values import Json
from roadstead.kube.status import StatusError
from roadstead.objects.sqlite import SqliteLog
from roadstead.objects.store import Store
from roadstead.resources.allowedregistries import IMAGE_CONFIG
from tests.resources.world import World, furnished


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = Store(SqliteLog(tmp_path / "objects.db"))
    yield opened
    await opened.close()


def from_registry(name: str) -> Json:
    return {"tags": [{"name": "v1", "from": {"kind": "DockerImage", "name": f"{name}/team/web:v1"}}]}


async def configure(world: World, **spec: Any) -> None:
    """Writes `image.config.openshift.io/cluster` anew."""
    kind = world.kinds.served[IMAGE_CONFIG]
    assert isinstance(kind, Collection)
    head = {"kind": "Image", "apiVersion": "config.openshift.io/v1", "metadata": {"name": "cluster"}}
    if kind.peek("", "cluster") is not None:
        await kind.delete("", "cluster", world.ask())
    await kind.create("", {**head, "spec": spec}, world.ask())


async def refused(world: World, name: str, registry: str) -> bool:
    try:
        await world.create("imagestreams", name, spec=from_registry(registry))
    except StatusError as failure:
        return "not allowed by whitelist" in failure.message
    return False


async def test_what_the_cluster_allows_counts_at_once_and_so_does_a_change(store: Store) -> None:
    world = await furnished(store)
    assert not await refused(world, "a", "q.test")
    await configure(world, allowedRegistriesForImport=[{"domainName": "r.test"}])
    assert await refused(world, "b", "q.test")
    assert not await refused(world, "c", "r.test")
    await configure(world, allowedRegistriesForImport=[{"domainName": "q.test"}])
    assert not await refused(world, "d", "q.test")
    await configure(world)
    assert not await refused(world, "e", "r.test")


async def test_the_setting_and_the_cluster_add_up(store: Store) -> None:
    world = await furnished(store, allowed_registries=("q.test",))
    await configure(world, allowedRegistriesForImport=[{"domainName": "r.test"}])
    assert [await refused(world, name, f"{name}.test") for name in ("q", "r", "s")] == [False, False, True]


@pytest.mark.parametrize("spec", [{}, {"allowedRegistriesForImport": None}, {"allowedRegistriesForImport": []}])
async def test_nothing_listed_allows_everything(store: Store, spec: Json) -> None:
    world = await furnished(store)
    await configure(world, **spec)
    assert not await refused(world, "a", "q.test")
