"""Cluster roles made of others say what they come to."""

from __future__ import annotations

import pytest

from roadstead.apimachinery.collection import Collection
from roadstead.auth.role_rules import cluster_role, rule
from roadstead.base.values import Json
from roadstead.controllers.aggregated_roles import AggregatedRoles
from roadstead.kube.status import StatusError
from roadstead.objects.store import Store
from roadstead.resources import plain
from roadstead.testing.clock import SimulatedClock
from tests.controllers.waiting import running, until

PODS, SECRETS = rule(["get"], [""], ["pods"]), rule(["get"], [""], ["secrets"])


@pytest.fixture
def roles(store: Store) -> Collection:
    return Collection(plain.CLUSTER_ROLES, store)


async def make(roles: Collection, clock: SimulatedClock, role: Json) -> None:
    await roles.create("", role, AggregatedRoles(roles, clock=clock)._ask())


def rules(roles: Collection, name: str) -> list[Json]:
    return list((roles.peek("", name) or {}).get("rules") or [])


async def test_a_role_made_of_others_says_what_it_comes_to(roles: Collection, clock: SimulatedClock) -> None:
    await make(roles, clock, cluster_role("all", made_of="view"))
    await make(roles, clock, cluster_role("pods", PODS, into=["view"]))
    async with running(AggregatedRoles(roles, clock=clock).loop()):
        await until(lambda: rules(roles, "all") == [PODS])
        await make(roles, clock, cluster_role("secrets", SECRETS, into=["view"]))
        await until(lambda: rules(roles, "all") == [PODS, SECRETS])
        await roles.delete("", "pods", AggregatedRoles(roles, clock=clock)._ask())
        await until(lambda: rules(roles, "all") == [SECRETS])


async def test_rules_written_by_hand_into_such_a_role_do_not_stay(roles: Collection, clock: SimulatedClock) -> None:
    await make(roles, clock, {**cluster_role("all", made_of="view"), "rules": [SECRETS]})
    await make(roles, clock, cluster_role("pods", PODS, into=["view"]))
    async with running(AggregatedRoles(roles, clock=clock).loop()):
        await until(lambda: rules(roles, "all") == [PODS])


async def test_what_is_written_already_is_not_written_again(roles: Collection, clock: SimulatedClock) -> None:
    await make(roles, clock, cluster_role("all", made_of="view"))
    await make(roles, clock, cluster_role("pods", PODS, into=["view"]))
    seeing = AggregatedRoles(roles, clock=clock)
    await seeing.reconcile(("", ""))
    before = roles.store.revision()
    await seeing.reconcile(("", ""))
    assert roles.store.revision() == before


async def test_who_was_slower_comes_again(
    roles: Collection, clock: SimulatedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make(roles, clock, cluster_role("all", made_of="view"))
    await make(roles, clock, cluster_role("pods", PODS, into=["view"]))
    seeing, update = AggregatedRoles(roles, clock=clock), roles.update

    async def late(namespace: str, name: str, obj: Json, *more: object, **options: object) -> object:
        role = roles.peek("", name) or {}
        labelled = {**role, "metadata": {**role["metadata"], "labels": {"mine": "yes"}}}
        await update(namespace, name, labelled, seeing._ask())
        return await update(namespace, name, obj, *more, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(roles, "update", late)
    with pytest.raises(StatusError, match="modified"):
        await seeing.reconcile(("", ""))
    monkeypatch.undo()
    await seeing.reconcile(("", ""))
    assert (roles.peek("", "all") or {})["metadata"]["labels"] == {"mine": "yes"}
    assert rules(roles, "all") == [PODS]
