"""A managed pull secret for every account: named, filled, fresh, and nobody else's."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest

from roadstead.auth.account_keys import AccountKeys
from roadstead.base.values import Json
from roadstead.controllers import dockercfg
from roadstead.controllers.dockercfg import BINDING, OF_ACCOUNT, REFERENCE
from roadstead.controllers.pull_secrets import PullSecrets
from tests.controllers.accounts import ISSUER, Cluster
from tests.controllers.waiting import running, until

HOSTS = ["127.0.0.1:5000", "registry.test"]


def managing(cluster: Cluster, hosts: list[str] | None = None) -> PullSecrets:
    chosen = HOSTS if hosts is None else hosts
    return PullSecrets(
        cluster.accounts, cluster.secrets, cluster.services, cluster.tokens, chosen, seconds=3600, clock=cluster.clock
    )


@pytest.fixture
def pull(cluster: Cluster) -> PullSecrets:
    return managing(cluster)


async def settled(cluster: Cluster, pull: PullSecrets, name: str = "robot") -> Json:
    """Account and secret seen to; returns the secret."""
    await pull.reconcile(("shop", f"account {name}"))
    secret = reference(cluster, name)
    await pull.reconcile(("shop", secret))
    found = cluster.secrets.peek("shop", secret)
    assert found is not None
    return found


def account_of(cluster: Cluster, name: str = "robot") -> Json:
    found = cluster.accounts.peek("shop", name)
    assert found is not None
    return found


def reference(cluster: Cluster, name: str = "robot") -> str:
    found: str = account_of(cluster, name)["metadata"]["annotations"][REFERENCE]
    return found


def filled(cluster: Cluster) -> set[str]:
    """The hosts of the secret of robot; none while it is empty or not there."""
    annotations = (cluster.accounts.peek("shop", "robot") or {"metadata": {}})["metadata"].get("annotations") or {}
    secret = cluster.secrets.peek("shop", annotations.get(REFERENCE, "")) if annotations.get(REFERENCE) else None
    found = dockercfg.read(secret) if secret else None
    return found[0] if found else set()


def who(cluster: Cluster, secret: Json) -> str | None:
    found = dockercfg.read(secret)
    assert found is not None
    user = cluster.tokens.user_for(found[1], cluster.clock.now(), (ISSUER,))
    return user.name if user else None


async def test_a_new_account_gets_a_secret_it_refers_to(cluster: Cluster, pull: PullSecrets) -> None:
    async with running(pull.loop()):
        account = await cluster.make(cluster.accounts, "robot", imagePullSecrets=[{"name": "mine"}])
        await until(lambda: filled(cluster) == set(HOSTS))
    name = reference(cluster)
    assert name.startswith("robot-dockercfg-")
    assert len(name) == len("robot-dockercfg-") + 5
    assert account_of(cluster)["imagePullSecrets"] == [{"name": "mine"}, {"name": name}]
    assert account_of(cluster)["secrets"] == [{"name": name}]
    secret = cluster.secrets.peek("shop", name)
    assert secret is not None
    assert secret["type"] == "kubernetes.io/dockercfg"
    assert secret["metadata"]["annotations"] == {OF_ACCOUNT: "robot", BINDING: "bound"}
    owner = {"apiVersion": "v1", "kind": "ServiceAccount", "name": "robot", "uid": account["metadata"]["uid"]}
    assert secret["metadata"]["ownerReferences"] == [owner]
    assert who(cluster, secret) == "system:serviceaccount:shop:robot"


async def test_the_token_ends_with_the_secret_which_comes_back_with_another(
    cluster: Cluster, pull: PullSecrets
) -> None:
    await cluster.make(cluster.accounts, "robot")
    before = await settled(cluster, pull)
    await cluster.remove(cluster.secrets, before["metadata"]["name"])
    assert who(cluster, before) is None
    after = await settled(cluster, pull)
    assert after["metadata"]["name"] == before["metadata"]["name"]
    assert who(cluster, after) == "system:serviceaccount:shop:robot"


async def test_nothing_is_written_while_everything_is_good(cluster: Cluster, pull: PullSecrets) -> None:
    await cluster.make(cluster.accounts, "robot")
    await settled(cluster, pull)
    before = cluster.store.revision()
    await settled(cluster, pull)
    assert cluster.store.revision() == before


async def test_a_token_is_fresh_again_once_sixty_percent_of_its_life_are_over(
    cluster: Cluster, pull: PullSecrets
) -> None:
    await cluster.make(cluster.accounts, "robot")
    before = await settled(cluster, pull)
    assert await pull.reconcile(("shop", before["metadata"]["name"])) == 2160
    await cluster.clock.advance(2150)
    assert await settled(cluster, pull) == before
    await cluster.clock.advance(20)
    after = await settled(cluster, pull)
    assert after["data"] != before["data"]
    assert after["metadata"]["name"] == before["metadata"]["name"]
    assert await pull.reconcile(("shop", after["metadata"]["name"])) == 2160


async def test_other_hosts_mean_another_content(cluster: Cluster, pull: PullSecrets) -> None:
    await cluster.make(cluster.accounts, "robot")
    await settled(cluster, pull)
    await settled(cluster, managing(cluster, ["elsewhere.test"]))
    assert filled(cluster) == {"elsewhere.test"}


async def test_a_service_of_the_registry_adds_its_names_everywhere(cluster: Cluster, pull: PullSecrets) -> None:
    await cluster.make(cluster.accounts, "robot")
    async with running(pull.loop()):
        await until(lambda: bool(filled(cluster)))
        spec = {"clusterIP": "172.30.0.9", "ports": [{"port": 5000}]}
        await cluster.make(cluster.services, "image-registry", "openshift-image-registry", spec=spec)
        await until(lambda: "172.30.0.9:5000" in filled(cluster))


async def test_without_any_host_nothing_is_filled_in(cluster: Cluster) -> None:
    await cluster.make(cluster.accounts, "robot")
    secret = await settled(cluster, managing(cluster, []))
    assert secret["data"] == {".dockercfg": "e30="}


async def test_a_key_that_is_gone_takes_its_tokens_out_of_the_secrets(cluster: Cluster, pull: PullSecrets) -> None:
    await cluster.make(cluster.accounts, "robot")
    before = await settled(cluster, pull)
    for file in cluster.keys.iterdir():
        file.rename(file.with_suffix(".old"))
    AccountKeys(cluster.keys)
    os.utime(cluster.keys, (1, 1))
    after = await settled(cluster, pull)
    assert after["data"] != before["data"]
    assert who(cluster, after) is not None


async def test_a_secret_that_is_not_referred_to_any_more_goes(cluster: Cluster, pull: PullSecrets) -> None:
    await cluster.make(cluster.accounts, "robot")
    old = (await settled(cluster, pull))["metadata"]["name"]
    account = account_of(cluster)
    annotations = {**account["metadata"]["annotations"], REFERENCE: "robot-dockercfg-other"}
    await cluster.change(cluster.accounts, "robot", metadata={**account["metadata"], "annotations": annotations})
    await pull.reconcile(("shop", old))
    assert cluster.secrets.peek("shop", old) is None
    assert account_of(cluster)["imagePullSecrets"] == []
    assert (await settled(cluster, pull))["metadata"]["name"] == "robot-dockercfg-other"


async def test_a_secret_made_for_the_account_is_taken_up_and_its_data_kept(cluster: Cluster, pull: PullSecrets) -> None:
    await cluster.make(cluster.accounts, "robot")
    data = {".dockercfg": dockercfg.content(HOSTS, "theirs")}
    await cluster.make(
        cluster.secrets, "robot-dockercfg-x", type=dockercfg.TYPE, annotations={OF_ACCOUNT: "robot"}, data=data
    )
    await pull.reconcile(("shop", "account robot"))
    assert reference(cluster) == "robot-dockercfg-x"
    taken = cluster.secrets.peek("shop", "robot-dockercfg-x")
    assert taken is not None
    assert taken["data"] == data
    assert taken["metadata"]["ownerReferences"][0]["name"] == "robot"


async def test_a_legacy_secret_is_left_as_it_is(cluster: Cluster, pull: PullSecrets) -> None:
    await cluster.make(cluster.accounts, "robot", imagePullSecrets=[{"name": "old"}])
    await cluster.make(cluster.secrets, "old", type=dockercfg.TYPE, annotations={BINDING: "legacy"})
    before = cluster.secrets.peek("shop", "old")
    await pull.reconcile(("shop", "account robot"))
    await pull.reconcile(("shop", "old"))
    assert cluster.secrets.peek("shop", "old") == before
    assert reference(cluster) == "old"


async def test_an_account_that_is_gone_or_was_replaced_gets_no_token_under_its_old_name(
    cluster: Cluster, pull: PullSecrets
) -> None:
    await cluster.make(cluster.accounts, "robot")
    before = await settled(cluster, pull)
    await cluster.remove(cluster.accounts, "robot")
    assert await pull.reconcile(("shop", before["metadata"]["name"])) is None
    assert await pull.reconcile(("shop", "account robot")) is None
    assert cluster.secrets.peek("shop", before["metadata"]["name"]) == before
    replaced = await cluster.make(cluster.accounts, "robot")
    after = await settled(cluster, pull)
    assert [each["uid"] for each in after["metadata"]["ownerReferences"]] == [replaced["metadata"]["uid"]]
    assert who(cluster, before) is None
    assert who(cluster, after) is not None


async def test_the_registry_lives_without_tokens_longer_than_asked_for(cluster: Cluster, pull: PullSecrets) -> None:
    await cluster.make(cluster.accounts, "robot")
    found = dockercfg.read(await settled(cluster, pull))
    assert found is not None
    said = cluster.tokens.read(found[1])
    assert said is not None
    assert said.ends == int((cluster.clock.now() + timedelta(seconds=3600)).timestamp())
