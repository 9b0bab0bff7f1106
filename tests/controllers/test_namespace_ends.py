"""A namespace that is being deleted is emptied to the end, after a restart too."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.collection import Collection
from roadstead.base.values import Json
from roadstead.controllers.namespace_ends import NamespaceEnds
from roadstead.kube.status import StatusError
from roadstead.objects.store import Store
from roadstead.resources import plain
from roadstead.resources.namespaces import Namespaces
from roadstead.testing.clock import START, SimulatedClock
from tests.controllers.waiting import running, until

ASK = Ask.internal(START)


class Cluster:
    """Namespaces that hold config maps."""

    def __init__(self, store: Store) -> None:
        self.namespaces = Namespaces(store)
        self.maps = Collection(plain.CONFIG_MAPS, store, namespace_check=self.namespaces.check)
        self.namespaces.content = lambda: [self.maps]

    async def make(self, name: str, *maps: str, **metadata: Any) -> None:
        await self.namespaces.create("", {"metadata": {"name": name}}, ASK)
        for each in maps:
            await self.maps.create(name, {"metadata": {"name": each, **metadata}}, ASK)

    def phase(self, name: str) -> str:
        found = self.namespaces.peek("", name)
        return found["status"]["phase"] if found else "gone"

    def conditions(self, name: str) -> dict[str, tuple[str, str]]:
        found: Json = self.namespaces.peek("", name) or {}
        return {each["type"]: (each["status"], each["message"]) for each in found["status"].get("conditions", [])}


@pytest.fixture
def cluster(store: Store) -> Cluster:
    """A cluster with nothing in it."""
    return Cluster(store)


async def test_a_namespace_left_half_deleted_is_emptied_after_a_restart(
    cluster: Cluster, clock: SimulatedClock
) -> None:
    await cluster.make("shop", "a", "b")
    # What a crash leaves: the mark, and everything still there.
    await Collection.delete(cluster.namespaces, "", "shop", ASK)
    assert cluster.phase("shop") == "Terminating"
    async with running(NamespaceEnds(cluster.namespaces, clock=clock).loop()):
        await until(lambda: cluster.phase("shop") == "gone")
    assert cluster.maps.peek("shop", "a") is None


async def test_one_marked_by_an_earlier_release_is_emptied_too(cluster: Cluster, clock: SimulatedClock) -> None:
    await cluster.make("shop", "a")

    async def phase_only(new: Json, old: Json, ask: Ask) -> Json:
        return {**new, "status": {"phase": "Terminating"}}

    await cluster.namespaces.update("", "shop", {"metadata": {"name": "shop"}}, ASK, rules_hook=phase_only)
    async with running(NamespaceEnds(cluster.namespaces, clock=clock).loop()):
        await until(lambda: cluster.phase("shop") == "gone")


async def test_what_has_finalizers_holds_its_namespace_which_says_so(cluster: Cluster, clock: SimulatedClock) -> None:
    await cluster.make("shop", "a", finalizers=["example.test/hold"])
    left = await cluster.namespaces.delete("", "shop", ASK)
    assert left["status"]["phase"] == "Terminating"
    assert left["metadata"]["deletionTimestamp"] == "2026-11-23T18:49:39Z"
    assert cluster.conditions("shop")["NamespaceContentRemaining"] == (
        "True",
        "Some resources are remaining: configmaps. has 1 resource instances",
    )
    assert cluster.conditions("shop")["NamespaceFinalizersRemaining"] == (
        "True",
        "Some content in the namespace has finalizers remaining: example.test/hold in 1 resource instances",
    )
    revision = cluster.namespaces.store.revision()
    async with running(NamespaceEnds(cluster.namespaces, clock=clock).loop()):
        await clock.settle()
        await clock.advance(3)
        assert cluster.namespaces.store.revision() == revision
        held = cluster.maps.peek("shop", "a")
        assert held is not None
        held["metadata"].pop("finalizers")
        await cluster.maps.update("shop", "a", held, ASK)
        await clock.advance(3)
        await until(lambda: cluster.phase("shop") == "gone")


async def test_a_namespace_may_have_finalizers_itself(cluster: Cluster) -> None:
    await cluster.make("shop", "a")
    metadata = {"name": "shop", "finalizers": ["example.test/hold"]}
    await cluster.namespaces.update("", "shop", {"metadata": metadata}, ASK)
    await cluster.namespaces.delete("", "shop", ASK)
    assert (cluster.phase("shop"), cluster.maps.peek("shop", "a")) == ("Terminating", None)
    found = cluster.namespaces.peek("", "shop")
    assert found is not None
    found["metadata"].pop("finalizers")
    await cluster.namespaces.update("", "shop", found, ASK)
    assert cluster.phase("shop") == "gone"


async def test_finalize_lets_a_namespace_go_that_cannot_be_emptied(cluster: Cluster) -> None:
    await cluster.make("shop", "a", finalizers=["example.test/hold"])
    await cluster.namespaces.delete("", "shop", ASK)
    found = cluster.namespaces.peek("", "shop") or {}
    body = {**found, "spec": {"finalizers": []}}
    await cluster.namespaces.subresource("update", "", "shop", "finalize", body, ASK)
    assert cluster.phase("shop") == "gone"


@pytest.mark.parametrize("name", ["default", "kube-system", "openshift"])
async def test_some_namespaces_are_never_deleted(cluster: Cluster, name: str) -> None:
    await cluster.make(name)
    with pytest.raises(StatusError, match="this namespace may not be deleted"):
        await cluster.namespaces.delete("", name, ASK)


async def test_many_objects_are_deleted_page_by_page(cluster: Cluster) -> None:
    await cluster.make("shop", *(f"m{number}" for number in range(1200)))
    before = cluster.namespaces.store.revision()
    left = await cluster.namespaces.delete("", "shop", replace(ASK))
    assert left["status"] == "Success"
    assert cluster.namespaces.store.revision() == before + 1200 + 2
