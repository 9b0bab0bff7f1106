"""Tokens of service accounts: made, read, and good only as long as what they were made for exists."""

from __future__ import annotations

import base64
import binascii
import hashlib
import uuid
from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

import orjson

from roadstead.auth.account_keys import AccountKeys, KeySet
from roadstead.auth.credentials import BadCredentials, Fault
from roadstead.auth.policy import part, text, texts
from roadstead.auth.tokens import LEEWAY_SECONDS, MAX_TOKEN, Issued
from roadstead.auth.users import User, service_account, service_account_of
from roadstead.base.errors import Invalid
from roadstead.base.values import Json

PRIVATE_CLAIM = "kubernetes.io"
MAX_AUDIENCES = 32
MEMO_ENTRIES = 10_000
CREDENTIAL_ID = "authentication.kubernetes.io/credential-id"
POD_NAME, POD_UID = "authentication.kubernetes.io/pod-name", "authentication.kubernetes.io/pod-uid"
BOUND = {"Secret": "secrets", "Pod": "pods"}
"""What a token can be bound to, and where it is kept."""


class Living(Protocol):
    """What exists now; see `Standing`."""

    def uid(self, resource: str, namespace: str, name: str) -> str: ...


@dataclass(frozen=True, slots=True)
class Bound:
    """The object a token ends with: kind `Secret` or `Pod`, in the namespace of the account."""

    kind: str
    name: str
    uid: str


@dataclass(frozen=True, slots=True)
class Account:
    """A service account, as a token names it."""

    namespace: str
    name: str
    uid: str


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says. Times are seconds since 1970; `ends` is None for a token as long-lived as its secret."""

    account: Account
    audiences: tuple[str, ...]
    issued: int
    starts: int
    ends: int | None
    bound: Bound | None = None
    id: str = ""
    kid: str = ""

    @property
    def user(self) -> User:
        """The user this token makes its bearer."""
        made = service_account(self.account.namespace, self.account.name, self.account.uid)
        extra: dict[str, tuple[str, ...]] = {}
        if self.id:
            extra[CREDENTIAL_ID] = (f"JTI={self.id}",)
        if self.bound is not None and self.bound.kind == "Pod":
            extra |= {POD_NAME: (self.bound.name,), POD_UID: (self.bound.uid,)}
        return User(made.name, made.uid, made.groups, extra)


@dataclass(frozen=True, slots=True)
class _Remembered:
    keys: KeySet = field(repr=False)
    claims: Claims | None
    user: User | None


class AccountTokens:
    """Issues and reads the tokens of service accounts; as a `TokenSource` it takes those meant for the API.

    Signatures are remembered by a hash of the token. That account and bound object still exist, with the uids the
    token was made for, is looked up each time.
    """

    def __init__(self, keys: AccountKeys, living: Living, issuer: str) -> None:
        self._keys, self._living, self.issuer = keys, living, issuer
        self._memo: OrderedDict[bytes, _Remembered] = OrderedDict()

    def issue(
        self,
        account: Account,
        now: datetime,
        seconds: int | None,
        audiences: Collection[str] = (),
        bound: Bound | None = None,
    ) -> Issued:
        """A fresh token, for the API unless audiences are named. Without an end only when it is bound to a secret."""
        if seconds is None and (bound is None or bound.kind != "Secret"):
            raise Invalid("only a token that ends with its secret may be made without an end")
        issued = int(now.timestamp())
        private: Json = {
            "namespace": account.namespace,
            "serviceaccount": {"name": account.name, "uid": account.uid},
        }
        if bound is not None:
            private[bound.kind.lower()] = {"name": bound.name, "uid": bound.uid}
        claims: Json = {
            "aud": list(audiences) or [self.issuer],
            "iat": issued,
            "nbf": issued,
            "iss": self.issuer,
            "jti": str(uuid.uuid4()),
            "sub": service_account(account.namespace, account.name).name,
            PRIVATE_CLAIM: private,
        }
        if seconds is not None:
            claims["exp"] = issued + seconds
        token = self._keys.current().sign(claims)
        if len(token) > MAX_TOKEN:
            raise Invalid("the audiences make the token too long")
        return Issued(token, datetime.fromtimestamp(issued, UTC), seconds)

    async def user_of(self, token: str, now: datetime) -> User | None:
        """Whose token this is, when it is meant for the API; raises BadCredentials(EXPIRED)."""
        return self.user_for(token, now, (self.issuer,))

    def user_for(self, token: str, now: datetime, audiences: Collection[str]) -> User | None:
        """Whose token this is, when it is meant for one of the audiences; raises BadCredentials(EXPIRED)."""
        known = self._remembered(token)
        claims = known.claims if known is not None else None
        if known is None or claims is None or not any(each in audiences for each in claims.audiences):
            return None
        return known.user if self._holds(claims, now.timestamp()) else None

    def read(self, token: str) -> Claims | None:
        """What a token says, once its signature is proven; whether it still holds is not looked at."""
        known = self._remembered(token)
        return known.claims if known is not None else None

    def public_keys(self) -> list[Json]:
        """The keys as others may know them."""
        return self._keys.current().public()

    def _holds(self, claims: Claims, at: float) -> bool:
        if claims.ends is not None and at >= claims.ends:
            raise BadCredentials(Fault.EXPIRED)
        if at < claims.starts - LEEWAY_SECONDS:
            return False
        account, bound = claims.account, claims.bound
        if self._living.uid("serviceaccounts", account.namespace, account.name) != account.uid:
            return False
        return bound is None or self._living.uid(BOUND[bound.kind], account.namespace, bound.name) == bound.uid

    def _remembered(self, token: str) -> _Remembered | None:
        if len(token) > MAX_TOKEN or token.count(".") != 2:
            return None
        keys = self._keys.current()
        mark = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        known = self._memo.get(mark)
        if known is not None and known.keys is keys:
            return known
        claims = self._verified(token, keys)
        if claims is None:
            return None
        known = self._memo[mark] = _Remembered(keys, claims, claims.user)
        if len(self._memo) > MEMO_ENTRIES:
            self._memo.popitem(last=False)
        return known

    def _verified(self, token: str, keys: KeySet) -> Claims | None:
        kid = _kid(token)
        claims = keys.verified(token, kid) if kid else None
        if claims is None or claims.get("iss") != self.issuer:
            return None
        return _claims(claims, kid)


class ForAudience:
    """The same tokens as a `TokenSource` for another audience, such as the registry alone."""

    def __init__(self, tokens: AccountTokens, audience: str) -> None:
        self._tokens, self._audience = tokens, audience

    async def user_of(self, token: str, now: datetime) -> User | None:
        """Whose token this is, when it is meant for the audience; raises BadCredentials(EXPIRED)."""
        return self._tokens.user_for(token, now, (self._audience,))


def _kid(token: str) -> str:
    head = token.partition(".")[0]
    try:
        header = orjson.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    except (ValueError, binascii.Error):
        return ""
    return text(header, "kid") if isinstance(header, dict) else ""


def _claims(said: Json, kid: str) -> Claims | None:
    """The claims as values; None when one of them is not what we write."""
    private = part(said, PRIVATE_CLAIM)
    who = part(private, "serviceaccount")
    account = Account(text(private, "namespace"), text(who, "name"), text(who, "uid"))
    bound = _bound(private)
    issued, starts, ends = (_time(said.get(name)) for name in ("iat", "nbf", "exp"))
    audiences = texts(said.get("aud"))[:MAX_AUDIENCES]
    if issued is None or starts is None or not account.uid or not audiences:
        return None
    if service_account_of(text(said, "sub")) != (account.namespace, account.name):
        return None
    if "exp" in said and ends is None:
        return None
    if ends is None and (bound is None or bound.kind != "Secret"):
        return None
    return Claims(account, audiences, issued, starts, ends, bound, text(said, "jti"), kid)


def _bound(private: Json) -> Bound | None:
    for kind in BOUND:
        named = part(private, kind.lower())
        if named:
            # An empty uid is the uid of nothing: never equal to that of an object.
            return Bound(kind, text(named, "name"), text(named, "uid") or "none")
    return None


def _time(value: Any) -> int | None:
    return value if type(value) is int and 0 <= value < 1 << 40 else None
