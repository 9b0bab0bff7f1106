"""A code is exchanged once, by the client it was made for, while it is fresh."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest

from roadstead.auth.accesstokens import object_name
from tests.oauth.flows import CHALLENGING, IMPLICIT, VERIFIER, challenge, exchange, oc_login, query_of, who
from tests.oauth.world import OAUTH, USERS, House, basic


async def code_of(home: House, name: str = "alice", **more: str) -> str:
    """A fresh code."""
    return query_of((await challenge(home, name, **more)).header("Location"))["code"]


@pytest.mark.parametrize(
    "change",
    [
        {"code_verifier": "w" * 43},
        {"code_verifier": ""},
        {"redirect_uri": f"{IMPLICIT}/deeper"},
        {"client": "openshift-cli-client"},
        {"code": "sha256~" + "x" * 43},
        {"code": "x" * 50},
    ],
)
async def test_a_code_needs_its_client_its_address_and_its_verifier(home: House, change: dict[str, str]) -> None:
    code = await code_of(home)
    answer = await exchange(home, **{"code": code, **change})
    assert (answer.status, answer.json["error"]) == (400, "invalid_grant")
    assert (await exchange(home, code)).status == 200


async def test_a_verifier_without_a_challenge_is_refused(home: House) -> None:
    code = await code_of(home, code_challenge="", code_challenge_method="")
    assert (await exchange(home, code)).json["error"] == "invalid_grant"
    assert (await exchange(home, code, code_verifier="")).status == 200


async def test_a_replayed_code_takes_back_what_it_gave(home: House) -> None:
    code = await code_of(home)
    token = (await exchange(home, code)).json["access_token"]
    assert who(await home.whoami(f"Bearer {token}")) == "alice"
    assert (await exchange(home, code)).json["error"] == "invalid_grant"
    assert await home.whoami(f"Bearer {token}") == 401
    assert await home.registry(f"Bearer {token}") == 401


async def test_of_two_exchanges_at_once_no_token_is_left(home: House) -> None:
    code = await code_of(home)
    answers = await asyncio.gather(*(exchange(home, code) for _ in range(4)))
    assert sorted(answer.status for answer in answers) == [200, 400, 400, 400]
    assert (await home.as_admin("GET", f"{OAUTH}/oauthaccesstokens")).json["items"] == []


async def test_a_code_ends_after_five_minutes(home: House) -> None:
    code = await code_of(home)
    grants = home.app.persons.grants
    grants._now = lambda: datetime.now(UTC) + timedelta(seconds=300)
    assert (await exchange(home, code)).json["error"] == "invalid_grant"
    assert await grants.sweep() == 1


async def test_a_code_ends_with_its_user(home: House) -> None:
    code = await code_of(home)
    await home.as_admin("DELETE", f"{USERS}/alice")
    assert (await exchange(home, code)).json["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("fields", "authorization", "status", "error"),
    [
        ({"grant_type": "password"}, basic(CHALLENGING, ""), 400, "unsupported_grant_type"),
        ({"grant_type": "authorization_code"}, basic(CHALLENGING, ""), 400, "invalid_request"),
        ({"grant_type": "authorization_code", "code": "x"}, "", 401, "invalid_client"),
        ({"grant_type": "authorization_code", "code": "x"}, basic("nobody", ""), 401, "invalid_client"),
        ({"grant_type": "authorization_code", "code": "x"}, basic(CHALLENGING, "guess"), 401, "invalid_client"),
        ({"grant_type": "authorization_code", "code": "x"}, "Basic !!", 401, "invalid_client"),
        ({"grant_type": "authorization_code", "code": "x"}, "Bearer x", 401, "invalid_client"),
        ({"client_id": "other", "code": "x"}, basic(CHALLENGING, ""), 400, "invalid_request"),
    ],
)
async def test_a_request_that_is_no_good_is_answered_by_the_book(
    home: House, fields: dict[str, str], authorization: str, status: int, error: str
) -> None:
    headers = {"Authorization": authorization} if authorization else {}
    answer = await home.api(
        "POST", "/oauth/token", urlencode(fields).encode(), Content_Type="application/x-www-form-urlencoded", **headers
    )
    assert (answer.status, answer.json["error"]) == (status, error)
    assert answer.header("Cache-Control") == "no-store"


async def test_the_fields_may_come_in_the_body_and_the_client_with_them(home: House) -> None:
    fields = {
        "grant_type": "authorization_code",
        "code": await code_of(home),
        "redirect_uri": IMPLICIT,
        "code_verifier": VERIFIER,
        "client_id": CHALLENGING,
    }
    form = "application/x-www-form-urlencoded; charset=utf-8"
    answer = await home.api("POST", "/oauth/token", urlencode(fields).encode(), Content_Type=form)
    assert answer.status == 200
    assert answer.json["token_type"] == "Bearer"


async def test_a_form_has_a_limit_and_a_type(home: House) -> None:
    form = "application/x-www-form-urlencoded"
    assert (await home.api("POST", "/oauth/token", b"a=" + b"b" * 20_000, Content_Type=form)).status == 413
    assert (await home.api("POST", "/login", b"a=" + b"b" * 20_000, Content_Type=form)).status == 413
    assert (await home.api("POST", "/oauth/token", b"{}", Content_Type="application/json")).status == 400


async def test_oc_logout_ends_the_token_on_both_doors(home: House) -> None:
    token = await oc_login(home)
    other = await oc_login(home, "bob")
    path = f"{OAUTH}/oauthaccesstokens/{object_name(token)}"
    assert (await home.api("DELETE", path, Authorization=f"Bearer {other}")).status == 404
    assert (await home.api("DELETE", path, Authorization=f"Bearer {token}")).status == 200
    assert await home.whoami(f"Bearer {token}") == 401
    assert await home.registry(f"Bearer {token}") == 401
    assert who(await home.whoami(f"Bearer {other}")) == "bob"


async def test_people_list_and_revoke_their_own_tokens(home: House) -> None:
    token, second = await oc_login(home), await oc_login(home)
    path = f"{OAUTH}/useroauthaccesstokens"
    mine = (await home.api("GET", path, Authorization=f"Bearer {token}")).json["items"]
    assert {each["metadata"]["name"] for each in mine} == {object_name(token), object_name(second)}
    gone = await home.api("DELETE", f"{path}/{object_name(second)}", Authorization=f"Bearer {token}")
    assert gone.status == 200
    assert await home.whoami(f"Bearer {second}") == 401
    assert (await home.api("GET", f"{OAUTH}/oauthaccesstokens", Authorization=f"Bearer {token}")).status == 403


async def test_deleting_a_user_ends_their_tokens_and_a_new_one_of_that_name_does_not_inherit_them(home: House) -> None:
    token = await oc_login(home)
    await home.as_admin("DELETE", f"{USERS}/alice")
    assert await home.whoami(f"Bearer {token}") == 401
    assert await home.registry(f"Bearer {token}") == 401
    await home.as_admin("POST", USERS, {"metadata": {"name": "alice"}})
    assert await home.whoami(f"Bearer {token}") == 401
    assert await home.app.persons.grants.sweep() == 2
    assert (await home.as_admin("GET", f"{OAUTH}/oauthaccesstokens")).json["items"] == []


async def test_expired_tokens_are_swept_and_others_stay(home: House) -> None:
    token = await oc_login(home)
    grants = home.app.persons.grants
    assert await grants.sweep() == 0
    grants._now = lambda: datetime.now(UTC) + timedelta(seconds=86_401)
    assert await grants.sweep() == 2
    assert await home.whoami(f"Bearer {token}") == 401


async def test_uses_are_written_down_so_that_a_restart_forgets_none(home: House) -> None:
    change = {"accessTokenInactivityTimeoutSeconds": 600}
    await home.api(
        "PATCH", f"{OAUTH}/oauthclients/{CHALLENGING}", change,
        Authorization=f"Bearer {home.admin}", Content_Type="application/merge-patch+json",
    )  # fmt: skip
    token = await oc_login(home)
    path = f"{OAUTH}/oauthaccesstokens/{object_name(token)}"
    assert (await home.as_admin("GET", path)).json["inactivityTimeoutSeconds"] == 600
    gate, later = home.app.gate, datetime.now(UTC) + timedelta(seconds=500)
    gate._now = lambda: later
    assert who(await home.whoami(f"Bearer {token}")) == "alice"
    gate._now = lambda: datetime.now(UTC)
    await home.app.persons.grants.write_down_uses()
    assert (await home.as_admin("GET", path)).json["inactivityTimeoutSeconds"] >= 1099
