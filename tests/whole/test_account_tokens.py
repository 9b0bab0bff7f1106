"""Service accounts at both doors: their tokens, reviews of them, and what ends them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.whole.world import World, basic, bearer, opened

SHOP = "/api/v1/namespaces/shop"
ROBOT = {"kind": "ServiceAccount", "namespace": "shop", "name": "robot"}
REVIEWS = "/apis/authentication.k8s.io/v1/tokenreviews"
WHO = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
ISSUER = "https://kubernetes.default.svc"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = await opened(tmp_path)
    await made.namespace("shop")
    await made.account("shop", "robot")
    await made.grant("shop", "system:image-builder", ROBOT)
    yield made
    await made.app.close()


async def at_doors(world: World, token: str) -> tuple[int, int, int]:
    """What the API, the registry with the token as Bearer, and the registry with it as password answer."""
    api, _ = await world.api("POST", WHO, {"metadata": {}}, Authorization=bearer(token))
    direct, _ = await world.registry("GET", "/v2/", bearer(token))
    password, _ = await world.registry("GET", "/v2/", basic("anything", token))
    return api, direct, password


async def test_an_account_token_opens_both_doors_with_the_rights_of_the_account(world: World) -> None:
    token = await world.token("shop", "robot")
    assert await at_doors(world, token) == (201, 200, 200)
    code, found = await world.registry("POST", "/v2/shop/web/blobs/uploads/", bearer(token))
    assert code == 202, found
    assert (await world.registry("GET", "/v2/lab/web/tags/list", bearer(token)))[0] == 401
    _, who = await world.api("POST", WHO, {"metadata": {}}, Authorization=bearer(token))
    assert who["status"]["userInfo"]["username"] == "system:serviceaccount:shop:robot"


async def test_a_token_request_answers_as_kubernetes_does(world: World) -> None:
    path = f"{SHOP}/serviceaccounts/robot/token"
    found = await world.must("POST", path, {"spec": {"audiences": ["vault"], "expirationSeconds": 7200}})
    assert (found["kind"], found["apiVersion"]) == ("TokenRequest", "authentication.k8s.io/v1")
    assert found["spec"] == {"audiences": ["vault"], "expirationSeconds": 7200, "boundObjectRef": None}
    assert found["status"]["expirationTimestamp"].endswith("Z")
    assert found["status"]["token"].count(".") == 2


@pytest.mark.parametrize(
    ("spec", "code", "text"),
    [
        ({"expirationSeconds": 599}, 422, "may not specify a duration less than 10 minutes"),
        ({"expirationSeconds": 1 << 33}, 422, "larger than 2^32 seconds"),
        ({"expirationSeconds": "1h"}, 400, "cannot unmarshal string"),
        ({"audiences": "vault"}, 400, "cannot unmarshal string"),
        ({"audiences": ["a"] * 33}, 422, "at most 32"),
        ({"boundObjectRef": {"kind": "Secret", "name": "nothing"}}, 404, 'secrets "nothing" not found'),
        ({"boundObjectRef": {"kind": "Node", "name": "n"}}, 400, "to object of type v1, Kind=Node"),
        ({"boundObjectRef": "secret"}, 400, "cannot unmarshal string"),
    ],
)
async def test_a_token_request_that_makes_no_sense_is_refused(
    world: World, spec: dict[str, object], code: int, text: str
) -> None:
    found = await world.api("POST", f"{SHOP}/serviceaccounts/robot/token", {"spec": spec})
    assert found[0] == code, found
    assert text in found[1]["message"]


async def test_a_lifetime_is_cut_to_what_the_setting_allows(world: World) -> None:
    path = f"{SHOP}/serviceaccounts/robot/token"
    found = await world.must("POST", path, {"spec": {"expirationSeconds": 1 << 32}})
    assert found["spec"]["expirationSeconds"] == 366 * 86400


async def test_a_dry_run_makes_no_token(world: World) -> None:
    found = await world.must("POST", f"{SHOP}/serviceaccounts/robot/token?dryRun=All", {"spec": {}})
    assert found["status"]["token"] == ""


async def test_nobody_gets_a_token_of_an_account_they_may_not_speak_for(world: World) -> None:
    token = await world.token("shop", "robot")
    await world.account("shop", "boss")
    path = f"{SHOP}/serviceaccounts/boss/token"
    assert (await world.api("POST", path, {"spec": {}}, Authorization=bearer(token)))[0] == 403


async def test_a_token_for_the_registry_alone_opens_the_registry_alone(world: World) -> None:
    token = await world.token("shop", "robot", audiences=["roadstead-registry"])
    assert await at_doors(world, token) == (401, 200, 200)


async def test_a_token_for_somebody_else_opens_nothing(world: World) -> None:
    token = await world.token("shop", "robot", audiences=["vault"])
    assert await at_doors(world, token) == (401, 401, 401)


async def test_a_token_ends_with_its_account_even_when_one_of_the_same_name_follows(world: World) -> None:
    token = await world.token("shop", "robot")
    await world.must("DELETE", f"{SHOP}/serviceaccounts/robot")
    assert await at_doors(world, token) == (401, 401, 401)
    await world.account("shop", "robot")
    assert await at_doors(world, token) == (401, 401, 401)


async def test_a_token_ends_with_its_namespace_even_when_one_of_the_same_name_follows(world: World) -> None:
    token = await world.token("shop", "robot")
    await world.must("DELETE", SHOP)
    assert await at_doors(world, token) == (401, 401, 401)
    await world.namespace("shop")
    await world.account("shop", "robot")
    assert await at_doors(world, token) == (401, 401, 401)


async def test_a_bound_token_ends_with_its_secret_even_when_one_of_the_same_name_follows(world: World) -> None:
    secret = await world.must("POST", f"{SHOP}/secrets", {"metadata": {"name": "s"}})
    bound = {"kind": "Secret", "apiVersion": "v1", "name": "s", "uid": secret["metadata"]["uid"]}
    token = await world.token("shop", "robot", boundObjectRef=bound)
    assert await at_doors(world, token) == (201, 200, 200)
    await world.must("DELETE", f"{SHOP}/secrets/s")
    assert await at_doors(world, token) == (401, 401, 401)
    await world.must("POST", f"{SHOP}/secrets", {"metadata": {"name": "s"}})
    assert await at_doors(world, token) == (401, 401, 401)
    code, found = await world.api("POST", f"{SHOP}/serviceaccounts/robot/token", {"spec": {"boundObjectRef": bound}})
    assert (code, found["reason"]) == (409, "Conflict")


async def test_a_registry_token_ends_with_the_account_token_it_was_got_for(world: World) -> None:
    secret = await world.must("POST", f"{SHOP}/secrets", {"metadata": {"name": "s"}})
    bound = {"kind": "Secret", "name": "s", "uid": secret["metadata"]["uid"]}
    token = await world.token("shop", "robot", boundObjectRef=bound)
    _, got = await world.registry("GET", "/openshift/token", basic("anything", token))
    assert (await world.registry("GET", "/v2/", bearer(got["token"])))[0] == 200
    await world.must("DELETE", f"{SHOP}/secrets/s")
    assert (await world.registry("GET", "/v2/", bearer(got["token"])))[0] == 401


async def test_a_token_secret_must_say_for_which_account_it_is(world: World) -> None:
    body = {"metadata": {"name": "t"}, "type": "kubernetes.io/service-account-token"}
    code, found = await world.api("POST", f"{SHOP}/secrets", body)
    assert code == 422
    assert "metadata.annotations[kubernetes.io/service-account.name]: Required value" in found["message"]


async def test_a_review_says_whose_token_it_is_and_for_whom(world: World) -> None:
    token = await world.token("shop", "robot", audiences=[ISSUER, "vault"])
    found = await world.must("POST", REVIEWS, {"spec": {"token": token}})
    assert found["status"]["authenticated"] is True
    assert found["status"]["user"]["username"] == "system:serviceaccount:shop:robot"
    assert found["status"]["audiences"] == [ISSUER]
    assert token not in str(found)
    found = await world.must("POST", REVIEWS, {"spec": {"token": token, "audiences": ["vault", "other"]}})
    assert found["status"]["audiences"] == ["vault"]
    found = await world.must("POST", REVIEWS, {"spec": {"token": token, "audiences": ["other"]}})
    assert "authenticated" not in found["status"]
    assert "another audience" in found["status"]["error"]


async def test_a_review_knows_the_other_kinds_of_token_and_refuses_nonsense(world: World) -> None:
    found = await world.must("POST", REVIEWS, {"spec": {"token": world.admin}})
    assert found["status"]["user"]["username"] == "system:admin"
    found = await world.must("POST", REVIEWS, {"spec": {"token": "nonsense"}})
    assert "authenticated" not in found["status"]
    assert (await world.api("POST", REVIEWS, {"spec": {}}))[0] == 400


async def test_who_checks_tokens_elsewhere_finds_issuer_and_keys(world: World) -> None:
    token = await world.token("shop", "robot")
    page = "/.well-known/openid-configuration"
    found = await world.api("GET", page, Authorization=bearer(token), Host="localhost:6443")
    assert found[0] == 200
    assert found[1]["issuer"] == ISSUER
    assert found[1]["jwks_uri"] == "http://localhost:6443/openid/v1/jwks"
    code, keys = await world.api("GET", "/openid/v1/jwks", Authorization=bearer(token))
    assert code == 200
    assert [key["alg"] for key in keys["keys"]] == ["ES256"]
    assert (await world.api("GET", "/openid/v1/jwks", Authorization=bearer("nonsense")))[0] == 401


async def test_nobody_is_sent_for_keys_to_a_name_that_is_not_ours(world: World) -> None:
    bearing = {"Authorization": bearer(await world.token("shop", "robot")), "Host": 'evil.test"<x>'}
    code, refused = await world.api("GET", "/.well-known/openid-configuration", **bearing)
    assert code == 400
    assert "does not know itself as" in refused["message"]
