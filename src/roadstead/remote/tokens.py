"""Bearer tokens of other registries: fetched from the service a challenge names, kept until they end."""

from __future__ import annotations

import asyncio
import base64
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode, urlsplit

import orjson

from roadstead.base.values import Json
from roadstead.remote.budget import DEFAULT_RETRY_SECONDS, retry_after
from roadstead.remote.challenge import Challenge
from roadstead.remote.errors import CREDENTIALS, Kind, RemoteFailure
from roadstead.remote.guard import Answer, Ask, Guard, Trust
from roadstead.remote.places import Credential
from roadstead.remote.words import rate_limited, reason_of

MAX_TOKENS = 2000
MAX_DOCUMENT = 256 * 1024
MAX_TOKEN = 64 * 1024
MAX_REASON = 16 * 1024
DEFAULT_LIFE_SECONDS = 60.0
SPARE_SECONDS = 10.0
LONGEST_LIFE_SECONDS = 3600.0
CLIENT = "roadstead"

Key = tuple[str, str, str, Credential]


def basic(credential: Credential) -> str:
    """A Basic Authorization header."""
    return "Basic " + base64.b64encode(f"{credential.username}:{credential.password}".encode()).decode()


@dataclass(frozen=True, slots=True)
class WantedToken:
    """What a token is for: the challenge of `registry` (its address); `seconds` are all there are left."""

    registry: str
    challenge: Challenge
    scope: str
    credential: Credential
    trust: Trust
    seconds: float


class Tokens:
    """The tokens this process holds. A token is only ever given for the registry it was fetched for."""

    def __init__(self, guard: Guard, clock: Callable[[], float] = time.monotonic) -> None:
        self._guard, self._clock = guard, clock
        self._kept: OrderedDict[Key, tuple[str, float]] = OrderedDict()
        self._turns: dict[Key, tuple[asyncio.Lock, int]] = {}

    async def authorization(self, wanted: WantedToken) -> str:
        """The header that answers a Bearer challenge; raises RemoteFailure. Those who want the same wait for one."""
        key = (wanted.registry, wanted.challenge.parameters.get("realm", ""), wanted.scope, wanted.credential)
        async with self._alone(key):
            kept = self._kept.get(key)
            if kept is not None and kept[1] > self._clock():
                return f"Bearer {kept[0]}"
            token, life = await self._fetch(wanted)
            self._kept[key] = (token, self._clock() + life)
            while len(self._kept) > MAX_TOKENS:
                self._kept.popitem(last=False)
            return f"Bearer {token}"

    def forget(self, authorization: str) -> None:
        """Drops a token that was refused."""
        for key in [key for key, kept in self._kept.items() if f"Bearer {kept[0]}" == authorization]:
            del self._kept[key]

    @asynccontextmanager
    async def _alone(self, key: Key) -> AsyncIterator[None]:
        lock, waiting = self._turns.get(key, (asyncio.Lock(), 0))
        self._turns[key] = lock, waiting + 1
        try:
            async with lock:
                yield
        finally:
            lock, waiting = self._turns.pop(key)
            if waiting > 1:
                self._turns[key] = lock, waiting - 1

    async def _fetch(self, wanted: WantedToken) -> tuple[str, float]:
        challenge, credential = wanted.challenge, wanted.credential
        realm = challenge.parameters["realm"]
        self._guard.check_realm(realm, wanted.registry)
        ask = _request(realm, challenge.parameters.get("service", ""), wanted.scope, credential)
        ask.trust = _trust_of(realm, wanted.registry, wanted.trust)
        ask.seconds = min(wanted.seconds, float(self._guard.options.document_seconds))
        async with await self._guard.open(ask) as answer:
            if answer.status == 429:
                raise rate_limited(answer.host, retry_after(answer.headers, datetime.now(UTC)) or DEFAULT_RETRY_SECONDS)
            if answer.status != 200:
                raise _refused(answer.status, answer.host, credential, await _reason(answer))
            body = await answer.read(MAX_DOCUMENT)
        return _read(body, answer.host)


def _trust_of(realm: str, registry: str, trust: Trust) -> Trust:
    """That a registry need not prove who it is says nothing of other hosts."""
    same = urlsplit(realm).hostname == urlsplit(registry).hostname
    return trust if same else Trust(ca=trust.ca)


def _request(realm: str, service: str, scope: str, credential: Credential) -> Ask:
    fields = [("service", service)] if service else []
    fields += [("scope", one) for one in scope.split(" ") if one]
    if credential.identity_token:
        form = [("grant_type", "refresh_token"), ("refresh_token", credential.identity_token), ("client_id", CLIENT)]
        body = urlencode([*form, ("service", service), ("scope", scope)]).encode()
        return Ask("POST", realm, {"Content-Type": "application/x-www-form-urlencoded"}, body)
    headers = {"Authorization": basic(credential)} if credential.username or credential.password else {}
    if not fields:
        return Ask("GET", realm, headers)
    return Ask("GET", f"{realm}{'&' if '?' in realm else '?'}{urlencode(fields)}", headers)


async def _reason(answer: Answer) -> str:
    try:
        return reason_of(await answer.read(MAX_REASON))
    except RemoteFailure:
        return ""


def _refused(status: int, host: str, credential: Credential, reason: str) -> RemoteFailure:
    known = bool(credential.username or credential.password or credential.identity_token)
    if status in (401, 403):
        kind = Kind.BAD_PASSWORD if known else Kind.UNAUTHORIZED
        said = reason or ("incorrect username or password" if known else "authentication required")
        assert kind in CREDENTIALS
        failure = RemoteFailure(kind, f"the token service {host} says unauthorized: {said}", host=host, status=status)
        failure.key = credential.source if known else ""
        return failure
    kind = Kind.UNAVAILABLE if status >= 500 else Kind.REFUSED
    return RemoteFailure(kind, f"the token service {host} answers {status}", host=host, status=status)


def _read(body: bytes, host: str) -> tuple[str, float]:
    try:
        answer: Json = orjson.loads(body)
        token = answer.get("token") or answer.get("access_token")
    except (orjson.JSONDecodeError, AttributeError):
        raise RemoteFailure(Kind.MALFORMED, f"the token service {host} answers with no JSON", host=host) from None
    if not isinstance(token, str) or not token.isascii() or not token.isprintable() or len(token) > MAX_TOKEN:
        raise RemoteFailure(Kind.MALFORMED, f"the token service {host} answers without a token", host=host)
    life = answer.get("expires_in")
    seconds = float(life) if isinstance(life, int) and 0 < life < 10**9 else DEFAULT_LIFE_SECONDS
    return token, max(0.0, min(seconds, LONGEST_LIFE_SECONDS) - SPARE_SECONDS)
