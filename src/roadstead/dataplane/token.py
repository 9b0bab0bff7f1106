"""The place where registry tokens come from (registry contract, section 3.3)."""

from __future__ import annotations

import orjson

from roadstead.auth.credentials import BadCredentials, Fault
from roadstead.auth.gate import Gate
from roadstead.base.errors import Failure
from roadstead.base.web import Reply, Request
from roadstead.dataplane.failures import JSON
from roadstead.oci.reference import parse_repository

_CHECKED_SCOPES = ("repository", "signature")


class TokenHandler:
    """GET /openshift/token: a short-lived token for whoever shows good credentials, the word `anonymous` for others."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def __call__(self, request: Request) -> Reply:
        """Scopes are not evaluated, only their names are looked at: access is decided per request."""
        for scope in request.query_values("scope"):
            if wrong := _bad_scope(scope):
                return _json(401, {"details": wrong})
        try:
            issued = await self._gate.exchange(request)
        except BadCredentials as refused:
            if refused.fault is Fault.REFUSED:
                return _json(401, {})
            return _json(401, {"details": f"unable to validate token: {refused.message}"})
        body: dict[str, object] = {"token": issued.token, "access_token": issued.token}
        if issued.expires_in is not None:
            body |= {"expires_in": issued.expires_in, "issued_at": issued.issued_at.strftime("%Y-%m-%dT%H:%M:%SZ")}
        return _json(200, body)


def _bad_scope(scope: str) -> str:
    kind, _, rest = scope.partition(":")
    name, colon, _ = rest.rpartition(":")
    if kind.partition("(")[0] not in _CHECKED_SCOPES or not colon:
        return ""
    try:
        parse_repository(name)
    except Failure:
        return f'repository name "{ascii(name[:255])[1:-1]}" invalid: it must be of the format <project>/<name>'
    return ""


def _json(status: int, body: object) -> Reply:
    headers = {"Content-Type": JSON, "Cache-Control": "no-store"}
    return Reply(status, headers, orjson.dumps(body))
