"""The OAuth server's paths: which page answers, with which methods, and how its failures look."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import orjson

from roadstead.base import errors
from roadstead.base.errors import Failure
from roadstead.base.observe import logger
from roadstead.base.values import Json
from roadstead.base.web import Handler, Reply, Request
from roadstead.oauth import pages
from roadstead.oauth.authorize import Authorize
from roadstead.oauth.login import Login
from roadstead.oauth.token import Token
from roadstead.oauth.tokenpages import TokenPages
from roadstead.oauth.visits import Visit, Visits

METADATA_PATH = "/.well-known/oauth-authorization-server"
SCOPES = ("user:check-access", "user:full", "user:info", "user:list-projects", "user:list-scoped-projects")
_STATUS: tuple[tuple[type[Failure], int], ...] = (
    (errors.TooManyRequests, 429),
    (errors.Unavailable, 503),
    (errors.TooLarge, 413),
    (errors.Denied, 403),
    (errors.Unauthenticated, 401),
    (errors.NotFound, 404),
    (errors.Conflict, 409),
    (errors.Invalid, 400),
)
"""The first row whose kind fits decides."""

Page = Callable[[Visit], Awaitable[Reply]]


@dataclass(frozen=True, slots=True)
class Rooms:
    """What answers."""

    authorize: Authorize
    token: Token
    token_pages: TokenPages
    login: Login


def open_pages(visits: Visits, rooms: Rooms, more: dict[str, Page]) -> dict[str, Handler]:
    """Every path that is answered before anybody is known, with its handler; `more` are further pages for GET."""
    read, both = ("GET",), ("GET", "POST")

    def page(methods: tuple[str, ...], answer: Page) -> Handler:
        return _OnePage(visits, methods, answer)

    return {
        METADATA_PATH: page(read, _metadata),
        "/oauth/authorize": page(read, rooms.authorize),
        "/oauth/authorize/approve": page(both, rooms.authorize.approve),
        "/oauth/token": page(("POST",), rooms.token),
        "/oauth/token/request": page(read, rooms.token_pages.request),
        "/oauth/token/display": page(both, rooms.token_pages.display),
        "/oauth/token/implicit": page(read, rooms.token_pages.implicit),
        "/login": page(both, rooms.login),
        "/logout": page(both, rooms.login.log_out),
        **{path: page(read, answer) for path, answer in more.items()},
    }


class _OnePage:
    """One path: its methods, its headers, its failures."""

    def __init__(self, visits: Visits, methods: tuple[str, ...], answer: Page) -> None:
        self._visits, self._methods, self._answer = visits, methods, answer

    async def __call__(self, request: Request) -> Reply:
        if request.method not in self._methods:
            return Reply(405, [("Allow", ", ".join(self._methods)), *pages.security_headers()])
        try:
            reply = await self._answer(await self._visits.visit(request))
        except Failure as failure:
            return _failed(request, failure)
        if isinstance(reply.headers, list) and not any(name == "Cache-Control" for name, _ in reply.headers):
            reply.headers += pages.security_headers()
        return reply


def _failed(request: Request, failure: Failure) -> Reply:
    status = next((code for kind, code in _STATUS if isinstance(failure, kind)), 500)
    if status == 500:
        logger().error("a login page failed", path=request.path, why=failure.message)
    headers = pages.security_headers()
    if isinstance(failure, errors.Unavailable):
        headers.append(("Retry-After", str(failure.retry_after)))
    if "text/html" in request.headers.get("Accept", ""):
        return pages.failure("This did not work", failure.message, status=status, headers=headers)
    body = orjson.dumps({"error": "invalid_request", "error_description": failure.message})
    return Reply(status, [("Content-Type", "application/json"), *headers], body)


async def _metadata(visit: Visit) -> Reply:
    """RFC 8414, as far as oc and its like read it."""
    base = visit.issuer
    document: Json = {
        "issuer": base,
        "authorization_endpoint": f"{base}/oauth/authorize",
        "token_endpoint": f"{base}/oauth/token",
        "scopes_supported": list(SCOPES),
        "response_types_supported": ["code", "token"],
        "grant_types_supported": ["authorization_code", "implicit"],
        "code_challenge_methods_supported": ["S256"],
    }
    return Reply(200, [("Content-Type", "application/json"), ("Cache-Control", "no-cache")], orjson.dumps(document))
