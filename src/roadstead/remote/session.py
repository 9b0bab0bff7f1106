"""One registry, asked as one caller after another: challenges answered, failures retried, its clock respected."""

from __future__ import annotations

import asyncio
import random
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from roadstead.remote.budget import Budget, retry_after
from roadstead.remote.challenge import Challenge, best, parse
from roadstead.remote.errors import CREDENTIALS, WORTH_RETRYING, Kind, RemoteFailure
from roadstead.remote.guard import Answer, Ask, Body, Guard, Trust
from roadstead.remote.places import Credential
from roadstead.remote.tokens import Tokens, WantedToken, basic
from roadstead.remote.words import rate_limited

TRIES = 3
FIRST_PAUSE_SECONDS = 0.5
PATIENCE_SECONDS = 3
"""A 429 or 503 that asks for no more than this is waited for; more is the caller's to wait."""
MAX_HOSTS = 1000
NOBODY = Credential()


def utc_now() -> datetime:
    """The time."""
    return datetime.now(UTC)


@dataclass(slots=True)
class Upstream:
    """What is known of one registry: how it asks for credentials, whether it speaks plain http, its budgets."""

    challenge: Challenge | None = None
    plain: bool = False
    signatures: bool = False
    budgets: dict[str, Budget] = field(default_factory=dict)

    def budget(self, credential: Credential) -> Budget:
        """The budget of one caller."""
        if len(self.budgets) > MAX_HOSTS:
            self.budgets.clear()
        return self.budgets.setdefault(credential.username, Budget())


class Remotes:
    """What this process knows of other registries; all clients share it."""

    def __init__(
        self,
        guard: Guard,
        *,
        clock: Callable[[], datetime] = utc_now,
        pause: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self.guard, self.clock, self.pause = guard, clock, pause
        self.tokens = Tokens(guard)
        self._upstreams: OrderedDict[tuple[str, bool], Upstream] = OrderedDict()

    def upstream(self, server: str, insecure: bool) -> Upstream:
        """What is known of a registry (host[:port])."""
        key = (server, insecure)
        if key not in self._upstreams and len(self._upstreams) >= MAX_HOSTS:
            self._upstreams.popitem(last=False)
        return self._upstreams.setdefault(key, Upstream())

    async def close(self) -> None:
        """Closes all connections."""
        await self.guard.close()


@dataclass(slots=True)
class Wanted:
    """A request to the registry: `target` is a path, or an address the registry gave.

    `scope` is what a token must allow. `seconds` bounds each try and all of them together. A body that is not bytes
    cannot be sent again, so such a request is not retried.
    """

    method: str
    target: str
    scope: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Body | None = None
    seconds: float = 0.0

    @property
    def repeatable(self) -> bool:
        """May be asked again after a failure: it changes nothing."""
        return self.method in ("GET", "HEAD")

    @property
    def sendable_again(self) -> bool:
        """Its body is still there."""
        return self.body is None or isinstance(self.body, bytes)


class Session:
    """Asks one registry."""

    def __init__(self, remotes: Remotes, server: str, trust: Trust) -> None:
        self._remotes, self.server, self._trust = remotes, server, trust
        self.upstream = remotes.upstream(server, trust.insecure)
        self._good: dict[str, Credential] = {}

    async def open(self, wanted: Wanted, credentials: Sequence[Credential]) -> Answer:
        """The answer, with the first credentials that suffice; raises RemoteFailure.

        Statuses other than 401, 429 and the passing 5xx are the caller's to judge.
        """
        deadline = self._now() + (wanted.seconds or self._remotes.guard.options.document_seconds)
        first: RemoteFailure | None = None
        ordered = self._good_first(wanted.scope, credentials)
        for number, credential in enumerate(ordered, 1):
            try:
                answer = await self._as(wanted, credential, deadline)
            except RemoteFailure as failure:
                if failure.kind not in CREDENTIALS or not wanted.sendable_again:
                    raise
                first = first or failure
                continue
            if answer.status == 403 and number < len(ordered) and wanted.sendable_again:
                await answer.drop()
                continue
            if answer.status < 400:
                if len(self._good) >= MAX_HOSTS:
                    self._good.clear()
                self._good[wanted.scope] = credential
            return answer
        assert first is not None
        raise first

    def _good_first(self, scope: str, credentials: Sequence[Credential]) -> list[Credential]:
        """What sufficed last time is tried first: an upload's bytes cannot be sent to find out."""
        good = self._good.get(scope)
        found = list(credentials) or [NOBODY]
        return [good, *(each for each in found if each != good)] if good in found and good is not None else found

    def sufficed(self, scope: str) -> Credential | None:
        """The credential by which this session last got what it asked for."""
        return self._good.get(scope)

    @property
    def address(self) -> str:
        """Scheme and host that requests go to."""
        return f"{'http' if self.upstream.plain else 'https'}://{self.server}"

    async def _as(self, wanted: Wanted, credential: Credential, deadline: float) -> Answer:
        authorization = await self._authorization(wanted, credential, deadline)
        answer = await self._patiently(wanted, credential, authorization, deadline)
        if answer.status != 401:
            return answer
        challenge = best(parse(answer.headers.getall("WWW-Authenticate", [])))
        await answer.drop()
        self.upstream.challenge = challenge
        self._remotes.tokens.forget(authorization)
        renewed = await self._authorization(wanted, credential, deadline)
        if not renewed or renewed == authorization or not wanted.sendable_again:
            raise self._unauthorized(credential)
        answer = await self._patiently(wanted, credential, renewed, deadline)
        if answer.status == 401:
            answer.close()
            self._remotes.tokens.forget(renewed)
            raise self._unauthorized(credential)
        return answer

    async def _authorization(self, wanted: Wanted, credential: Credential, deadline: float) -> str:
        """The header to send; empty as long as the registry has not asked for one, or there is nothing to show."""
        challenge = self.upstream.challenge
        if challenge is None:
            return ""
        if credential.registry_token:
            return f"Bearer {credential.registry_token}"
        if challenge.scheme == "basic":
            return basic(credential) if credential.username or credential.password else ""
        seconds = self._left(deadline)
        return await self._remotes.tokens.authorization(
            WantedToken(self.address, challenge, wanted.scope, credential, self._trust, seconds)
        )

    async def _patiently(self, wanted: Wanted, credential: Credential, authorization: str, deadline: float) -> Answer:
        budget, clock = self.upstream.budget(credential), self._remotes.clock
        tries = TRIES if wanted.repeatable else 1
        for number in range(1, tries + 1):
            if wait := budget.wait(clock()):
                raise rate_limited(self.server, wait)
            try:
                answer = await self._send(wanted, authorization, deadline)
            except RemoteFailure as failure:
                if failure.kind not in WORTH_RETRYING or number == tries:
                    raise
                await self._rest(number, 0, deadline)
                continue
            wait = budget.learn(answer.status, answer.headers, clock())
            if answer.status == 429:
                await answer.drop()
                if number == tries or wait > PATIENCE_SECONDS:
                    raise rate_limited(self.server, wait)
                budget.not_before = None
            elif answer.status in (500, 502, 503, 504) and number < tries:
                wait = retry_after(answer.headers, clock())
                if wait > PATIENCE_SECONDS:
                    return answer
                await answer.drop()
            else:
                return answer
            await self._rest(number, wait, deadline)
        raise AssertionError("the last try returns or raises")

    async def _rest(self, number: int, asked: int, deadline: float) -> None:
        pause = max(asked, FIRST_PAUSE_SECONDS * 2 ** (number - 1) * random.uniform(0.8, 1.2))
        if self._now() + pause >= deadline:
            raise RemoteFailure(Kind.TIMEOUT, f"{self.server} did not answer in time", host=self.server)
        await self._remotes.pause(pause)

    async def _send(self, wanted: Wanted, authorization: str, deadline: float) -> Answer:
        address = self.address
        try:
            return await self._send_to(address, wanted, authorization, deadline)
        except RemoteFailure as failure:
            # Another request may have found out meanwhile that there is no TLS: what counts is how this one was sent.
            if not self._trust.insecure or address.startswith("http:") or not wanted.sendable_again:
                raise
            if failure.kind not in (Kind.TLS, Kind.UNAVAILABLE, Kind.CUT_SHORT):
                raise
            first = failure
        try:
            answer = await self._send_to(f"http://{self.server}", wanted, authorization, deadline)
        except RemoteFailure as second:
            raise (second if first.rule == "plain http" else first) from None
        self.upstream.plain = True
        return answer

    async def _send_to(self, address: str, wanted: Wanted, authorization: str, deadline: float) -> Answer:
        url = f"{address}{wanted.target}" if wanted.target.startswith("/") else wanted.target
        headers = dict(wanted.headers)
        # An address that the registry gave may lie elsewhere; what is secret stays here.
        if authorization and (url == address or url.startswith(f"{address}/")):
            headers["Authorization"] = authorization
        seconds = self._left(deadline)
        return await self._remotes.guard.open(Ask(wanted.method, url, headers, wanted.body, self._trust, seconds))

    def _left(self, deadline: float) -> float:
        """The seconds that are left; raises RemoteFailure TIMEOUT when there are none."""
        seconds = deadline - self._now()
        if seconds <= 0:
            raise RemoteFailure(Kind.TIMEOUT, f"{self.server} did not answer in time", host=self.server)
        return seconds

    def _unauthorized(self, credential: Credential) -> RemoteFailure:
        if self.upstream.challenge is None:
            said = f"{self.server} wants credentials in no way that is known here (Basic, or Bearer with a realm)"
            return RemoteFailure(Kind.UNAUTHORIZED, said, host=self.server, status=401)
        known = credential.username or credential.password or credential.identity_token or credential.registry_token
        why = "unauthorized: the credentials are not accepted" if known else "unauthorized: authentication required"
        failure = RemoteFailure(Kind.UNAUTHORIZED, f"{self.server} says {why}", host=self.server, status=401)
        failure.key = credential.source if known else ""
        return failure

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()
