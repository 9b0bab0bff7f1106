"""What the OAuth server keeps: checked, unchanging, and shown in tables."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from roadstead.apimachinery.served import ListOptions
from roadstead.auth.accesstokens import object_name
from roadstead.auth.users import User
from roadstead.base.values import Json
from roadstead.kube.status import StatusError
from tests.resources.world import World

NAME = object_name("sha256~secret")
TOKEN: Json = {
    "userName": "alice",
    "userUID": "1",
    "clientName": "cli",
    "scopes": ["user:full"],
    "expiresIn": 7200,
    "redirectURI": "https://x.test/back",
}
CLIENT: Json = {"grantMethod": "auto", "redirectURIs": ["https://x.test/back"]}
ALICE = User("alice", "1", ("system:authenticated",))


async def refused(world: World, plural: str, name: str, **body: Any) -> str:
    with pytest.raises(StatusError) as wrong:
        await world.create(plural, name, namespace="", **body)
    assert wrong.value.code == 422
    return str(wrong.value.message)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"userName": ""}, "userName"),
        ({"userName": "system:admin"}, "userName"),
        ({"userUID": ""}, "userUID"),
        ({"clientName": "A B"}, "clientName"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["everything"]}, r"no scope handler found"),
        ({"redirectURI": ""}, "redirectURI"),
        ({"redirectURI": "https://x.test/a/../b"}, "path segment"),
        ({"redirectURI": "https://x.test/#a"}, "fragment"),
        ({"expiresIn": -1}, "expiresIn"),
        ({"expiresIn": 2**40}, "expiresIn"),
        ({"inactivityTimeoutSeconds": -1}, "inactivityTimeoutSeconds"),
    ],
)
async def test_a_token_says_whole_what_it_is_for(world: World, change: Json, complaint: str) -> None:
    assert complaint in await refused(world, "oauthaccesstokens", NAME, **{**TOKEN, **change})


async def test_a_token_is_named_by_a_hash(world: World) -> None:
    for name in ("sha256~short", "x" * 50):
        assert "hash of the token" in await refused(world, "oauthaccesstokens", name, **TOKEN)


async def test_a_token_does_not_change_but_for_the_time_it_may_lie_unused(world: World) -> None:
    await world.create("oauthaccesstokens", NAME, namespace="", **TOKEN, inactivityTimeoutSeconds=600)
    for change in ({"scopes": ["user:info"]}, {"expiresIn": 0}, {"userName": "bob"}, {"inactivityTimeoutSeconds": 500}):
        with pytest.raises(StatusError):
            await world.patch("oauthaccesstokens", NAME, change, namespace="")
    await world.patch("oauthaccesstokens", NAME, {"inactivityTimeoutSeconds": 700}, namespace="")
    await world.patch("oauthaccesstokens", NAME, {"inactivityTimeoutSeconds": 0}, namespace="")
    with pytest.raises(StatusError, match="non-timing-out"):
        await world.patch("oauthaccesstokens", NAME, {"inactivityTimeoutSeconds": 700}, namespace="")


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"codeChallenge": "a" * 43}, "codeChallengeMethod"),
        ({"codeChallenge": "a" * 43, "codeChallengeMethod": "plain"}, "S256"),
        ({"codeChallenge": "short", "codeChallengeMethod": "S256"}, "codeChallenge"),
        ({"expiresIn": 0}, "greater than zero"),
    ],
)
async def test_a_code_has_an_end_and_a_sound_challenge(world: World, change: Json, complaint: str) -> None:
    assert complaint in await refused(world, "oauthauthorizetokens", NAME, **{**TOKEN, **change})


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"grantMethod": ""}, "grantMethod"),
        ({"grantMethod": "deny"}, "grantMethod"),
        ({"redirectURIs": ["https://x.test/.."]}, "path segment"),
        ({"redirectURIs": [""]}, "may not be empty"),
        ({"additionalSecrets": [""]}, "additionalSecrets"),
        ({"accessTokenMaxAgeSeconds": -1}, "negative"),
        ({"accessTokenInactivityTimeoutSeconds": 299}, "300 seconds"),
        ({"scopeRestrictions": [{}]}, "exactly one"),
        ({"scopeRestrictions": [{"literals": ["a"], "clusterRole": {}}]}, "exactly one"),
        ({"scopeRestrictions": [{"clusterRole": {"roleNames": ["a"]}}]}, "namespaces"),
    ],
)
async def test_a_client_is_sound(world: World, change: Json, complaint: str) -> None:
    assert complaint in await refused(world, "oauthclients", "cli", **{**CLIENT, **change})


async def test_an_approval_is_named_by_user_and_client(world: World) -> None:
    body = {"userName": "alice", "userUID": "1", "clientName": "cli", "scopes": ["user:full"]}
    assert "<userName>:<clientName>" in await refused(world, "oauthclientauthorizations", "bob:cli", **body)
    await world.create("oauthclientauthorizations", "alice:cli", namespace="", **body)
    with pytest.raises(StatusError, match="userUID is not a mutable field"):
        await world.patch("oauthclientauthorizations", "alice:cli", {"userUID": "2"}, namespace="")


async def test_people_see_and_revoke_their_own_tokens_alone(world: World) -> None:
    other = object_name("sha256~other")
    await world.create("oauthaccesstokens", NAME, namespace="", **TOKEN)
    await world.create("oauthaccesstokens", other, namespace="", **{**TOKEN, "userName": "bob"})
    own = world.kind("useroauthaccesstokens")
    seen = await own.page(None, ListOptions(), world.ask(ALICE))
    assert [(each.object["metadata"]["name"], each.object["kind"]) for each in seen.items] == [
        (NAME, "UserOAuthAccessToken")
    ]
    for ask in (own.look("", other, world.ask(ALICE)), own.delete("", other, world.ask(ALICE))):
        with pytest.raises(StatusError, match="not found"):
            await ask
    await own.delete("", NAME, world.ask(ALICE))
    assert world.kinds.people.access_tokens.peek("", NAME) is None


async def test_the_name_of_somebody_elses_token_is_not_enough_to_end_it(world: World) -> None:
    await world.create("oauthaccesstokens", NAME, namespace="", **TOKEN)
    world.allowed = lambda asked: asked.verb != "list"
    tokens = world.kind("oauthaccesstokens")
    with pytest.raises(StatusError, match="not found"):
        await tokens.delete("", NAME, world.ask(User("bob")))
    await tokens.delete("", NAME, world.ask(ALICE))


async def test_tables_tell_when_tokens_end_and_how_long_those_of_a_client_last(world: World) -> None:
    await world.create("oauthaccesstokens", NAME, namespace="", **TOKEN)
    token = world.kinds.people.access_tokens.peek("", NAME) or {}
    columns = {each.name: each.value for each in world.kinds.people.access_tokens.resource.columns or ()}
    now = world.now + timedelta(hours=1)
    assert columns["Expires"](token, now) == "2026-11-23 14:00:00 +0000 UTC"
    assert columns["Expires"]({**token, "expiresIn": 0}, now) == "never"
    ages = {each.name: each.value for each in world.kinds.people.clients.resource.columns or ()}["Token-Max-Age"]
    shown = [ages({"accessTokenMaxAgeSeconds": seconds}, now) for seconds in (None, 0, 90, 86400)]
    assert shown == ["default", "unexpiring", "1m30s", "24h0m0s"]
