"""Tokens of service accounts are good as long as what they were made for exists, and no longer."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import OctKey

from roadstead.auth.account_keys import AccountKeys
from roadstead.auth.account_tokens import Account, AccountTokens, Bound, ForAudience
from roadstead.auth.credentials import BadCredentials, Fault
from roadstead.auth.users import User
from roadstead.base.errors import Invalid

NOW = datetime(2030, 1, 1, tzinfo=UTC)
AT = int(NOW.timestamp())
SECOND = timedelta(seconds=1)
ISSUER = "https://issuer.test"
ROBOT = Account("shop", "robot", "uid-1")
PULL_SECRET = Bound("Secret", "robot-token", "uid-2")


class World:
    """Objects by place, and how often they were asked for."""

    def __init__(self, folder: Path) -> None:
        self.uids = {("serviceaccounts", "shop", "robot"): "uid-1", ("secrets", "shop", "robot-token"): "uid-2"}
        self.keys = AccountKeys(folder)
        self.tokens = AccountTokens(self.keys, self, ISSUER)

    def uid(self, resource: str, namespace: str, name: str) -> str:
        return self.uids.get((resource, namespace, name), "")

    def who(self, token: str, after: int = 0, *audiences: str) -> str | None:
        found = self.tokens.user_for(token, NOW + after * SECOND, audiences or (ISSUER,))
        return found.name if found else None

    def claims(self, **changes: Any) -> dict[str, Any]:
        usual: dict[str, Any] = {
            "iss": ISSUER,
            "aud": [ISSUER],
            "sub": "system:serviceaccount:shop:robot",
            "iat": AT,
            "nbf": AT,
            "exp": AT + 600,
            "kubernetes.io": {"namespace": "shop", "serviceaccount": {"name": "robot", "uid": "uid-1"}},
        }
        return {key: value for key, value in {**usual, **changes}.items() if value is not None}

    def signed(self, **changes: Any) -> str:
        return self.keys.current().sign(self.claims(**changes))


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "keys")


NAME = "system:serviceaccount:shop:robot"


def test_a_token_makes_its_bearer_the_account_with_its_groups(world: World) -> None:
    token = world.tokens.issue(ROBOT, NOW, 600).token
    found = world.tokens.user_for(token, NOW, (ISSUER,))
    assert found is not None
    assert (found.name, found.uid) == (NAME, "uid-1")
    assert found.groups == ("system:serviceaccounts", "system:serviceaccounts:shop", "system:authenticated")
    assert found.extra["authentication.kubernetes.io/credential-id"][0].startswith("JTI=")


@pytest.mark.parametrize(("after", "good"), [(-10, False), (-5, True), (0, True), (599, True)])
def test_a_token_is_good_in_its_time(world: World, after: int, good: bool) -> None:
    token = world.tokens.issue(ROBOT, NOW, 600).token
    assert (world.who(token, after) is not None) is good


def test_a_token_past_its_time_says_so(world: World) -> None:
    token = world.tokens.issue(ROBOT, NOW, 600).token
    with pytest.raises(BadCredentials) as expired:
        world.who(token, 600)
    assert expired.value.fault is Fault.EXPIRED


def test_a_token_for_another_audience_is_nobody(world: World) -> None:
    token = world.tokens.issue(ROBOT, NOW, 600, ["vault"]).token
    assert world.who(token) is None
    assert world.who(token, 0, "vault") == NAME


async def test_an_audience_may_be_a_source_of_its_own(world: World) -> None:
    token = world.tokens.issue(ROBOT, NOW, 600, ["registry"]).token
    assert await world.tokens.user_of(token, NOW) is None
    found = await ForAudience(world.tokens, "registry").user_of(token, NOW)
    assert isinstance(found, User)


def test_a_token_ends_with_its_account_and_does_not_come_back_with_a_new_one(world: World) -> None:
    token = world.tokens.issue(ROBOT, NOW, 600).token
    assert world.who(token) == NAME
    del world.uids["serviceaccounts", "shop", "robot"]
    assert world.who(token) is None
    world.uids["serviceaccounts", "shop", "robot"] = "uid-9"
    assert world.who(token) is None


def test_a_token_ends_with_the_object_it_is_bound_to(world: World) -> None:
    token = world.tokens.issue(ROBOT, NOW, 600, bound=PULL_SECRET).token
    assert world.who(token) == NAME
    world.uids["secrets", "shop", "robot-token"] = "uid-9"
    assert world.who(token) is None


def test_only_a_token_bound_to_a_secret_may_have_no_end(world: World) -> None:
    token = world.tokens.issue(ROBOT, NOW, None, bound=PULL_SECRET).token
    assert world.who(token, 10**9) == NAME
    for bound in (None, Bound("Pod", "p", "u")):
        with pytest.raises(Invalid):
            world.tokens.issue(ROBOT, NOW, None, bound=bound)


def test_a_token_bound_to_a_pod_tells_which(world: World) -> None:
    world.uids["pods", "shop", "p"] = "uid-3"
    token = world.tokens.issue(ROBOT, NOW, 600, bound=Bound("Pod", "p", "uid-3")).token
    found = world.tokens.user_for(token, NOW, (ISSUER,))
    assert found is not None
    assert found.extra["authentication.kubernetes.io/pod-name"] == ("p",)


OTHER_CLAIMS: list[dict[str, Any]] = [
    {"iss": "https://elsewhere.test"},
    {"iss": None},
    {"aud": None},
    {"aud": []},
    {"aud": ISSUER},
    {"sub": "system:serviceaccount:shop:admin"},
    {"sub": "system:admin"},
    {"sub": None},
    {"exp": None},
    {"exp": "never"},
    {"exp": 1e300},
    {"nbf": None},
    {"nbf": AT + 60},
    {"iat": True},
    {"kubernetes.io": None},
    {"kubernetes.io": {"namespace": "shop", "serviceaccount": {"name": "robot"}}},
    {"kubernetes.io": {"namespace": "lab", "serviceaccount": {"name": "robot", "uid": "uid-1"}}},
    {"kubernetes.io": {"namespace": "shop", "serviceaccount": {"name": "robot", "uid": ""}}},
    {
        "kubernetes.io": {
            "namespace": "shop",
            "serviceaccount": {"name": "robot", "uid": "uid-1"},
            "secret": {"name": "x"},
        }
    },
]


@pytest.mark.parametrize("changes", OTHER_CLAIMS, ids=str)
def test_claims_that_are_not_exactly_right_make_nobody(world: World, changes: dict[str, Any]) -> None:
    assert world.who(world.signed(**changes)) is None


def part(value: object) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(value)).decode().rstrip("=")


def test_tricks_with_the_algorithm_and_the_key_make_nobody(world: World) -> None:
    current, body = world.keys.current(), world.claims()
    kid, public = current.signer, orjson.dumps(current.public()[0])
    good = world.signed()
    head, payload, signature = good.split(".")
    hmac_key = OctKey.import_key(public)
    tricks = [
        f"{part({'alg': 'none', 'kid': kid})}.{payload}.",
        f"{part({'alg': 'none', 'kid': kid})}.{payload}.{signature}",
        f"{part({'alg': 'RS256', 'kid': kid})}.{payload}.{signature}",
        f"{part({'alg': 'ES256'})}.{payload}.{signature}",
        f"{part({'alg': 'ES256', 'kid': '../../etc/passwd'})}.{payload}.{signature}",
        f"{head}.{part({**body, 'sub': 'system:serviceaccount:shop:admin'})}.{signature}",
        f"{head}.{payload}.",
        f"{head}.{payload}.{'A' * 86}",
        jwt.encode({"alg": "HS256", "kid": kid}, body, hmac_key, algorithms=["HS256"]),
        f"{part([])}.{payload}.{signature}",
    ]
    assert world.who(good) == NAME
    for trick in tricks:
        assert world.who(trick) is None, trick


def test_a_token_of_a_key_that_is_gone_is_nobody_even_when_it_was_remembered(world: World, tmp_path: Path) -> None:
    token = world.signed()
    assert world.who(token) == NAME
    for file in (tmp_path / "keys").iterdir():
        file.unlink()
    assert world.who(token) is None


@given(st.text(max_size=80))
def test_no_text_raises(token: str) -> None:
    tokens = AccountTokens(SHARED.keys, SHARED, ISSUER)
    assert tokens.user_for(token, NOW, (ISSUER,)) is None


@pytest.fixture(autouse=True, scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> None:
    global SHARED
    SHARED = World(tmp_path_factory.mktemp("keys"))


SHARED: World
