"""/login and /logout: who is at this browser?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
from urllib.parse import parse_qsl, urlencode, urlsplit

from roadstead.auth.throttle import TooManyLogins
from roadstead.base.audit import note_login
from roadstead.base.errors import Invalid
from roadstead.base.web import Reply
from roadstead.oauth import addresses, pages
from roadstead.oauth.identities import LoginRefused
from roadstead.oauth.logins import Logins
from roadstead.oauth.pages import Hidden
from roadstead.oauth.visits import Visit, Visits

TOKEN_PAGE = "/oauth/token/request"
WRONG = "Name and password do not belong together."


class Elsewhere(Protocol):
    """An identity provider that people log in at, on pages of its own."""

    @property
    def name(self) -> str:
        """What it is called in the settings and on the page."""
        ...

    async def start(self, visit: Visit, then: str) -> Reply:
        """Leads there, and afterwards back and on to `then`."""
        ...


class Login:
    """The page with name and password, and the ways to other providers."""

    def __init__(self, visits: Visits, logins: Logins, elsewhere: Sequence[Elsewhere] = ()) -> None:
        self._visits, self._logins = visits, logins
        self._elsewhere = {each.name: each for each in elsewhere}

    async def __call__(self, visit: Visit) -> Reply:
        """GET shows the page, or leads to a provider; POST looks at the password and leads on."""
        then = visit.fields.get("then", TOKEN_PAGE)
        if not addresses.stays_here(then):
            raise Invalid("`then` must be a path on this server")
        if visit.request.method == "POST":
            return await self._log_in(visit, then)
        chosen = visit.fields.get("idp", "")
        if not chosen and not self._logins.any and len(self._elsewhere) == 1:
            chosen = next(iter(self._elsewhere))
        if chosen:
            if chosen not in self._elsewhere:
                raise Invalid(f"there is no identity provider {ascii(chosen[:100])} that is logged in at elsewhere")
            return await self._elsewhere[chosen].start(visit, then)
        return self._page(visit, then)

    async def log_out(self, visit: Visit) -> Reply:
        """GET asks, POST forgets who this browser is."""
        if visit.request.method == "GET":
            hidden, headers = self._visits.proof(visit)
            return pages.page("Log out", pages.log_out(hidden), headers=[*pages.security_headers(), *headers])
        self._visits.check_proof(visit)
        headers = [*pages.security_headers(), visit.drop_cookie("session")]
        return pages.page("Logged out", pages.logged_out(), headers=headers)

    async def _log_in(self, visit: Visit, then: str) -> Reply:
        self._visits.check_proof(visit)
        name, password = visit.fields.get("username", ""), visit.fields.get("password", "")
        if not name or not password:
            return self._page(visit, then, name, "A name and a password are needed.", status=400)
        note_login(visit.request, name=name, decision="unauthenticated")
        try:
            user = await self._logins.log_in(name, password, visit.request.remote)
        except LoginRefused as refused:
            note_login(visit.request, decision="forbid", reason=refused.message)
            return self._page(visit, then, name, refused.message, status=403)
        except TooManyLogins as wait:
            again = f"Too many failed logins; try again in {wait.retry_after} seconds."
            return self._page(visit, then, name, again, status=429, wait=wait.retry_after)
        if user is None:
            return self._page(visit, then, name, WRONG, status=401)
        note_login(visit.request, user=user.name, decision="allow")
        return Reply(303, [("Location", then), self._visits.open_session(visit, user)])

    def _page(
        self, visit: Visit, then: str, name: str = "", wrong: str = "", *, status: int = 200, wait: int = 0
    ) -> Reply:
        hidden, headers = self._visits.proof(visit)
        links = [(each, f"/login?{urlencode({'idp': each, 'then': then})}") for each in self._elsewhere]
        passwords, fields = self._logins.any, [*hidden, Hidden("then", then)]
        body = pages.login(fields, passwords=passwords, providers=links, name=name, wrong=wrong)
        policy = pages.security_headers([_leads_to(then)])
        retry = [("Retry-After", str(wait))] if wait else []
        return pages.page("Log in", body, status=status, headers=[*policy, *headers, *retry])


def _leads_to(then: str) -> str:
    """The origin that the client behind `then` is sent back to, which browsers count as a target of the form."""
    query = dict(parse_qsl(urlsplit(then).query, max_num_fields=100))
    return addresses.origin_of(query.get("redirect_uri", ""))
