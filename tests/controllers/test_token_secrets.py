"""Secrets that ask for a token get one, and take it with them."""

from __future__ import annotations

import base64

import pytest

from roadstead.base.values import Json
from roadstead.controllers.token_secrets import TYPE, TokenSecrets
from tests.controllers.accounts import ISSUER, Cluster
from tests.controllers.waiting import running, until

FOR_ROBOT = {"kubernetes.io/service-account.name": "robot"}


@pytest.fixture
def filling(cluster: Cluster) -> TokenSecrets:
    return TokenSecrets(cluster.secrets, cluster.accounts, cluster.tokens, lambda: b"PEM", clock=cluster.clock)


def token_of(secret: Json) -> str:
    return base64.b64decode(secret["data"]["token"]).decode()


def who(cluster: Cluster, token: str) -> str | None:
    found = cluster.tokens.user_for(token, cluster.clock.now(), (ISSUER,))
    return found.name if found else None


async def test_such_a_secret_is_filled_with_token_namespace_and_authority(
    cluster: Cluster, filling: TokenSecrets
) -> None:
    account = await cluster.make(cluster.accounts, "robot")
    async with running(filling.loop()):
        await cluster.make(cluster.secrets, "t", type=TYPE, annotations=FOR_ROBOT)
        await until(lambda: bool((cluster.secrets.peek("shop", "t") or {}).get("data")))
    secret = (await cluster.all(cluster.secrets))["t"]
    assert base64.b64decode(secret["data"]["namespace"]) == b"shop"
    assert base64.b64decode(secret["data"]["ca.crt"]) == b"PEM"
    assert secret["metadata"]["annotations"]["kubernetes.io/service-account.uid"] == account["metadata"]["uid"]
    assert who(cluster, token_of(secret)) == "system:serviceaccount:shop:robot"


async def test_a_good_token_is_left_alone_and_a_damaged_one_replaced(cluster: Cluster, filling: TokenSecrets) -> None:
    await cluster.make(cluster.accounts, "robot")
    await cluster.make(cluster.secrets, "t", type=TYPE, annotations=FOR_ROBOT)
    await filling.reconcile(("shop", "t"))
    first = cluster.secrets.peek("shop", "t")
    await filling.reconcile(("shop", "t"))
    assert cluster.secrets.peek("shop", "t") == first
    await cluster.change(cluster.secrets, "t", data={"token": "bm9uc2Vuc2U="})
    await filling.reconcile(("shop", "t"))
    assert who(cluster, token_of((await cluster.all(cluster.secrets))["t"])) is not None


async def test_the_token_ends_with_the_secret(cluster: Cluster, filling: TokenSecrets) -> None:
    await cluster.make(cluster.accounts, "robot")
    await cluster.make(cluster.secrets, "t", type=TYPE, annotations=FOR_ROBOT)
    await filling.reconcile(("shop", "t"))
    token = token_of((await cluster.all(cluster.secrets))["t"])
    await cluster.remove(cluster.secrets, "t")
    assert who(cluster, token) is None


async def test_the_secret_goes_with_its_account(cluster: Cluster, filling: TokenSecrets) -> None:
    await cluster.make(cluster.accounts, "robot")
    await cluster.make(cluster.secrets, "t", type=TYPE, annotations=FOR_ROBOT)
    async with running(filling.loop()):
        await until(lambda: bool((cluster.secrets.peek("shop", "t") or {}).get("data")))
        await cluster.remove(cluster.accounts, "robot")
        await cluster.make(cluster.accounts, "robot")
        await until(lambda: cluster.secrets.peek("shop", "t") is None)


async def test_a_secret_for_an_account_that_is_not_there_goes(cluster: Cluster, filling: TokenSecrets) -> None:
    await cluster.make(cluster.secrets, "t", type=TYPE, annotations=FOR_ROBOT)
    await filling.reconcile(("shop", "t"))
    assert await cluster.all(cluster.secrets) == {}


async def test_other_secrets_are_none_of_its_business(cluster: Cluster, filling: TokenSecrets) -> None:
    for name, type_, notes in (("a", "Opaque", FOR_ROBOT), ("b", TYPE, {})):
        await cluster.make(cluster.secrets, name, type=type_, annotations=notes)
        before = cluster.secrets.peek("shop", name)
        await filling.reconcile(("shop", name))
        assert cluster.secrets.peek("shop", name) == before
