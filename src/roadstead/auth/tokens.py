"""Tokens: the administrator's, kept in a file, and the registry's own, short-lived and signed."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from roadstead.auth import secretfile
from roadstead.auth.credentials import BadCredentials, Fault
from roadstead.auth.sealing import Seal, Shown
from roadstead.auth.users import ADMIN, MAX_NAME, User
from roadstead.base.errors import Invalid
from roadstead.base.values import Json

ALGORITHM = "HS256"
TYPE = "registry+jwt"
ISSUER = "roadstead"
LIFETIME_SECONDS = 300
LEEWAY_SECONDS = 5
"""How far the clocks of two replicas may differ."""
MAX_TOKEN = 16 * 1024
MAX_GROUPS = 256
MEMO_ENTRIES = 4096
ADMIN_PREFIX = "sha256~"
MIN_ADMIN_TOKEN = 16
KEY_BYTES = 32


class TokenSource(Protocol):
    """A kind of token that the gate understands."""

    async def user_of(self, token: str, now: datetime) -> User | None:
        """Whose token this is; None when it is not one of this kind.

        Raises BadCredentials when it is of this kind, and no good any more.
        """
        ...


@dataclass(frozen=True, slots=True)
class Issued:
    """A token handed out. `issued_at` is in UTC; `expires_in` is in whole seconds, None for ever."""

    token: str = field(repr=False)
    issued_at: datetime
    expires_in: int | None


class AdminToken:
    """One long random token in a file of mode 0600; replacing the file replaces the token at once."""

    def __init__(self, path: Path) -> None:
        secretfile.read_or_make(path, lambda: f"{ADMIN_PREFIX}{secrets.token_urlsafe(32)}\n".encode())
        self._file = secretfile.SecretFile(path)

    async def user_of(self, token: str, now: datetime) -> User | None:
        """The administrator, when the token is the one in the file now; a file with a short text lets nobody in."""
        kept = self._file.content()
        if len(kept) < MIN_ADMIN_TOKEN:
            return None
        return ADMIN if hmac.compare_digest(_fingerprint(token), hashlib.sha256(kept).digest()) else None


class RegistryTokens:
    """Issues and reads the tokens of the registry door. They are worth nothing at the API door.

    One algorithm, one key, one audience: whatever a token says about itself is compared, never followed.
    """

    def __init__(self, key: bytes, audience: str, lifetime_seconds: int = LIFETIME_SECONDS) -> None:
        if len(key) < KEY_BYTES:
            raise Invalid(f"the key that signs registry tokens has {len(key)} bytes; at least {KEY_BYTES} are needed")
        self._key, self._seal = OctKey.import_key(key), Seal(key)
        self._audience, self.lifetime_seconds = audience, lifetime_seconds
        self._memo: OrderedDict[bytes, _Known] = OrderedDict()
        empty = jwt.encode({"alg": ALGORITHM, "typ": TYPE}, {}, self._key, algorithms=[ALGORITHM])
        self._head = empty.partition(".")[0] + "."

    @classmethod
    def open(cls, path: Path, audience: str, lifetime_seconds: int = LIFETIME_SECONDS) -> RegistryTokens:
        """Tokens signed with the key in a file, which is made at the first start."""
        key = secretfile.read_or_make(path, lambda: secrets.token_urlsafe(KEY_BYTES).encode())
        return cls(key.strip(), audience, lifetime_seconds)

    def issue(self, user: User, now: datetime, shown: Shown | None = None) -> Issued:
        """A fresh token; raises Invalid when the user has more names than fit.

        `shown` is what the caller got it for. It is sealed into the token, so that both end together.
        """
        issued = int(now.timestamp())
        lasts = self.lifetime_seconds if shown is None else shown.at_most(self.lifetime_seconds, issued)
        claims: Json = {
            "iss": ISSUER,
            "aud": self._audience,
            "sub": user.name,
            "uid": user.uid,
            "groups": list(user.groups),
            "iat": issued,
            "nbf": issued,
            "exp": issued + lasts,
        }
        if shown is not None:
            claims["via"] = self._seal.close(shown)
        token = jwt.encode({"alg": ALGORITHM, "typ": TYPE}, claims, self._key, algorithms=[ALGORITHM])
        if len(token) > MAX_TOKEN or len(user.groups) > MAX_GROUPS:
            raise Invalid(f'user "{user.name[:64]}" is in too many groups for a registry token')
        return Issued(token, datetime.fromtimestamp(issued, UTC), lasts)

    def remaining(self, token: str, now: datetime) -> Issued | None:
        """The same token with the time it has left, when it is one of ours and good; None otherwise."""
        try:
            known = self._read(token, now.timestamp())
        except BadCredentials:
            return None
        if known is None:
            return None
        return Issued(token, datetime.fromtimestamp(known.issued, UTC), max(0, int(known.ends - now.timestamp())))

    async def user_of(self, token: str, now: datetime) -> User | None:
        """Whose token this is; raises BadCredentials(EXPIRED) when it was good once."""
        known = self._read(token, now.timestamp())
        return None if known is None else known.user

    def got_for(self, token: str, now: datetime) -> Shown | None:
        """The credential a token was handed out for; None when it is none of ours, or was made for nothing shown."""
        known = self._read(token, now.timestamp())
        return None if known is None else known.shown

    def _read(self, token: str, at: float) -> _Known | None:
        # Ours all begin alike; what begins otherwise is told apart without a look at its signature.
        if len(token) > MAX_TOKEN or token.count(".") != 2 or not token.startswith(self._head):
            return None
        mark = _fingerprint(token)
        known = self._memo.get(mark)
        if known is None:
            known = self._verified(token)
            if known is None:
                return None
            self._memo[mark] = known
            if len(self._memo) > MEMO_ENTRIES:
                self._memo.popitem(last=False)
        if at >= known.ends:
            raise BadCredentials(Fault.EXPIRED)
        return known if at >= known.starts - LEEWAY_SECONDS else None

    def _verified(self, token: str) -> _Known | None:
        """What the token says, once its signature and its purpose are proven; times are judged by the caller."""
        try:
            read = jwt.decode(token, self._key, algorithms=[ALGORITHM])
        except (JoseError, ValueError, TypeError, KeyError, RecursionError):
            return None
        if read.header != {"alg": ALGORITHM, "typ": TYPE}:
            return None
        claims = read.claims
        if not isinstance(claims, dict) or claims.get("iss") != ISSUER or claims.get("aud") != self._audience:
            return None
        known = _known(claims)
        if known is None or "via" not in claims:
            return known
        shown = self._seal.open(claims["via"])
        return None if shown is None else replace(known, shown=shown)


@dataclass(frozen=True, slots=True)
class _Known:
    user: User
    issued: int
    starts: int
    ends: int
    shown: Shown | None = None


def _known(claims: Json) -> _Known | None:
    times = [time for time in map(claims.get, ("iat", "nbf", "exp")) if type(time) is int and 0 <= time < 1 << 40]
    name, uid, groups = claims.get("sub"), claims.get("uid"), claims.get("groups")
    if len(times) != 3 or not isinstance(name, str) or not 0 < len(name) <= MAX_NAME or not isinstance(uid, str):
        return None
    if not isinstance(groups, list) or not all(isinstance(group, str) for group in groups):
        return None
    issued, starts, ends = times
    return _Known(User(name, uid, tuple(groups)), issued, starts, ends)


def _fingerprint(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
