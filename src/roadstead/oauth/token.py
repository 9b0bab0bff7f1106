"""/oauth/token: a client exchanges a code for a token (RFC 6749, 4.1.3; RFC 7636)."""

from __future__ import annotations

import orjson

from roadstead.base.audit import note_login
from roadstead.base.values import Json
from roadstead.base.web import Reply
from roadstead.oauth.asking import OAuthError, client_of
from roadstead.oauth.clients import knows_secret
from roadstead.oauth.grants import Given, Grants
from roadstead.oauth.visits import Visit
from roadstead.resources.people import People


class Token:
    """POST with the fields in the body or, as oc sends them, in the query."""

    def __init__(self, people: People, grants: Grants) -> None:
        self._people, self._grants = people, grants

    async def __call__(self, visit: Visit) -> Reply:
        """The token, or an error of the protocol."""
        try:
            fields = visit.fields
            client = self._client(visit)
            if fields.get("grant_type") != "authorization_code":
                raise OAuthError("unsupported_grant_type", "grant_type must be authorization_code")
            code, redirect = fields.get("code", ""), fields.get("redirect_uri", "")
            if not code:
                raise OAuthError("invalid_request", "there is no code")
            given = await self._grants.exchange(code, client, redirect, fields.get("code_verifier", ""))
            reason = f"token for {client['metadata']['name']}"
            note_login(visit.request, user=given.user, decision="allow", reason=reason)
            return told(200, answer_of(given))
        except OAuthError as wrong:
            note_login(visit.request, decision="forbid", reason=f"{wrong.error}: {wrong.description}")
            reply = told(wrong.status, {"error": wrong.error, "error_description": wrong.description})
            if wrong.status == 401:
                assert isinstance(reply.headers, list)
                reply.headers.append(("WWW-Authenticate", 'Basic realm="openshift"'))
            return reply

    def _client(self, visit: Visit) -> Json:
        headers = visit.request.headers.getall("Authorization", [])
        if len(headers) > 1:
            raise OAuthError("invalid_request", "there are two Authorization headers")
        name, secret = client_of(visit.fields, headers[0] if headers else "")
        client = self._people.clients.peek("", name) if name else None
        if client is None or client["metadata"].get("deletionTimestamp") or not knows_secret(client, secret):
            raise OAuthError("invalid_client", "the client is unknown, or its secret is wrong", status=401)
        return client


def answer_of(given: Given) -> Json:
    """A token as clients read it."""
    answer: Json = {"access_token": given.token, "scope": " ".join(given.scopes), "token_type": "Bearer"}
    return {**answer, "expires_in": given.seconds} if given.seconds else answer


def told(status: int, value: Json) -> Reply:
    """A JSON answer that nobody keeps."""
    headers = [("Content-Type", "application/json"), ("Cache-Control", "no-store"), ("Pragma", "no-cache")]
    return Reply(status, headers, orjson.dumps(value))
