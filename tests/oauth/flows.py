"""What clients and browsers do at the OAuth server, step by step."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode, urlsplit

from roadstead.base.values import Json
from tests.oauth.world import HOST, Answer, House, basic

ISSUER = f"https://{HOST}"
IMPLICIT = f"{ISSUER}/oauth/token/implicit"
CHALLENGING, BROWSER, CLI = "openshift-challenging-client", "openshift-browser-client", "openshift-cli-client"
CALLBACK = "http://127.0.0.1:40123/callback"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")


def authorize_url(client: str = CHALLENGING, redirect: str = IMPLICIT, **more: str) -> str:
    """As oc writes it; a parameter set to "" is left out."""
    fields = {
        "client_id": client,
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        "redirect_uri": redirect,
        "response_type": "code",
        **more,
    }
    return f"/oauth/authorize?{urlencode({name: value for name, value in fields.items() if value})}"


def query_of(location: str) -> dict[str, str]:
    """The fields in the query, and behind the #, of an address."""
    parts = urlsplit(location)
    return dict(parse_qsl(parts.query) + parse_qsl(parts.fragment))


async def challenge(home: House, name: str = "alice", password: str = "", **more: str) -> Answer:
    """`oc login -u NAME -p PASSWORD`, up to the redirect."""
    shown = basic(name, password or f"{name}-pw")
    return await home.api("GET", authorize_url(**more), X_CSRF_Token="1", Authorization=shown)


async def exchange(home: House, code: str, **more: str) -> Answer:
    """The code for a token, as oc asks: everything in the query, the client without a secret as Basic."""
    fields = {
        "code": code,
        "code_verifier": VERIFIER,
        "grant_type": "authorization_code",
        "redirect_uri": IMPLICIT,
        "client": CHALLENGING,
        "secret": "",
        **more,
    }
    who = basic(fields.pop("client"), fields.pop("secret"))
    query = urlencode({name: value for name, value in fields.items() if value})
    return await home.api("POST", f"/oauth/token?{query}", Authorization=who)


async def oc_login(home: House, name: str = "alice", **more: str) -> str:
    """A token, the way `oc login -u -p` gets one."""
    answer = await challenge(home, name, **more)
    assert answer.status == 302, answer.text
    given = await exchange(home, query_of(answer.header("Location"))["code"])
    assert given.status == 200, given.text
    return str(given.json["access_token"])


def who(user: Json | int) -> str | int:
    """The name in an answer of `House.whoami`, or its status."""
    return user if isinstance(user, int) else str(user["metadata"]["name"])


@dataclass
class Browser:
    """Keeps cookies, fills in forms, follows redirects on this server; runs no script."""

    home: House
    cookies: dict[str, str] = field(default_factory=dict)
    trail: list[str] = field(default_factory=list)

    async def open(self, url: str, **headers: str) -> Answer:
        """GET, and every redirect that stays here."""
        return await self._follow(await self._ask("GET", url, b"", headers))

    async def send(self, page: Answer, action: str = "", **fields: str) -> Answer:
        """The page's form with these fields, the hidden ones as they are unless given."""
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', page.text))
        found = re.search(r'<form method="post" action="([^"]*)"', page.text)
        target = action or (found[1] if found else "")
        body = urlencode({**{name: _plain(value) for name, value in hidden.items()}, **fields}).encode()
        sent = {"Content-Type": "application/x-www-form-urlencoded", "Origin": ISSUER}
        return await self._follow(await self._ask("POST", _plain(target), body, sent))

    async def log_in(self, url: str, name: str = "alice", password: str = "") -> Answer:
        """Opens an address that leads to the login page, and logs in there."""
        page = await self.open(url)
        assert page.status == 200, page.text
        return await self.send(page, username=name, password=password or f"{name}-pw")

    async def _ask(self, method: str, url: str, body: bytes, headers: dict[str, str]) -> Answer:
        kept = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent = {**headers, "Accept": "text/html", **({"Cookie": kept} if kept else {})}
        answer = await self.home.api(method, url, body, **sent)
        for each in answer.all("Set-Cookie"):
            name, _, value = each.partition(";")[0].partition("=")
            self.cookies.pop(name, None)
            if "Max-Age=0" not in each:
                self.cookies[name] = value
        return answer

    async def _follow(self, answer: Answer) -> Answer:
        while answer.status in (302, 303):
            location = answer.header("Location")
            self.trail.append(location)
            here = location.removeprefix(ISSUER)
            if not here.startswith("/"):
                return answer
            answer = await self._ask("GET", here, b"", {})
        return answer


def _plain(text: str) -> str:
    return text.replace("&amp;", "&").replace("&quot;", '"').replace("&#x27;", "'").replace("&lt;", "<")
