"""Codes and access tokens: made for somebody who logged in, exchanged once, ended when their time is over."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.collection import commit
from roadstead.apimachinery.served import ListOptions
from roadstead.apimachinery.transaction import Staged
from roadstead.auth.accesstokens import PREFIX, AccessTokens, object_name
from roadstead.auth.users import User
from roadstead.base.observe import logger
from roadstead.base.values import Json
from roadstead.kube.status import StatusError
from roadstead.kube.time import parse_time
from roadstead.oauth.asking import OAuthError, proves
from roadstead.oauth.cookies import random_text
from roadstead.resources.oauthobjects import ends_of
from roadstead.resources.people import People

CODE_SECONDS = 300
GAVE = "oauth.roadstead.io/gave"
"""On a code that was exchanged: the name of the token it gave, so that a second exchange can take it back."""
UNUSED_GRACE = timedelta(seconds=180)
"""Another replica may know of a use and not have written it down yet."""
BAD_CODE = "the code is unknown, used, expired, or was made for another client, address or verifier"


@dataclass(frozen=True, slots=True)
class Given:
    """A token as its owner gets it, once; `seconds` 0: it does not end."""

    token: str
    seconds: int
    scopes: tuple[str, ...]
    user: str


class Grants:
    """Makes, exchanges and ends codes and tokens."""

    def __init__(self, people: People, tokens: AccessTokens, lasts: int, now: Callable[[], datetime]) -> None:
        """`lasts`: seconds of a token whose client does not say; 0 for ever."""
        self._people, self._tokens, self._lasts, self._now = people, tokens, lasts, now

    async def code(self, user: User, client: Json, grant: Json) -> str:
        """A code for what `grant` holds: scopes, redirectURI, state, codeChallenge, codeChallengeMethod."""
        code = PREFIX + random_text()
        body = self._body("OAuthAuthorizeToken", code, user, client, grant)
        await self._people.authorize_tokens.create("", {**body, "expiresIn": CODE_SECONDS}, self._ask())
        return code

    async def token(self, user: User, client: Json, grant: Json) -> Given:
        """A token for `grant`: scopes, redirectURI."""
        given, staged = await self._stage_token(user.name, user.uid, client, grant)
        await commit([staged])
        return given

    async def exchange(self, code: str, client: Json, redirect: str, verifier: str) -> Given:
        """The token a code is good for; raises OAuthError (invalid_grant).

        A code that comes a second time was stolen, by the first who used it or by the second: what it gave ends.
        """
        found = self._people.authorize_tokens.peek("", object_name(code)) if code.startswith(PREFIX) else None
        if found is None:
            raise OAuthError("invalid_grant", BAD_CODE)
        if found["metadata"].get("annotations", {}).get(GAVE):
            await self._take_back(found)
            raise OAuthError("invalid_grant", BAD_CODE)
        self._check(found, client, redirect, verifier)
        made_from: Json = {name: found[name] for name in ("scopes", "redirectURI") if name in found}
        made_from["authorizeToken"] = found["metadata"]["name"]
        given, token = await self._stage_token(found["userName"], found["userUID"], client, made_from)
        meta: Json = {**found["metadata"], "annotations": {GAVE: token.object["metadata"]["name"]}}
        try:
            used = await self._people.authorize_tokens.stage_update({**found, "metadata": meta}, self._ask())
            await commit([used, token])
        except StatusError as lost:
            if lost.code != 409:
                raise
            return await self.exchange(code, client, redirect, verifier)
        return given

    async def write_down_uses(self) -> None:
        """Moves the ends of tokens that must not lie unused, where they were used since."""
        for name, last in self._tokens.uses().items():
            token = self._people.access_tokens.peek("", name)
            if token is None:
                self._tokens.forget(name, last)
                continue
            created = parse_time(token["metadata"]["creationTimestamp"])
            allowed = self._tokens.may_lie_unused(token)
            until = int((last - created).total_seconds()) + allowed if allowed else 0
            if token.get("inactivityTimeoutSeconds", 0) and (not until or until > token["inactivityTimeoutSeconds"]):
                changed = {**token, "inactivityTimeoutSeconds": until}
                await _unless_raced(self._people.access_tokens.update("", name, changed, self._ask()))
            self._tokens.forget(name, last)

    async def sweep(self) -> int:
        """Removes codes and tokens that are over; how many."""
        gone = 0
        for kind in (self._people.access_tokens, self._people.authorize_tokens):
            for token in (await kind.list(None, ListOptions(), self._ask())).items:
                if self._is_over(token):
                    gone += await _unless_raced(kind.delete("", token["metadata"]["name"], self._ask()))
        return gone

    def _is_over(self, token: Json) -> bool:
        now, ends = self._now(), ends_of(token)
        unused = token.get("inactivityTimeoutSeconds", 0)
        created = parse_time(token["metadata"]["creationTimestamp"])
        if (ends is not None and ends <= now) or (unused and created + timedelta(seconds=unused) + UNUSED_GRACE <= now):
            return True
        user = self._people.users.peek("", token.get("userName", ""))
        return user is None or user["metadata"].get("uid") != token.get("userUID")

    def _check(self, found: Json, client: Json, redirect: str, verifier: str) -> None:
        ends = ends_of(found)
        user = self._people.users.peek("", found["userName"])
        good = (
            ends is not None
            and self._now() < ends
            and found.get("clientName") == client["metadata"]["name"]
            and found.get("redirectURI") == (redirect or found.get("redirectURI"))
            and proves(found.get("codeChallenge", ""), verifier)
            and user is not None
            and user["metadata"].get("uid") == found.get("userUID")
        )
        if not good:
            raise OAuthError("invalid_grant", BAD_CODE)

    async def _take_back(self, code: Json) -> None:
        name = code["metadata"]["annotations"][GAVE]
        logger().warning("a code came twice, its token is revoked", user=code.get("userName"), token=name)
        await _unless_raced(self._people.access_tokens.delete("", name, self._ask()))

    async def _stage_token(self, name: str, uid: str, client: Json, grant: Json) -> tuple[Given, Staged]:
        token, seconds = PREFIX + random_text(), self._seconds(client)
        body = self._body("OAuthAccessToken", token, User(name, uid), client, grant)
        if seconds:
            body["expiresIn"] = seconds
        if unused := self._tokens.may_lie_unused(body):
            body["inactivityTimeoutSeconds"] = unused
        staged = await self._people.access_tokens.stage_create(body, self._ask())
        return Given(token, seconds, tuple(grant["scopes"]), name), staged

    def _seconds(self, client: Json) -> int:
        own = client.get("accessTokenMaxAgeSeconds")
        return self._lasts if own is None else int(own)

    def _body(self, kind: str, secret: str, user: User, client: Json, grant: Json) -> Json:
        return {
            "kind": kind,
            "apiVersion": "oauth.openshift.io/v1",
            "metadata": {"name": object_name(secret)},
            "clientName": client["metadata"]["name"],
            "userName": user.name,
            "userUID": user.uid,
            **{name: value for name, value in grant.items() if value},
        }

    def _ask(self) -> Ask:
        return Ask.internal(self._now())


async def _unless_raced(work: Awaitable[object]) -> int:
    """1 when it was done; 0 when somebody else was faster, which is fine."""
    try:
        await work
    except StatusError as lost:
        if lost.code not in (404, 409):
            raise
        return 0
    return 1
