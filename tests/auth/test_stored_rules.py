"""Roles and bindings taken in from the log: as cheaply as one namespace, and never less than all that was written."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator

import orjson
import pytest

from roadstead.auth.bootstrap import cluster_role_binding, role_binding
from roadstead.auth.bootstrap_roles import cluster_roles
from roadstead.auth.rbac import Rules
from roadstead.auth.stored_rules import StoredRules
from roadstead.auth.users import Attributes, User
from roadstead.base.values import Json
from roadstead.objects.log import Key, Write
from roadstead.objects.sqlite import SqliteLog
from roadstead.objects.store import Store

GROUP = "rbac.authorization.k8s.io"
ALICE, BOB = User("alice"), User("bob")


class Source(StoredRules):
    """Counts how often everything is read, and plays the gate."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.store, self.wholes = store, 0
        self.rules, self.at = Rules(), -1

    async def refresh(self) -> None:
        version = self.version()
        if version == self.at:
            return
        found = await self.update(self.rules, version) if self.at >= 0 else None
        if found is None:
            self.wholes += 1
            found = Rules(await self.load())
        self.rules, self.at = found, version

    async def write(self, plural: str, namespace: str, name: str, obj: Json | None) -> None:
        value = None if obj is None else orjson.dumps(obj)
        await self.store.append([Write(Key(f"{plural}.{GROUP}", namespace, name), value, None)])

    async def bind(self, namespace: str, role: str, user: str) -> None:
        binding = role_binding(namespace, role, role, {"kind": "User", "name": user})
        await self.write("rolebindings", namespace, role, binding)

    def may(self, user: User, namespace: str) -> bool:
        asked = Attributes(user, "get", "image.openshift.io", "imagestreams", "layers", namespace, "web")
        return self.rules.decide(asked).allowed


@pytest.fixture
async def source() -> AsyncIterator[Source]:
    store = Store(SqliteLog.in_memory())
    made = Source(store)
    for role in cluster_roles():
        await made.write("clusterroles", "", role["metadata"]["name"], role)
    await made.refresh()
    yield made
    await store.close()


async def test_a_change_in_a_namespace_reads_that_namespace_alone(source: Source) -> None:
    await source.bind("shop", "system:image-puller", "alice")
    await source.bind("lab", "system:image-puller", "bob")
    await source.refresh()
    assert source.wholes == 1
    assert [source.may(ALICE, "shop"), source.may(ALICE, "lab"), source.may(BOB, "lab")] == [True, False, True]
    await source.write("rolebindings", "shop", "system:image-puller", None)
    await source.refresh()
    assert source.wholes == 1
    assert [source.may(ALICE, "shop"), source.may(BOB, "lab")] == [False, True]


async def test_a_role_of_a_namespace_is_taken_in_with_its_bindings(source: Source) -> None:
    binding = role_binding("shop", "b", "r", {"kind": "User", "name": "alice"}, kind="Role")
    await source.write("rolebindings", "shop", "b", binding)
    await source.refresh()
    assert not source.may(ALICE, "shop")
    rule = {"apiGroups": ["image.openshift.io"], "resources": ["imagestreams/layers"], "verbs": ["get"]}
    await source.write("roles", "shop", "r", {"metadata": {"name": "r", "namespace": "shop"}, "rules": [rule]})
    await source.refresh()
    assert source.may(ALICE, "shop")
    assert source.wholes == 1


async def test_what_counts_everywhere_is_read_anew_as_a_whole(source: Source) -> None:
    binding = cluster_role_binding("b", "system:image-puller", {"kind": "User", "name": "alice"})
    await source.write("clusterrolebindings", "", "b", binding)
    await source.refresh()
    assert source.wholes == 2
    assert source.may(ALICE, "anywhere")


async def test_an_earlier_snapshot_is_not_changed_by_a_later_one(source: Source) -> None:
    await source.bind("shop", "system:image-puller", "alice")
    await source.refresh()
    before = source.rules
    await source.write("rolebindings", "shop", "system:image-puller", None)
    await source.refresh()
    asked = Attributes(ALICE, "get", "image.openshift.io", "imagestreams", "layers", "shop", "web")
    assert before.decide(asked).allowed
    assert not source.rules.decide(asked).allowed


async def test_whatever_happens_in_between_the_rules_are_those_of_a_fresh_look(source: Source) -> None:
    chance = random.Random(7)
    for _ in range(120):
        namespace, user = chance.choice(("shop", "lab", "ops")), chance.choice(("alice", "bob"))
        role = chance.choice(("system:image-puller", "view"))
        if chance.random() < 0.4:
            await source.write("rolebindings", namespace, role, None)
        else:
            await source.bind(namespace, role, user)
        if chance.random() < 0.5:
            await source.refresh()
            fresh = Source(source.store)
            await fresh.refresh()
            for who in (ALICE, BOB):
                for where in ("shop", "lab", "ops"):
                    assert source.may(who, where) == fresh.may(who, where)
    assert source.wholes == 1
