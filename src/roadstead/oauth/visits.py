"""What every page of the OAuth server knows about a request: our address, the fields, who this browser is."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from roadstead.auth.people import People
from roadstead.auth.users import User
from roadstead.base.errors import Denied, Invalid
from roadstead.base.web import Request
from roadstead.oauth import addresses, cookies
from roadstead.oauth.asking import fields_of
from roadstead.oauth.cookies import Signer
from roadstead.oauth.pages import Hidden

SESSION_SECONDS = 300
"""From the login to the end of what it was for: a consent, a token shown."""
FORM_BYTES = 16 * 1024
FORM = "application/x-www-form-urlencoded"
CSRF = "csrf"


@dataclass(frozen=True, slots=True)
class Visit:
    """One request to a page. `issuer` is our address as the visitor knows it."""

    request: Request
    issuer: str
    fields: dict[str, str]

    @property
    def encrypted(self) -> bool:
        """Whether the browser came over TLS, as far as it can tell."""
        return self.issuer.startswith("https:")

    @property
    def here(self) -> str:
        """Path and query of this request."""
        return self.request.path + (f"?{self.request.query}" if self.request.query else "")

    def cookie(self, name: str) -> str:
        """The value of one of our cookies."""
        sent = self.request.headers.getall("Cookie", [])
        return cookies.sent(sent, cookies.full_name(name, encrypted=self.encrypted))

    def set_cookie(self, name: str, value: str, *, strict: bool = False, seconds: int | None = None) -> tuple[str, str]:
        """The header that gives one."""
        full = cookies.full_name(name, encrypted=self.encrypted)
        text = cookies.set_cookie(full, value, encrypted=self.encrypted, strict=strict, seconds=seconds)
        return "Set-Cookie", text

    def drop_cookie(self, name: str) -> tuple[str, str]:
        """The header that takes one away."""
        return self.set_cookie(name, "", seconds=0)


class Visits:
    """Receives requests: reads fields, sessions and the marks that prove a form is ours."""

    def __init__(
        self, signer: Signer, people: People, now: Callable[[], datetime], names: Sequence[str], public: str = ""
    ) -> None:
        self.signer, self._people, self.now = signer, people, now
        self._names, self._public = tuple(names), public

    async def visit(self, request: Request) -> Visit:
        """The request with its fields, those of a form first; raises Invalid, TooLarge."""
        issuer = addresses.issuer(request.scheme, request.host, self._names, self._public)
        form = ""
        if request.method == "POST":
            sent = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
            body = await request.read(FORM_BYTES)
            if body and sent != FORM:
                raise Invalid(f"a form must be sent as {FORM}")
            form = body.decode("utf-8", "replace")
        return Visit(request, issuer, fields_of(form, request.query))

    def open_session(self, visit: Visit, user: User) -> tuple[str, str]:
        """The header by which this browser is the user for some minutes."""
        value = self.signer.close("session", {"name": user.name, "uid": user.uid}, self.now(), SESSION_SECONDS)
        return visit.set_cookie("session", value, seconds=SESSION_SECONDS)

    async def user(self, visit: Visit) -> User | None:
        """Who this browser logged in as, as they stand now."""
        value = self.signer.open("session", visit.cookie("session"), self.now())
        return await self._people.user(str(value.get("name")), str(value.get("uid"))) if value else None

    def proof(self, visit: Visit) -> tuple[list[Hidden], list[tuple[str, str]]]:
        """The hidden field and the cookie that belong together; the cookie is kept where the browser has one."""
        mark = visit.cookie(CSRF)
        if not 40 <= len(mark) <= 64:
            mark = cookies.random_text()
        return [Hidden(CSRF, mark)], [visit.set_cookie(CSRF, mark, strict=True)]

    def check_proof(self, visit: Visit) -> None:
        """Raises Denied unless the form came from a page of ours in this browser."""
        origin = visit.request.headers.get("Origin", "")
        ours = not origin or urlsplit(origin).netloc.lower() == urlsplit(visit.issuer).netloc.lower()
        kept, shown = visit.cookie(CSRF), visit.fields.get(CSRF, "")
        same = hmac.compare_digest(kept.encode("utf-8", "replace"), shown.encode("utf-8", "replace"))
        if not ours or not kept or not same:
            raise Denied("this form has expired, or was not sent from our page; go back, reload the page and try again")
