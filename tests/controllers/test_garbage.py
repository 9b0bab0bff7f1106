"""The garbage collector deletes what its owners left behind, as the deletion of the owner asked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.collection import Collection
from roadstead.apimachinery.served import ListOptions
from roadstead.base.values import Json
from roadstead.controllers.garbage import GarbageCollector, StoredKinds
from roadstead.objects.store import Store
from roadstead.resources import plain
from roadstead.resources.plain.apps import DEPLOYMENTS, REPLICA_SETS
from roadstead.testing.clock import START, SimulatedClock
from tests.controllers.waiting import running, until

ASK = Ask.internal(START)


@dataclass
class Place:
    """Deployments, replica sets, pods and nodes' relatives, and the collector at work on them."""

    deployments: Collection
    sets: Collection
    pods: Collection
    namespaces: Collection
    events: Collection
    clock: SimulatedClock

    @classmethod
    def over(cls, store: Store, clock: SimulatedClock) -> Place:
        deployments, sets = Collection(DEPLOYMENTS, store), Collection(REPLICA_SETS, store)
        others = [Collection(each, store) for each in (plain.PODS, plain.NAMESPACES, plain.EVENTS)]
        return cls(deployments, sets, others[0], others[1], others[2], clock)

    @property
    def kinds(self) -> list[Collection]:
        return [self.deployments, self.sets, self.pods, self.namespaces, self.events]

    async def make(self, kind: Collection, name: str, *owners: Json, namespace: str = "shop", **more: Any) -> Json:
        metadata = {"name": name, "ownerReferences": list(owners), **more}
        where = namespace if kind.resource.namespaced else ""
        return (await kind.create(where, {"metadata": metadata}, ASK)).object

    async def delete(self, kind: Collection, name: str, policy: str) -> None:
        await kind.delete("shop", name, replace(ASK, options={"propagationPolicy": policy}))

    def names(self, kind: Collection) -> list[str]:
        return [name for name in "abcdef" if kind.peek("shop", name)]


@pytest.fixture
async def place(store: Store, clock: SimulatedClock) -> AsyncIterator[Place]:
    """The collector is at work."""
    found = Place.over(store, clock)
    collector = GarbageCollector(StoredKinds(lambda: found.kinds), found.events, clock=clock)
    async with running(collector.loop()):
        yield found


def owner(obj: Json, *, blocks: bool = False, **changed: str) -> Json:
    reference = {"apiVersion": obj["apiVersion"], "kind": obj["kind"], "name": obj["metadata"]["name"]}
    return {**reference, "uid": obj["metadata"]["uid"], "blockOwnerDeletion": blocks, **changed}


async def test_in_the_background_dependents_go_after_their_owner_and_theirs_after_them(place: Place) -> None:
    deployment = await place.make(place.deployments, "a")
    replicas = await place.make(place.sets, "b", owner(deployment))
    await place.make(place.pods, "c", owner(replicas))
    await place.make(place.pods, "d")
    await place.delete(place.deployments, "a", "Background")
    await until(lambda: place.names(place.sets) == [] and place.names(place.pods) == ["d"])


async def test_in_the_foreground_the_owner_goes_last(place: Place) -> None:
    deployment = await place.make(place.deployments, "a")
    await place.make(place.sets, "b", owner(deployment, blocks=True), finalizers=["example.test/hold"])
    await place.make(place.sets, "c", owner(deployment))
    await place.delete(place.deployments, "a", "Foreground")
    await until(lambda: place.names(place.sets) == ["b"])
    await place.clock.settle()
    waiting = place.deployments.peek("shop", "a")
    assert waiting is not None
    assert waiting["metadata"]["finalizers"] == ["foregroundDeletion"]
    held = place.sets.peek("shop", "b")
    assert held is not None
    held["metadata"].pop("finalizers")
    await place.sets.update("shop", "b", held, ASK)
    await until(lambda: place.names(place.deployments) == [])


async def test_orphans_lose_their_owner_and_stay(place: Place) -> None:
    deployment, other = await place.make(place.deployments, "a"), await place.make(place.deployments, "e")
    await place.make(place.sets, "b", owner(deployment), owner(other))
    await place.make(place.sets, "c", owner(deployment))
    await place.delete(place.deployments, "a", "Orphan")
    await until(lambda: place.names(place.deployments) == ["e"])
    left = [place.sets.peek("shop", name) for name in "bc"]
    assert [(each or {})["metadata"].get("ownerReferences", []) for each in left] == [[owner(other)], []]


async def test_what_was_asked_before_a_restart_waits_until_every_dependent_is_known(
    store: Store, clock: SimulatedClock
) -> None:
    place = Place.over(store, clock)
    deployment = await place.make(place.deployments, "a")
    for name in "bcd":
        await place.make(place.sets, name, owner(deployment))
    await place.delete(place.deployments, "a", "Orphan")
    async with running(GarbageCollector(StoredKinds(lambda: place.kinds), place.events, clock=clock).loop()):
        await until(lambda: place.names(place.deployments) == [])
        await place.clock.settle()
        assert place.names(place.sets) == ["b", "c", "d"]


async def test_one_owner_that_stays_keeps_a_dependent(place: Place) -> None:
    one, other = await place.make(place.deployments, "a"), await place.make(place.deployments, "b")
    await place.make(place.sets, "c", owner(one), owner(other))
    await place.delete(place.deployments, "a", "Background")

    def owners() -> list[Json]:
        found: list[Json] = (place.sets.peek("shop", "c") or {})["metadata"].get("ownerReferences", [])
        return found

    await until(lambda: owners() == [owner(other)])
    await place.delete(place.deployments, "b", "Background")
    await until(lambda: place.names(place.sets) == [])


async def test_an_owner_that_never_was_or_is_another_one_now_is_absent(place: Place) -> None:
    deployment = await place.make(place.deployments, "a")
    await place.make(place.sets, "b", owner(deployment, uid="of-an-earlier-one"))
    await place.make(place.sets, "c", owner(deployment, name="nobody"))
    await place.make(place.sets, "d", owner(deployment))
    await until(lambda: place.names(place.sets) == ["d"])


async def test_owners_of_kinds_nobody_stores_are_left_alone(place: Place) -> None:
    deployment = await place.make(place.deployments, "a")
    await place.make(place.sets, "b", owner(deployment, apiVersion="image.openshift.io/v1", kind="ImageStreamTag"))
    await place.clock.settle()
    assert place.names(place.sets) == ["b"]


async def test_an_owner_in_another_namespace_is_no_owner_and_that_is_told(place: Place) -> None:
    deployment = await place.make(place.deployments, "a", namespace="depot")
    await place.make(place.sets, "f", owner(deployment), namespace="depot")
    await place.make(place.sets, "b", owner(deployment))
    await until(lambda: place.names(place.sets) == [])
    told = await place.events.list("shop", ListOptions(), ASK)
    assert [(each["reason"], each["involvedObject"]["name"]) for each in told.items] == [
        ("OwnerRefInvalidNamespace", "b")
    ]
    assert place.sets.peek("depot", "f") is not None


async def test_what_belongs_to_the_whole_cluster_cannot_be_owned_inside_a_namespace(place: Place) -> None:
    deployment = await place.make(place.deployments, "a")
    await place.make(place.namespaces, "b", owner(deployment))
    await place.delete(place.deployments, "a", "Background")
    await until(lambda: place.events.peek("default", f"b.{deployment['metadata']['uid'][:16]}") is not None)
    assert place.namespaces.peek("", "b") is not None
    told = await place.events.list("default", ListOptions(), ASK)
    assert [each["reason"] for each in told.items] == ["OwnerRefInvalidNamespace"]


async def test_two_that_own_each_other_do_not_wait_for_ever(place: Place) -> None:
    first = await place.make(place.deployments, "a")
    second = await place.make(place.sets, "b", owner(first, blocks=True))
    first["metadata"]["ownerReferences"] = [owner(second, blocks=True)]
    await place.deployments.update("shop", "a", first, ASK)
    await place.clock.settle()
    await place.delete(place.deployments, "a", "Foreground")
    await until(lambda: place.names(place.deployments) == place.names(place.sets) == [])


async def test_what_happened_while_nobody_looked_is_made_good_at_the_start(store: Store, clock: SimulatedClock) -> None:
    place = Place.over(store, clock)
    deployment = await place.make(place.deployments, "a")
    await place.make(place.sets, "b", owner(deployment))
    await place.delete(place.deployments, "a", "Background")
    assert place.names(place.sets) == ["b"]
    async with running(GarbageCollector(StoredKinds(lambda: place.kinds), place.events, clock=clock).loop()):
        await until(lambda: place.names(place.sets) == [])
