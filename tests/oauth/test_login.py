"""The login page: for people at a browser, and for nobody else."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest

from tests.oauth.flows import BROWSER, CALLBACK, CLI, ISSUER, Browser, authorize_url, oc_login, query_of, who
from tests.oauth.world import USERS, House, house

TOKEN_PAGE = "/oauth/token/request"


async def test_oc_login_web_ends_at_the_program_that_asked(home: House) -> None:
    browser = Browser(home)
    page = await browser.open(authorize_url(CLI, CALLBACK, state="s"))
    assert "Log in to Roadstead" in page.text
    assert "http://127.0.0.1:40123" in page.header("Content-Security-Policy")
    await browser.send(page, username="alice", password="alice-pw")
    assert browser.trail[-1].startswith(f"{CALLBACK}?code=")
    assert query_of(browser.trail[-1])["state"] == "s"
    assert not any("session" in name for name in browser.cookies)


async def test_the_token_page_shows_a_token_that_works_and_how(home: House) -> None:
    browser = Browser(home)
    ask = await browser.log_in(TOKEN_PAGE)
    assert "Display token" in ask.text
    page = await browser.send(ask)
    assert "oc login --token=sha256~" in page.text
    assert f"--server={ISSUER}" in page.text
    token = page.text.partition("--token=")[2].partition(" ")[0]
    assert who(await home.whoami(f"Bearer {token}")) == "alice"
    assert (await browser.send(ask)).status == 400
    assert await home.whoami(f"Bearer {token}") == 401


async def test_every_page_forbids_scripts_frames_and_caches(home: House) -> None:
    for url in ("/login", "/logout", "/oauth/token/display?code=x", "/oauth/token/implicit", "/oauth/authorize"):
        answer = await home.api("GET", url, Accept="text/html")
        policy = answer.header("Content-Security-Policy")
        assert policy.startswith("default-src 'none'; ")
        assert "frame-ancestors 'none'" in policy
        assert "script" not in policy
        assert answer.header("X-Frame-Options") == "DENY"
        assert answer.header("X-Content-Type-Options") == "nosniff"
        assert answer.header("Cache-Control") == "no-store"
        assert "<script" not in answer.text


async def test_cookies_stay_with_us(home: House) -> None:
    page = await home.api("GET", "/login")
    assert page.header("Set-Cookie").startswith("__Host-roadstead-csrf=")
    for part in ("; Path=/", "; HttpOnly", "; SameSite=Strict", "; Secure"):
        assert part in page.header("Set-Cookie")


@pytest.mark.parametrize(
    "then",
    [
        "https://evil.test/",
        "//evil.test/",
        "/\\evil.test/",
        "\\\\evil.test",
        "/%09/evil.test".replace("%09", "\t"),
        "javascript:alert(1)",
        "",
        "login",
        "/a//evil.test",
        "/x\r\nLocation: https://evil.test",
    ],
)
async def test_a_login_leads_nowhere_else(home: House, then: str) -> None:
    assert (await home.api("GET", f"/login?then={quote(then)}", Accept="text/html")).status == 400
    browser = Browser(home)
    page = await browser.open("/login")
    answer = await browser.send(page, username="alice", password="alice-pw", then=then)
    assert (answer.status, answer.header("Location")) == (400, "")
    assert not any("session" in name for name in browser.cookies)


async def test_a_form_from_another_site_logs_nobody_in(home: House) -> None:
    browser = Browser(home)
    page = await browser.open("/login")
    assert (await browser.send(page, csrf="x" * 43, username="alice", password="alice-pw")).status == 403
    browser.cookies.clear()
    assert (await browser.send(page, username="alice", password="alice-pw")).status == 403
    home_page = await browser.open("/login")
    form = home_page.text.partition('name="csrf" value="')[2].partition('"')[0]
    cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    body = f"csrf={form}&username=alice&password=alice-pw".encode()
    sent = {"Content_Type": "application/x-www-form-urlencoded", "Cookie": cookie}
    assert (await home.api("POST", "/login", body, **sent, Origin="https://evil.test")).status == 403
    assert (await home.api("POST", "/login", body, **sent, Origin="null")).status == 403
    assert (await home.api("POST", "/login", body, **sent, Origin=ISSUER)).status == 303


async def test_wrong_passwords_are_told_and_then_have_to_wait(home: House) -> None:
    browser = Browser(home)
    for _ in range(10):
        page = await browser.log_in("/login", password="wrong")
        assert page.status == 401
        assert "do not belong together" in page.text
    page = await browser.log_in("/login", password="wrong")
    assert page.status == 429
    assert int(page.header("Retry-After")) > 0


async def test_what_somebody_types_comes_back_as_text(home: House) -> None:
    browser = Browser(home)
    page = await browser.log_in("/login", name='"><script>alert(1)</script>', password="x")
    assert page.status == 401
    assert "<script" not in page.text


async def test_a_session_belongs_to_a_user_and_ends_with_them(home: House) -> None:
    await oc_login(home)
    browser = Browser(home)
    await browser.log_in("/login?then=/oauth/token/implicit")
    kept = dict(browser.cookies)
    await home.as_admin("DELETE", f"{USERS}/alice")
    page = await browser.open(authorize_url(CLI, CALLBACK))
    assert "Log in to Roadstead" in page.text
    browser.cookies = {name: value[:-2] + "xx" if "session" in name else value for name, value in kept.items()}
    assert "Log in to Roadstead" in (await browser.open(authorize_url(CLI, CALLBACK))).text


async def test_a_cookie_given_twice_counts_for_nothing(home: House) -> None:
    browser = Browser(home)
    await browser.log_in("/login?then=/oauth/token/implicit")
    name, value = next((name, value) for name, value in browser.cookies.items() if "session" in name)
    both = f"{name}={value}; {name}={value}"
    answer = await home.api("GET", authorize_url(CLI, CALLBACK), Cookie=both)
    assert answer.header("Location").startswith("/login?")
    one = await home.api("GET", authorize_url(CLI, CALLBACK), Cookie=f"{name}={value}")
    assert one.header("Location").startswith(CALLBACK)
    large = await home.api("GET", authorize_url(CLI, CALLBACK), Cookie=f"{name}={value}; a=" + "b" * 9000)
    assert large.header("Location").startswith("/login?")


async def test_logging_out_forgets_the_browser_and_takes_a_form(home: House) -> None:
    browser = Browser(home)
    await browser.log_in("/login?then=/oauth/token/implicit")
    page = await browser.open("/logout")
    assert any("session" in name for name in browser.cookies)
    assert (await browser.send(page, csrf="forged")).status == 403
    assert "Logged out" in (await browser.send(page, action="/logout")).text
    assert not any("session" in name for name in browser.cookies)


async def test_a_removed_user_reads_what_an_administrator_can_do(home: House) -> None:
    await oc_login(home)
    await home.as_admin("DELETE", f"{USERS}/alice")
    page = await Browser(home).log_in("/login")
    assert page.status == 403
    assert "kubectl delete identity htpasswd:alice" in page.text


async def test_a_restart_forgets_neither_logins_nor_tokens(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        token = await oc_login(home)
        browser = Browser(home)
        await browser.log_in("/login?then=/oauth/token/implicit")
        secret = (await home.as_admin("GET", f"/apis/oauth.openshift.io/v1/oauthclients/{BROWSER}")).json["secret"]
    async with house(tmp_path) as again:
        assert who(await again.whoami(f"Bearer {token}")) == "alice"
        browser.home = again
        await browser.open(authorize_url(CLI, CALLBACK))
        assert browser.trail[-1].startswith(CALLBACK)
        client = (await again.as_admin("GET", f"/apis/oauth.openshift.io/v1/oauthclients/{BROWSER}")).json
        assert client["secret"] == secret
