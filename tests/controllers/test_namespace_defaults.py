"""Every namespace has its accounts and bindings, whatever becomes of them."""

from __future__ import annotations

import pytest

from roadstead.controllers.namespace_defaults import ACCOUNTS, BINDINGS, NamespaceDefaults
from tests.controllers.accounts import Cluster
from tests.controllers.waiting import running, until


@pytest.fixture
def defaults(cluster: Cluster) -> NamespaceDefaults:
    return NamespaceDefaults(cluster.namespaces, cluster.accounts, cluster.bindings, clock=cluster.clock)


def made(cluster: Cluster, namespace: str = "shop") -> bool:
    accounts = all(cluster.accounts.peek(namespace, name) for name in ACCOUNTS)
    return accounts and all(cluster.bindings.peek(namespace, name) for name in BINDINGS)


async def test_a_new_namespace_gets_its_accounts_and_bindings(cluster: Cluster, defaults: NamespaceDefaults) -> None:
    async with running(defaults.loop()):
        await cluster.make(cluster.namespaces, "shop", "")
        await until(lambda: made(cluster))
    bindings = await cluster.all(cluster.bindings)
    assert {name: each["roleRef"]["name"] for name, each in bindings.items()} == {
        "system:image-pullers": "system:image-puller",
        "system:image-builders": "system:image-builder",
        "system:deployers": "system:deployer",
    }
    assert bindings["system:image-pullers"]["subjects"][0]["name"] == "system:serviceaccounts:shop"
    assert all(each["metadata"]["annotations"]["openshift.io/description"] for each in bindings.values())


async def test_what_was_deleted_comes_back(cluster: Cluster, defaults: NamespaceDefaults) -> None:
    await cluster.make(cluster.namespaces, "shop", "")
    async with running(defaults.loop()):
        await until(lambda: made(cluster))
        await cluster.remove(cluster.accounts, "default")
        await cluster.remove(cluster.bindings, "system:image-pullers")
        await until(lambda: made(cluster))


async def test_a_binding_that_was_edited_stays_as_it_is(cluster: Cluster, defaults: NamespaceDefaults) -> None:
    await cluster.make(cluster.namespaces, "shop", "")
    await defaults.reconcile(("", "shop"))
    await cluster.change(cluster.bindings, "system:image-pullers", subjects=[])
    await defaults.reconcile(("", "shop"))
    assert (await cluster.all(cluster.bindings))["system:image-pullers"]["subjects"] == []


async def test_a_namespace_that_is_going_gets_nothing(cluster: Cluster, defaults: NamespaceDefaults) -> None:
    await cluster.make(cluster.namespaces, "shop", "", status={"phase": "Terminating"})
    await defaults.reconcile(("", "shop"))
    await defaults.reconcile(("", "nowhere"))
    assert await cluster.all(cluster.accounts) == {}
