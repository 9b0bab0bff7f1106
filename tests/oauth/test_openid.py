"""Logging in at an OpenID Connect issuer: believed when everything fits, refused with a reason otherwise."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest

from roadstead.base.values import Json
from roadstead.testing.openid_issuer import CLIENT, SECRET, OpenIdIssuer, issuing, new_key
from tests.oauth.flows import CALLBACK, CLI, ISSUER, Browser, authorize_url, query_of
from tests.oauth.world import GROUPS, IDENTITIES, MAPPINGS, USERS, Answer, House, house


@pytest.fixture
async def corporate() -> AsyncIterator[OpenIdIssuer]:
    """An issuer."""
    async with issuing() as issuer:
        yield issuer


def settings(issuer: OpenIdIssuer, folder: Path, **more: Any) -> Json:
    """One provider, as the settings have it."""
    (folder / "secret").write_text(f"{SECRET}\n")
    return {
        "name": "corporate",
        "type": "openid",
        "issuer": issuer.url,
        "client_id": CLIENT,
        "client_secret_file": str(folder / "secret"),
        **more,
    }


@pytest.fixture
async def home(tmp_path: Path, corporate: OpenIdIssuer) -> AsyncIterator[House]:
    """The app with alice's file and the issuer, which tells of groups."""
    provider = settings(corporate, tmp_path, claims={"groups": ["groups"]}, scopes=["profile", "groups"])
    async with house(tmp_path, identity_providers=(provider,)) as opened:
        yield opened


async def through(browser: Browser, then: str = "/oauth/token/implicit") -> Answer:
    """To the issuer and back."""
    answer = await browser.open(f"/login?{urlencode({'idp': 'corporate', 'then': then})}")
    if answer.status != 302:
        return answer
    async with aiohttp.ClientSession() as elsewhere:
        async with elsewhere.get(answer.header("Location"), allow_redirects=False) as sent_back:
            location = sent_back.headers["Location"]
    assert location.startswith(f"{ISSUER}/oauth2callback/corporate?")
    return await browser.open(location.removeprefix(ISSUER))


def logged_in(browser: Browser) -> bool:
    return any("session" in name for name in browser.cookies)


async def test_a_person_logs_in_elsewhere_and_is_a_user_here(home: House) -> None:
    browser = Browser(home)
    page = await browser.open(authorize_url(CLI, CALLBACK, state="s"))
    assert "Log in with corporate" in page.text
    await through(browser, authorize_url(CLI, CALLBACK, state="s"))
    assert browser.trail[-1].startswith(f"{CALLBACK}?code=")
    assert query_of(browser.trail[-1])["state"] == "s"
    user = (await home.as_admin("GET", f"{USERS}/carol")).json
    assert (user["fullName"], user["identities"]) == ("Carol C.", ["corporate:1001"])
    identity = (await home.as_admin("GET", f"{IDENTITIES}/corporate:1001")).json
    assert identity["extra"] == {"preferred_username": "carol", "name": "Carol C."}


async def test_with_one_provider_and_no_passwords_the_login_leads_straight_there(
    tmp_path: Path, corporate: OpenIdIssuer
) -> None:
    async with house(tmp_path, passwords=False, identity_providers=(settings(corporate, tmp_path),)) as home:
        answer = await home.api("GET", "/login")
        assert answer.header("Location").startswith(f"{corporate.url}/authorize?")
        asked = query_of(answer.header("Location"))
        assert (asked["scope"], asked["code_challenge_method"]) == ("openid", "S256")
        assert asked["redirect_uri"] == f"{ISSUER}/oauth2callback/corporate"


async def test_the_groups_it_tells_of_are_groups_here_and_follow_it(home: House, corporate: OpenIdIssuer) -> None:
    await home.as_admin("POST", GROUPS, {"metadata": {"name": "ours"}, "users": ["carol"]})
    corporate.claims["groups"] = ["devs", "system:masters", "a/b", "ops"]
    await through(Browser(home))
    names = {each["metadata"]["name"] for each in (await home.as_admin("GET", GROUPS)).json["items"]}
    assert names == {"ours", "devs", "ops"}
    corporate.claims["groups"] = ["ops"]
    await through(Browser(home))
    groups = (await home.as_admin("GET", GROUPS)).json["items"]
    assert {each["metadata"]["name"]: each["users"] for each in groups} == {"ours": ["carol"], "ops": ["carol"]}


async def test_what_the_token_lacks_is_read_from_the_page_about_the_user(home: House, corporate: OpenIdIssuer) -> None:
    corporate.claims = {"sub": "7"}
    corporate.in_userinfo = {"preferred_username": "dora", "groups": ["devs"]}
    await through(Browser(home))
    assert (await home.as_admin("GET", f"{USERS}/dora")).status == 200
    corporate.claims = {"sub": "8"}
    corporate.in_userinfo = {"sub": "7", "preferred_username": "eve"}
    await through(Browser(home))
    assert (await home.as_admin("GET", f"{USERS}/eve")).status == 404
    assert (await home.as_admin("GET", f"{USERS}/8")).status == 200


LIES: list[tuple[Json, Json, str]] = [
    ({}, {"alg": "none"}, "algorithm"),
    ({}, {"alg": "HS256"}, "algorithm"),
    ({}, {"crit": ["exp"]}, "algorithm"),
    ({}, {"kid": "unknown"}, "key that the issuer does not publish"),
    ({"iss": "https://other.test"}, {}, "another issuer"),
    ({"aud": "other"}, {}, "another client"),
    ({"aud": [CLIENT, "other"]}, {}, "another client"),
    ({"azp": "other"}, {}, "another client"),
    ({"nonce": "replayed"}, {}, "another login"),
    ({"nonce": None}, {}, "another login"),
    ({"exp": 1000}, {}, "time is over"),
    ({"exp": None}, {}, "times are missing"),
    ({"exp": True}, {}, "times are missing"),
    ({"nbf": 1 << 35}, {}, "time has not come"),
    ({"iat": 1 << 35}, {}, "time has not come"),
    ({"sub": None}, {}, "names nobody"),
    ({"sub": 5}, {}, "names nobody"),
]


@pytest.mark.parametrize(("claims", "header", "why"), LIES)
async def test_a_token_that_lies_logs_nobody_in(
    home: House, corporate: OpenIdIssuer, claims: Json, header: Json, why: str
) -> None:
    corporate.forged, corporate.header = claims, header
    browser = Browser(home)
    answer = await through(browser)
    assert answer.status == 403
    assert why in answer.text
    assert not logged_in(browser)
    assert (await home.as_admin("GET", IDENTITIES)).json["items"] == []


async def test_a_signature_by_another_key_of_that_name_is_wrong(home: House, corporate: OpenIdIssuer) -> None:
    corporate.published = [new_key("first")]
    answer = await through(Browser(home))
    assert "signature is wrong" in answer.text


async def test_an_issuer_may_change_its_keys_and_is_not_asked_again_and_again(
    home: House, corporate: OpenIdIssuer
) -> None:
    assert (await through(Browser(home))).status == 200
    issuer = home.app.persons.pages["/oauth2callback/corporate"]
    facts = issuer._answer.__self__._facts  # type: ignore[attr-defined]
    corporate.key = new_key("second")
    assert (await through(Browser(home))).status == 403
    facts._now = lambda: datetime.now(UTC) + timedelta(seconds=31)
    assert (await through(Browser(home))).status == 200
    looks = corporate.asked.count("/keys")
    corporate.header = {"kid": "unknown"}
    for _ in range(3):
        assert (await through(Browser(home))).status == 403
    assert corporate.asked.count("/keys") == looks


async def test_an_answer_without_its_beginning_in_this_browser_is_refused(home: House) -> None:
    for url in (
        "/oauth2callback/corporate",
        "/oauth2callback/corporate?code=x&state=y",
        "/oauth2callback/corporate?code=x&state=",
    ):
        assert (await Browser(home).open(url)).status == 403
    victim, attacker = Browser(home), Browser(home)
    await victim.open("/login?idp=corporate")
    await attacker.open("/login?idp=corporate")
    state = query_of(attacker.trail[-1])["state"]
    assert (await victim.open(f"/oauth2callback/corporate?code=x&state={state}")).status == 403


async def test_an_answer_is_good_once(home: House) -> None:
    browser = Browser(home)
    await through(browser)
    kept = dict(browser.cookies)
    assert (await browser.open("/oauth2callback/corporate?code=x&state=y")).status == 403
    browser.cookies = kept
    assert not any("openid" in name for name in browser.cookies)


async def test_a_refusal_of_the_issuer_is_told(home: House, corporate: OpenIdIssuer) -> None:
    corporate.refuses = "access_denied<script>"
    answer = await through(Browser(home))
    assert answer.status == 403
    assert "did not log you in: access_denied" in answer.text
    assert "<script" not in answer.text


@pytest.mark.parametrize(
    "document",
    [
        {"issuer": "https://other.test"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"token_endpoint": "ftp://x"},
        {"token_endpoint": None},
        {"jwks_uri": "//x"},
    ],
)
async def test_a_discovery_document_that_is_not_sound_is_not_followed(
    home: House, corporate: OpenIdIssuer, document: Json
) -> None:
    corporate.document = document
    assert (await Browser(home).open("/login?idp=corporate")).status == 403


async def test_an_endpoint_elsewhere_is_asked_by_the_rules_for_outbound_connections(
    home: House, corporate: OpenIdIssuer
) -> None:
    corporate.document = {"token_endpoint": "http://127.0.0.2:9999/token"}
    answer = await through(Browser(home))
    assert answer.status == 503
    assert "cannot be asked just now" in answer.text


async def test_an_issuer_that_fails_is_left_alone_for_a_moment(home: House, corporate: OpenIdIssuer) -> None:
    corporate.document = {"token_endpoint": None}
    for _ in range(5):
        assert (await Browser(home).open("/login?idp=corporate")).status == 403
    assert corporate.asked.count("/.well-known/openid-configuration") == 1


async def test_an_issuer_that_is_away_is_no_fault_of_ours(tmp_path: Path) -> None:
    async with issuing() as gone:
        provider = settings(gone, tmp_path)
    async with house(tmp_path, identity_providers=(provider,)) as home:
        assert (await Browser(home).open("/login?idp=corporate")).status == 503


async def test_who_must_be_known_already_is_linked_by_an_administrator(tmp_path: Path, corporate: OpenIdIssuer) -> None:
    provider = settings(corporate, tmp_path, mapping="lookup")
    async with house(tmp_path, identity_providers=(provider,)) as home:
        answer = await through(Browser(home))
        assert (answer.status, "useridentitymapping" in answer.text) == (403, True)
        await home.as_admin("POST", USERS, {"metadata": {"name": "cc"}})
        identity = {"metadata": {"name": "corporate:1001"}, "providerName": "corporate", "providerUserName": "1001"}
        await home.as_admin("POST", IDENTITIES, identity)
        link = {"metadata": {"name": "corporate:1001"}, "identity": {"name": "corporate:1001"}, "user": {"name": "cc"}}
        assert (await home.as_admin("POST", MAPPINGS, link)).status == 201
        browser = Browser(home)
        await through(browser)
        assert logged_in(browser)


@pytest.mark.parametrize(("mapping", "allowed"), [("claim", False), ("add", True)])
async def test_a_name_that_is_taken_is_shared_only_where_the_settings_say_so(
    tmp_path: Path, corporate: OpenIdIssuer, mapping: str, allowed: bool
) -> None:
    corporate.claims["preferred_username"] = "alice"
    provider = settings(corporate, tmp_path, mapping=mapping)
    async with house(tmp_path, identity_providers=(provider,)) as home:
        await Browser(home).log_in("/login?then=/oauth/token/implicit")
        browser = Browser(home)
        await through(browser)
        assert logged_in(browser) == allowed
        identities = (await home.as_admin("GET", f"{USERS}/alice")).json["identities"]
        assert identities == (["htpasswd:alice", "corporate:1001"] if allowed else ["htpasswd:alice"])


async def test_a_name_like_one_of_the_systems_own_becomes_another(home: House, corporate: OpenIdIssuer) -> None:
    corporate.claims = {"sub": "a/b", "preferred_username": "system:admin"}
    await through(Browser(home))
    users = [each["metadata"]["name"] for each in (await home.as_admin("GET", USERS)).json["items"]]
    assert users == ["b64:c3lzdGVtOmFkbWlu"]
    assert (await home.as_admin("GET", f"{IDENTITIES}/corporate:b64:YS9i")).status == 200
