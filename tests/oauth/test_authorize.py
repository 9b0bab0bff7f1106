"""A client asks to act for somebody: who may be sent where, after proving what."""

from __future__ import annotations

from pathlib import Path

import pytest

from roadstead.base.values import Json
from tests.oauth.flows import (
    CALLBACK,
    CHALLENGE,
    CLI,
    IMPLICIT,
    ISSUER,
    Browser,
    authorize_url,
    challenge,
    exchange,
    oc_login,
    query_of,
    who,
)  # fmt: skip
from tests.oauth.world import OAUTH, House, basic, house


async def test_oc_login_with_a_password_gives_a_token_good_at_both_doors(home: House) -> None:
    token = await oc_login(home)
    assert token.startswith("sha256~")
    assert who(await home.whoami(f"Bearer {token}")) == "alice"
    assert await home.registry(f"Bearer {token}") == 200
    assert await home.registry(basic("anything", token)) == 200


async def test_without_a_password_there_is_a_challenge(home: House) -> None:
    answer = await home.api("GET", authorize_url(), X_CSRF_Token="1")
    assert (answer.status, answer.header("WWW-Authenticate")) == (401, 'Basic realm="openshift"')


async def test_a_browser_that_is_tricked_gets_no_challenge_and_its_password_does_not_count(home: House) -> None:
    for answer in (
        await home.api("GET", authorize_url()),
        await home.api("GET", authorize_url(), Authorization=basic("alice", "alice-pw")),
    ):
        assert answer.status == 401
        assert "WWW-Authenticate" not in dict(answer.headers)
        assert "X-CSRF-Token" in answer.header("Warning")


async def test_a_wrong_password_is_challenged_again(home: House) -> None:
    answer = await challenge(home, password="wrong")
    assert (answer.status, answer.header("WWW-Authenticate")) == (401, 'Basic realm="openshift"')


async def test_too_many_wrong_passwords_wait(home: House) -> None:
    for _ in range(10):
        assert (await challenge(home, password="wrong")).status == 401
    answer = await challenge(home, password="wrong")
    assert answer.status == 429
    assert int(answer.header("Retry-After")) > 0
    assert await home.registry(basic("alice", "wrong")) == 429


async def test_without_password_logins_people_are_told_where_tokens_are(tmp_path: Path) -> None:
    async with house(tmp_path, passwords=False) as home:
        answer = await challenge(home)
        assert (answer.status, answer.header("WWW-Authenticate")) == (401, "")
        assert f"{ISSUER}/oauth/token/request" in answer.text


async def test_the_implicit_flow_hands_the_token_behind_the_hash(home: House) -> None:
    answer = await challenge(home, response_type="token", code_challenge="", code_challenge_method="", state="s t")
    location = answer.header("Location")
    assert location.startswith(f"{IMPLICIT}#access_token=sha256~")
    given = query_of(location)
    assert (given["token_type"], given["expires_in"], given["scope"]) == ("Bearer", "86400", "user:full")
    assert given["state"] == "s t"
    assert who(await home.whoami(f"Bearer {given['access_token']}")) == "alice"


@pytest.mark.parametrize(
    "redirect",
    [
        "https://evil.test/oauth/token/implicit",
        f"{ISSUER}.evil.test/oauth/token/implicit",
        "https://127.0.0.1:6443@evil.test/oauth/token/implicit",
        f"{ISSUER}/oauth/token/implicit/../../../login",
        f"{ISSUER}/oauth/token/implicitly",
        f"{ISSUER}/oauth/token/implicit#x",
        "http://127.0.0.1:6443/oauth/token/implicit",
        "//evil.test/oauth/token/implicit",
        "/oauth/token/implicit",
        "javascript:alert(1)",
        "https:\\\\evil.test",
        "https://evil.test\t/",
    ],
)
async def test_nobody_is_sent_where_the_client_does_not_belong(home: House, redirect: str) -> None:
    answer = await challenge(home, redirect=redirect)
    assert answer.status == 400
    assert answer.header("Location") == ""


async def test_a_host_that_is_not_ours_is_not_made_an_address_of(home: House) -> None:
    answer = await home.api("GET", "/.well-known/oauth-authorization-server", Host="evil.test")
    assert answer.status == 400
    assert "ROADSTEAD_NAMES" in answer.text
    assert b"evil.test/oauth" not in answer.body


async def test_the_public_address_can_be_set(tmp_path: Path) -> None:
    async with house(tmp_path, public_url="https://login.example.test") as home:
        document = (await home.api("GET", "/.well-known/oauth-authorization-server", Host="evil.test")).json
        assert document["authorization_endpoint"] == "https://login.example.test/oauth/authorize"


async def test_the_metadata_lead_oc_to_the_endpoints(home: House) -> None:
    answer = await home.api("GET", "/.well-known/oauth-authorization-server")
    assert answer.json["issuer"] == ISSUER
    assert answer.json["token_endpoint"] == f"{ISSUER}/oauth/token"
    assert answer.json["code_challenge_methods_supported"] == ["S256"]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"response_type": "id_token"}, "unsupported_response_type"),
        ({"response_type": ""}, "unsupported_response_type"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": ""}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"scope": "everything"}, "invalid_scope"),
        ({"scope": " ".join(f"role:r{number}:n" for number in range(60))}, "invalid_scope"),
    ],
)
async def test_a_request_that_breaks_a_rule_is_told_to_the_client(
    home: House, change: dict[str, str], error: str
) -> None:
    answer = await challenge(home, state="mine", **change)
    assert answer.status == 302
    told = query_of(answer.header("Location"))
    assert (told["error"], told["state"]) == (error, "mine")


@pytest.mark.parametrize(
    "url",
    [
        "/oauth/authorize",
        authorize_url("nobody"),
        authorize_url() + "&client_id=other",
        authorize_url(state="x" * 5000),
        authorize_url() + "&state=%00",
        authorize_url() + "".join(f"&x{number}=1" for number in range(60)),
    ],
)
async def test_a_request_that_makes_no_sense_is_refused_here(home: House, url: str) -> None:
    answer = await home.api("GET", url, X_CSRF_Token="1", Authorization=basic("alice", "alice-pw"))
    assert answer.status == 400
    assert answer.json["error"] == "invalid_request"


async def test_other_methods_are_refused(home: House) -> None:
    assert (await home.api("POST", authorize_url())).status == 405
    assert (await home.api("GET", "/oauth/token")).status == 405
    assert (await home.api("PUT", "/login")).status == 405


async def test_a_program_on_this_machine_must_send_a_challenge(home: House) -> None:
    browser = Browser(home)
    await browser.log_in(authorize_url(CLI, CALLBACK))
    assert query_of(browser.trail[-1])["code"]
    await browser.log_in("/login?then=/oauth/token/implicit")
    await browser.open(authorize_url(CLI, CALLBACK, code_challenge="", code_challenge_method=""))
    assert query_of(browser.trail[-1])["error"] == "invalid_request"


async def test_a_scoped_token_is_limited_at_both_doors_and_keeps_its_scopes_in_a_registry_token(home: House) -> None:
    token = await oc_login(home, scope="user:info")
    assert who(await home.whoami(f"Bearer {token}")) == "alice"
    binding: Json = {
        "metadata": {"name": "alice"},
        "roleRef": {"kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"kind": "User", "name": "alice"}],
    }
    path = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings"
    assert (await home.as_admin("POST", path, binding)).status == 201
    full = await oc_login(home)
    assert (await home.api("GET", "/api/v1/namespaces", Authorization=f"Bearer {full}")).status == 200
    refused = await home.api("GET", "/api/v1/namespaces", Authorization=f"Bearer {token}")
    assert refused.status == 403
    assert await home.registry(f"Bearer {full}", "/v2/_catalog") == 200
    assert await home.registry(f"Bearer {token}", "/v2/_catalog") == 401
    assert await home.registry(basic("x", token), "/v2/_catalog") == 401


async def make_client(home: House, name: str, **more: object) -> None:
    body = {"metadata": {"name": name}, "grantMethod": "auto", "redirectURIs": ["https://app.test/back"], **more}
    assert (await home.as_admin("POST", f"{OAUTH}/oauthclients", body)).status == 201


async def test_a_client_asks_for_no_more_than_its_restrictions(home: House) -> None:
    await make_client(home, "app", respondWithChallenges=True, scopeRestrictions=[{"literals": ["user:info"]}])
    app = {"client": "app", "redirect": "https://app.test/back"}
    assert query_of((await challenge(home, **app)).header("Location"))["error"] == "access_denied"
    assert "code" in query_of((await challenge(home, **app, scope="user:info")).header("Location"))


async def test_tokens_last_as_long_as_their_client_says(home: House) -> None:
    await make_client(
        home, "app", secret="hush", respondWithChallenges=True,
        accessTokenMaxAgeSeconds=90, accessTokenInactivityTimeoutSeconds=300,
    )  # fmt: skip
    answer = await challenge(home, client="app", redirect="https://app.test/back/deeper")
    code = query_of(answer.header("Location"))["code"]
    more = {"client": "app", "redirect_uri": "https://app.test/back/deeper"}
    assert (await exchange(home, code, **more)).status == 401
    given = (await exchange(home, code, **more, secret="hush")).json
    assert given["expires_in"] == 90
    tokens = (await home.as_admin("GET", f"{OAUTH}/oauthaccesstokens")).json["items"]
    assert (tokens[0]["expiresIn"], tokens[0]["inactivityTimeoutSeconds"]) == (90, 300)


async def test_who_must_be_asked_is_asked_once_for_each_scope(home: House) -> None:
    await make_client(home, "app", grantMethod="prompt")
    url = authorize_url("app", "https://app.test/back", scope="user:info user:check-access", state="s")
    browser = Browser(home)
    question = await browser.log_in(url)
    assert "Allow app?" in question.text
    assert "https://app.test" in question.header("Content-Security-Policy")
    await browser.send(question, decision="allow", **{"scope:user:info": "on"})
    assert query_of(browser.trail[-1]).keys() == {"code", "state"}
    kept = (await home.as_admin("GET", f"{OAUTH}/oauthclientauthorizations/alice:app")).json
    assert kept["scopes"] == ["user:info"]
    again = await browser.log_in(url)
    assert "Allow app?" in again.text
    await browser.send(again, decision="deny")
    assert query_of(browser.trail[-1])["error"] == "access_denied"
    await browser.log_in(authorize_url("app", "https://app.test/back", scope="user:info"))
    assert "code" in query_of(browser.trail[-1])


async def test_a_consent_cannot_be_given_by_another_site(home: House) -> None:
    await make_client(home, "app", grantMethod="prompt")
    browser = Browser(home)
    question = await browser.log_in(authorize_url("app", "https://app.test/back"))
    forged = await browser.send(question, decision="allow", csrf="guessed", **{"scope:user:full": "on"})
    assert forged.status == 403
    assert (await home.as_admin("GET", f"{OAUTH}/oauthclientauthorizations")).json["items"] == []


async def test_what_is_stored_tells_no_secret(home: House) -> None:
    answer = await challenge(home)
    code = query_of(answer.header("Location"))["code"]
    token = (await exchange(home, code)).json["access_token"]
    for kind in ("oauthaccesstokens", "oauthauthorizetokens"):
        stored = (await home.as_admin("GET", f"{OAUTH}/{kind}")).text
        assert code not in stored
        assert token not in stored
        assert CHALLENGE in stored or kind == "oauthaccesstokens"
