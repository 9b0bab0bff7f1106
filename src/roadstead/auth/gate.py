"""One gate for both doors: who is this, and may they?"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Protocol

from roadstead.auth import clientcertificates
from roadstead.auth.credentials import (
    ANONYMOUS_TOKEN,
    BadCredentials,
    Basic,
    Bearer,
    Fault,
    Nothing,
    OtherScheme,
    presented,
)
from roadstead.auth.impersonation import disguise
from roadstead.auth.rbac import RoleObjects, Rules
from roadstead.auth.sealing import Shown
from roadstead.auth.tokens import Issued, RegistryTokens, TokenSource
from roadstead.auth.users import ANONYMOUS, Attributes, Decision, Refused, User
from roadstead.base.web import Headers, Request


class RuleSource(Protocol):
    """Where roles and bindings are kept."""

    async def fresh(self) -> None:
        """Returns when all that any process wrote before the call can be read; raises Unavailable."""
        ...

    def version(self) -> int:
        """A number that changes whenever a role or a binding does; asked on every request, so it must be cheap."""
        ...

    async def load(self) -> RoleObjects:
        """All of them, at least as new as the last `version()`."""
        ...

    async def update(self, rules: Rules, version: int) -> Rules | None:
        """Earlier rules with what has changed up to a version; None when that is not known and all must be loaded."""
        ...


class Passwords(Protocol):
    """Who logs in with name and password."""

    async def user_of(self, name: str, password: str, address: str) -> User | None:
        """The user, or None when name and password do not belong together; raises TooManyLogins, Unavailable."""
        ...

    async def mark_of(self, name: str) -> str:
        """What stands for the password a user has now; "" for nobody. Tells nothing about the password."""
        ...

    async def user_now(self, name: str) -> User | None:
        """The user who logs in by that name as they stand now, password or no password; None when they are gone."""
        ...


def utc_now() -> datetime:
    """The time."""
    return datetime.now(UTC)


class Gate:
    """Recognises callers and decides what they may do.

    `tokens` are the kinds of token both doors accept; `registry_tokens` open the registry door only, as do those
    in `registry_only`. Rules are looked at anew at the start of every request, so a binding that is gone counts for
    nothing from the next request on; and whoever comes with a registry token is recognised anew by what it was got for.
    """

    def __init__(
        self,
        rules: RuleSource,
        tokens: Sequence[TokenSource],
        registry_tokens: RegistryTokens,
        passwords: Passwords | None = None,
        now: Callable[[], datetime] = utc_now,
        *,
        registry_only: Sequence[TokenSource] = (),
    ) -> None:
        self._source, self._now = rules, now
        self.passwords = passwords
        """Set once more by whoever wires the app: people are objects, and objects need the gate."""
        self._registry_tokens = registry_tokens
        self._api_kinds = tuple(tokens)
        self._registry_kinds = (*tokens, *registry_only)
        self._rules = Rules()
        self._version: int | None = None
        self._loading = asyncio.Lock()

    @property
    def rules(self) -> Rules:
        """The roles and bindings as last seen, for reviews and for `escalation.refused_grant`."""
        return self._rules

    async def refresh(self) -> None:
        """Takes changed roles and bindings in. Every `authenticate` does; call it in work that no request started.

        Whatever else the request reads is at least as new: this is where a replica catches up with the others.
        """
        await self._source.fresh()
        if self._source.version() == self._version:
            return
        async with self._loading:
            version = self._source.version()
            if version != self._version:
                known = self._version is not None
                rules = await self._source.update(self._rules, version) if known else None
                self._rules = rules if rules is not None else Rules(await self._source.load())
                self._version = version

    async def rules_in_force(self) -> Rules:
        """The roles and bindings as they are now: another object whenever they have changed."""
        await self.refresh()
        return self._rules

    async def authenticate(self, request: Request) -> User:
        """Who calls the API; without credentials, the anonymous user. Raises Unauthenticated (BadCredentials).

        What the Authorization header shows counts before the certificate of the connection. No other header names
        a caller.
        """
        await self.refresh()
        match presented(request.headers.getall("Authorization", [])):
            case Nothing() if request.peer_certificate:
                user = clientcertificates.user_of(request.peer_certificate, self._now())
            case Nothing():
                return ANONYMOUS
            case Bearer(token):
                user = await self._user_of_token(token, self._api_kinds)
            case Basic(name, password):
                user = await self._user_of_password(name, password, request)
            case OtherScheme():
                raise BadCredentials(Fault.REFUSED)
            case _:
                raise BadCredentials(Fault.UNREADABLE)
        if user is None:
            raise BadCredentials(Fault.REFUSED)
        return user

    async def authenticate_registry(self, request: Request) -> User:
        """Who calls the registry; raises BadCredentials, whose fault picks the challenge (registry contract, 3.1)."""
        await self.refresh()
        match presented(request.headers.getall("Authorization", [])):
            case Nothing() | OtherScheme():
                raise BadCredentials(Fault.MISSING)
            case Bearer(token):
                user = ANONYMOUS if token == ANONYMOUS_TOKEN else await self._user_at_registry(token)
            case Basic(name, password):
                user = await self._user_of_basic(name, password, request)
            case _:
                raise BadCredentials(Fault.UNREADABLE)
        if user is None:
            raise BadCredentials(Fault.REFUSED)
        return user

    async def user_of_token(self, token: str) -> User | None:
        """Whose token this is, of those the API takes; None for nobody. Raises BadCredentials when it was good once."""
        await self.refresh()
        return await self._user_of_token(token, self._api_kinds)

    async def exchange(self, request: Request) -> Issued:
        """A registry token for what a caller shows at the token endpoint (registry contract, section 3.3).

        No credentials: the anonymous token. Basic: a fresh token; one of our own is handed back with the time it has
        left, so that nobody renews it for ever. Any other scheme raises BadCredentials(REFUSED).
        """
        match presented(request.headers.getall("Authorization", [])):
            case Nothing():
                return Issued(ANONYMOUS_TOKEN, self._now().replace(microsecond=0), None)
            case Basic(name, password):
                return await self._exchanged(name, password, request)
            case Bearer() | OtherScheme():
                raise BadCredentials(Fault.REFUSED)
            case _:
                raise BadCredentials(Fault.UNREADABLE)

    def decide(self, attributes: Attributes) -> Decision:
        """Whether this may be done, and why."""
        return self._rules.decide(attributes)

    def require(self, attributes: Attributes) -> None:
        """Raises Refused when this may not be done."""
        decision = self._rules.decide(attributes)
        if not decision.allowed:
            raise Refused(attributes, decision.reason)

    def impersonate(self, user: User, headers: Headers) -> User:
        """Whom the caller acts as: themselves, unless Impersonate headers say otherwise.

        Raises Refused when a right is missing, Invalid when the headers make no sense.
        """
        wanted = disguise(user, headers)
        if wanted is None:
            return user
        for right in wanted.rights:
            self.require(right)
        return wanted.user

    async def _user_of_token(self, token: str, kinds: Iterable[TokenSource]) -> User | None:
        now = self._now()
        for kind in kinds:
            user = await kind.user_of(token, now)
            if user is not None:
                return user
        return None

    async def _exchanged(self, name: str, password: str, request: Request) -> Issued:
        own = self._registry_tokens.remaining(password, self._now())
        if own is not None:
            await self._user_at_registry(password)
            return own
        user, shown = await self._with_token(password), Shown(token=password)
        if user is None:
            # Before the password is looked at: one that changes meanwhile must not be vouched for.
            mark = await self.passwords.mark_of(name) if self.passwords else ""
            user, shown = await self._user_of_password(name, password, request), Shown(name=name, mark=mark)
        if user is None:
            raise BadCredentials(Fault.REFUSED)
        return self._registry_tokens.issue(user, self._now(), shown)

    async def _user_at_registry(self, token: str) -> User | None:
        """Whose token this is; one of our own is good as long as what it was got for (raises EXPIRED after that)."""
        user = await self._registry_tokens.user_of(token, self._now())
        if user is None:
            return await self._user_of_token(token, self._registry_kinds)
        shown = self._registry_tokens.got_for(token, self._now())
        return user if shown is None else await self._still(shown)

    async def _still(self, shown: Shown) -> User:
        if shown.token:
            found = await self._with_token(shown.token)
        else:
            found = await self._with_mark(shown)
        if found is None:
            raise BadCredentials(Fault.EXPIRED)
        return found

    async def _with_mark(self, shown: Shown) -> User | None:
        if self.passwords is None or not shown.mark or shown.mark != await self.passwords.mark_of(shown.name):
            return None
        return await self.passwords.user_now(shown.name)

    async def _with_token(self, token: str) -> User | None:
        """The user behind a token that is no registry token; None for whatever is wrong with it."""
        try:
            return await self._user_of_token(token, self._registry_kinds)
        except BadCredentials:
            return None

    async def _user_of_password(self, name: str, password: str, request: Request) -> User | None:
        return await self.passwords.user_of(name, password, request.remote) if self.passwords else None

    async def _user_of_basic(self, name: str, password: str, request: Request) -> User | None:
        """A token in place of the password comes first, whatever the user name says."""
        try:
            user = await self._user_at_registry(password)
        except BadCredentials:
            user = None
        return user or await self._user_of_password(name, password, request)
