"""/oauth/token/request, display and implicit: a token by browser, for whoever has no oc at hand."""

from __future__ import annotations

from urllib.parse import urlencode

from roadstead.base.errors import Invalid, Unavailable
from roadstead.base.web import Reply
from roadstead.oauth import pages
from roadstead.oauth.asking import OAuthError
from roadstead.oauth.clients import BROWSER, DISPLAY_PATH
from roadstead.oauth.grants import Grants
from roadstead.oauth.pages import Hidden
from roadstead.oauth.visits import Visit, Visits
from roadstead.resources.people import People

IMPLICIT = """
You have come here by following the answer to an OAuth request with response_type=token.

The token is in that answer's Location header, behind the #: do not follow the header, read it.
Its parameters are form-encoded; access_token is the token (RFC 6749, 4.2.2).
"""


class TokenPages:
    """The three pages."""

    def __init__(self, visits: Visits, people: People, grants: Grants, registry: str) -> None:
        """`registry` is host[:port] of the registry, for the line that logs in there."""
        self._visits, self._people, self._grants, self._registry = visits, people, grants, registry

    async def request(self, visit: Visit) -> Reply:
        """Leads to the login, which leads to `display`."""
        query = {"client_id": BROWSER, "redirect_uri": visit.issuer + DISPLAY_PATH, "response_type": "code"}
        return Reply(302, [("Location", f"/oauth/authorize?{urlencode(query)}")])

    async def display(self, visit: Visit) -> Reply:
        """GET asks whether to show the token, POST shows it: the code in the address is good once."""
        if "error" in visit.fields:
            raise Invalid(f"the login ended with {ascii(visit.fields['error'][:100])}")
        if visit.request.method == "GET":
            hidden, headers = self._visits.proof(visit)
            body = pages.ask_to_show([*hidden, Hidden("code", visit.fields.get("code", ""))])
            return pages.page("Your token", body, headers=[*pages.security_headers(), *headers])
        self._visits.check_proof(visit)
        client = self._people.clients.peek("", BROWSER)
        if client is None:
            raise Unavailable(f"the OAuth client {BROWSER} is missing; it is made again when the server starts")
        try:
            given = await self._grants.exchange(visit.fields.get("code", ""), client, visit.issuer + DISPLAY_PATH, "")
        except OAuthError as wrong:
            raise Invalid(wrong.description) from None
        body = pages.token(given.token, given.user, visit.issuer, self._registry)
        return pages.page("Your token", body, headers=pages.security_headers())

    async def implicit(self, visit: Visit) -> Reply:
        """For whoever follows too far."""
        return Reply(200, [("Content-Type", "text/plain; charset=utf-8")], IMPLICIT.encode())
