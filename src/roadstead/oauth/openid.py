"""Logging in at an OpenID Connect issuer: there with a state, back with a code, believed after every check."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Awaitable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, urlencode, urlsplit

from roadstead.auth.secretfile import SecretFile
from roadstead.base.audit import note_login
from roadstead.base.errors import Denied, Failure, Invalid, Unavailable
from roadstead.base.observe import logger
from roadstead.base.values import Json
from roadstead.base.web import Reply
from roadstead.oauth import addresses, cookies, idtokens, pages
from roadstead.oauth.identities import Claimed, Identities
from roadstead.oauth.idtokens import UnknownKey
from roadstead.oauth.issuers import IssuerFacts
from roadstead.oauth.providers import Issuer
from roadstead.oauth.visits import Visit, Visits
from roadstead.remote.errors import RemoteFailure
from roadstead.remote.guard import Ask

CALLBACK = "/oauth2callback/"
LOGIN_SECONDS = 600
"""Time to type a password, find a phone, and come back."""
COOKIE = "openid"
MAX_GROUPS = 1000
Found = TypeVar("Found")


class OpenId:
    """One issuer."""

    def __init__(self, settings: Issuer, facts: IssuerFacts, visits: Visits, identities: Identities) -> None:
        self._settings, self._facts, self._visits, self._identities = settings, facts, visits, identities
        self._secret = SecretFile(Path(settings.client_secret_file)) if settings.client_secret_file else None

    @property
    def name(self) -> str:
        """The name in the settings."""
        return self._settings.name

    @property
    def path(self) -> str:
        """Where the issuer sends people back to."""
        return CALLBACK + self.name

    async def start(self, visit: Visit, then: str) -> Reply:
        """Leads to the issuer; what must come back unchanged is kept in the browser, signed."""
        document = await self._told(self._facts.document())
        state, nonce, verifier = (cookies.random_text() for _ in range(3))
        query = {
            **self._settings.parameters,
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": visit.issuer + quote(self.path),
            "scope": " ".join(dict.fromkeys(("openid", *self._settings.scopes))),
            "state": state,
            "nonce": nonce,
            "code_challenge": _challenge(verifier),
            "code_challenge_method": "S256",
        }
        kept: Json = {"state": state, "nonce": nonce, "verifier": verifier, "then": then}
        signed = self._visits.signer.close(f"openid {self.name}", kept, self._visits.now(), LOGIN_SECONDS)
        target = document["authorization_endpoint"]
        location = f"{target}{'&' if '?' in target else '?'}{urlencode(query)}"
        return Reply(302, [("Location", location), visit.set_cookie(COOKIE, signed, seconds=LOGIN_SECONDS)])

    async def callback(self, visit: Visit) -> Reply:
        """Back from the issuer: a session for the user, and on to where they wanted to go."""
        kept = self._visits.signer.open(f"openid {self.name}", visit.cookie(COOKIE), self._visits.now())
        shown = visit.fields.get("state", "")
        if kept is None or not hmac.compare_digest(str(kept["state"]).encode(), shown.encode("utf-8", "replace")):
            raise Denied("this login was not begun in this browser, or took too long; start again")
        if visit.fields.get("iss", self._settings.issuer) != self._settings.issuer:
            raise Denied("the answer is of another issuer")
        if "error" in visit.fields:
            raise Denied(f"{self.name} did not log you in: {ascii(visit.fields['error'][:100])[1:-1]}")
        note_login(visit.request, decision="unauthenticated", reason=self.name)
        claims = await self._told(self._claims(visit, kept))
        claimed = self._claimed(claims)
        note_login(visit.request, name=claimed.identity, decision="forbid")
        user = await self._identities.user_for(claimed, self._settings.mapping)
        note_login(visit.request, user=user.name, decision="allow")
        then = str(kept["then"])
        if not addresses.stays_here(then):
            raise Invalid("`then` must be a path on this server")
        headers = [visit.drop_cookie(COOKIE), self._visits.open_session(visit, user), *pages.security_headers()]
        return Reply(303, [("Location", then), *headers])

    async def _claims(self, visit: Visit, kept: Json) -> Json:
        document, code = await self._facts.document(), visit.fields.get("code", "")
        if not code:
            raise Denied(f"{self.name} sent no code")
        given = await self._exchange(document["token_endpoint"], document, code, visit, str(kept["verifier"]))
        token = given.get("id_token")
        if not isinstance(token, str):
            raise Denied(f"{self.name} sent no ID token")
        issuer, client, nonce = self._settings.issuer, self._settings.client_id, str(kept["nonce"])
        now = self._visits.now().timestamp()
        try:
            claims = idtokens.verified(token, await self._facts.keys(), issuer, client, nonce, now)
        except UnknownKey:
            # Issuers change their keys; asked again at most now and then, so that nobody makes us ask all the time.
            claims = idtokens.verified(token, await self._facts.fresh_keys(), issuer, client, nonce, now)
        return await self._completed(claims, document, given.get("access_token"))

    async def _exchange(self, url: str, document: Json, code: str, visit: Visit, verifier: str) -> Json:
        fields = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": visit.issuer + quote(self.path),
            "code_verifier": verifier,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        secret = self._secret.content().decode("utf-8", "replace") if self._secret else ""
        methods = document.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        if secret and "client_secret_basic" in methods:
            pair = f"{quote(self._settings.client_id, safe='')}:{quote(secret, safe='')}"
            headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        else:
            fields |= {"client_id": self._settings.client_id, **({"client_secret": secret} if secret else {})}
        return await self._facts.ask(Ask("POST", url, headers, urlencode(fields).encode()))

    async def _completed(self, claims: Json, document: Json, access: Any) -> Json:
        """Claims that the ID token lacks, from the issuer's page about the user, if it is the same user."""
        wanted = [self._settings.claims[fact] for fact in ("preferred_username", "email", "groups")]
        lacking = any(names and not any(name in claims for name in names) for names in wanted)
        url = document.get("userinfo_endpoint")
        if not lacking or not isinstance(url, str) or not isinstance(access, str) or not access.isascii():
            return claims
        more = await self._facts.ask(Ask("GET", url, {"Authorization": f"Bearer {access}"}))
        return {**more, **claims} if more.get("sub") == claims["sub"] else claims

    def _claimed(self, claims: Json) -> Claimed:
        names = self._settings.claims
        facts = {fact: _first(claims, names[fact]) for fact in ("id", "preferred_username", "name", "email")}
        if not facts["id"]:
            raise Denied(f"{self.name} names nobody: none of the claims {', '.join(names['id'])} is there")
        groups = _groups(claims, names["groups"]) if names["groups"] else None
        return Claimed(self.name, facts["id"], facts["preferred_username"], facts["name"], facts["email"], groups)

    async def _told(self, work: Awaitable[Found]) -> Found:
        """The outcome; what goes wrong on the way stands in the log, and is told in one sentence."""
        try:
            return await work
        except RemoteFailure as lost:
            logger().warning("identity provider failed", provider=self.name, why=lost.message)
            raise Unavailable(f"{self.name} cannot be asked just now; the server's log says why") from None
        except Failure as wrong:
            logger().warning("login at identity provider refused", provider=self.name, why=wrong.message)
            raise


def issuer_host(settings: Issuer) -> str:
    """host:port of an issuer, as `outbound.allow` writes it: whom the settings name may be asked wherever it is."""
    parts = urlsplit(settings.issuer)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
    return f"{host}:{parts.port or (443 if parts.scheme == 'https' else 80)}"


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _first(claims: Json, names: tuple[str, ...]) -> str:
    values = (claims.get(name) for name in names)
    return next((value[:1024] for value in values if isinstance(value, str) and value), "")


def _groups(claims: Json, names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        value = claims.get(name)
        if isinstance(value, str) and value:
            return (value,)
        if isinstance(value, list):
            return tuple(each for each in value[:MAX_GROUPS] if isinstance(each, str))
    return ()
