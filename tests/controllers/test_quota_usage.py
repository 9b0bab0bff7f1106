"""What quotas say is used follows what comes and goes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from roadstead.base.values import Json
from roadstead.controllers.quota_usage import QuotaUsage
from roadstead.objects.sqlite import SqliteLog
from roadstead.objects.store import Store
from roadstead.resources import plain
from tests.controllers.waiting import running, until
from tests.resources.world import World, furnished


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """Every kind, with a namespace `shop` that holds an empty stream `web`."""
    store = Store(SqliteLog(tmp_path / "objects.db"))
    yield await furnished(store)
    await store.close()


def usage(world: World) -> QuotaUsage:
    kinds = world.kinds
    bounds = [kinds.plain(plain.RESOURCE_QUOTAS), kinds.plain(plain.CLUSTER_RESOURCE_QUOTAS), kinds.namespaces]
    return QuotaUsage(kinds.quotas, world.store, bounds, lambda: world.now)


def used(world: World) -> Json:
    found = world.kinds.plain(plain.RESOURCE_QUOTAS).peek("shop", "q") or {}
    return dict((found.get("status") or {}).get("used") or {})


def cluster_used(world: World) -> Json:
    found = world.kinds.plain(plain.CLUSTER_RESOURCE_QUOTAS).peek("", "all") or {}
    return dict((found.get("status") or {}).get("total", {}).get("used") or {})


async def test_a_new_quota_is_told_what_is_there_and_what_went(world: World) -> None:
    await world.create("secrets", "s")
    async with running(usage(world).loop()):
        await world.create("resourcequotas", "q", spec={"hard": {"secrets": "9", "openshift.io/imagestreams": "9"}})
        await until(lambda: used(world) == {"secrets": "1", "openshift.io/imagestreams": "1"})
        await world.kind("secrets").delete("shop", "s", world.ask())
        await until(lambda: used(world) == {"secrets": "0", "openshift.io/imagestreams": "1"})


async def test_a_cluster_quota_follows_the_namespaces_it_selects(world: World) -> None:
    selector = {"labels": {"matchLabels": {"kubernetes.io/metadata.name": "depot"}}}
    spec = {"selector": selector, "quota": {"hard": {"secrets": "9"}}}
    async with running(usage(world).loop()):
        await world.create("clusterresourcequotas", "all", namespace="", spec=spec)
        await until(lambda: cluster_used(world) == {"secrets": "0"})
        await world.create("namespaces", "depot", namespace="")
        await world.create("secrets", "s", namespace="depot")
        await until(lambda: cluster_used(world) == {"secrets": "1"})
