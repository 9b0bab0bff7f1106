"""OAuth access tokens, as the log has them now: whose they are, and whether they are still good."""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime, timedelta
from typing import Any

import orjson

from roadstead.auth.credentials import BadCredentials, Fault
from roadstead.auth.people import MEMO_ENTRIES, People
from roadstead.auth.policy import part, text, texts
from roadstead.auth.scopes import SCOPES
from roadstead.auth.users import User
from roadstead.base.values import Json
from roadstead.kube.time import parse_time
from roadstead.objects.log import Key
from roadstead.objects.store import Store

PREFIX = "sha256~"
MAX_TOKEN = 512
TOKENS = "oauthaccesstokens.oauth.openshift.io"
CLIENTS = "oauthclients.oauth.openshift.io"
LEEWAY = timedelta(seconds=5)
MOST_USES = 100_000
"""Uses remembered between two times they are written down; beyond, the oldest is forgotten."""


def object_name(token: str) -> str:
    """The name of the object behind a token or code: the hash of what follows its prefix, so a list tells no secret."""
    digest = hashlib.sha256(token.removeprefix(PREFIX).encode("utf-8", "surrogatepass")).digest()
    return PREFIX + base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


class AccessTokens:
    """Reads the token, its user and their groups on every request: what is deleted counts for nothing at once."""

    def __init__(self, store: Store, people: People, inactivity_seconds: int = 0) -> None:
        """`inactivity_seconds`: how long tokens may lie unused whose client does not say; 0 for ever."""
        self._store, self._people, self._inactivity = store, people, inactivity_seconds
        self._used: dict[str, datetime] = {}
        self._read: dict[str, Json] = {}
        self._read_at = -1

    async def user_of(self, token: str, now: datetime) -> User | None:
        """Whose token this is; raises BadCredentials when it is past its time or its user is gone."""
        if not token.startswith(PREFIX) or len(token) > MAX_TOKEN:
            return None
        name = object_name(token)
        found = self._token(name)
        if found is None:
            return None
        self._check_times(name, found, now)
        scopes = {SCOPES: texts(found.get("scopes"))}
        user = await self._people.user(text(found, "userName"), text(found, "userUID"), scopes)
        if user is None:
            raise BadCredentials(Fault.REFUSED)
        return user

    def uses(self) -> dict[str, datetime]:
        """When each token that must not lie unused was used last, as far as that is not written down."""
        return dict(self._used)

    def forget(self, name: str, last: datetime) -> None:
        """A use has been written down; a later one stays."""
        if self._used.get(name) == last:
            del self._used[name]

    def may_lie_unused(self, token: Json) -> int:
        """The seconds a token may go without use, by its client or by default; 0 for ever."""
        client = self._object(CLIENTS, text(token, "clientName")) or {}
        return _number(client.get("accessTokenInactivityTimeoutSeconds"), self._inactivity)

    def _check_times(self, name: str, token: Json, now: datetime) -> None:
        meta = part(token, "metadata")
        created = parse_time(text(meta, "creationTimestamp"))
        lasts, unused = _number(token.get("expiresIn"), 0), _number(token.get("inactivityTimeoutSeconds"), 0)
        if meta.get("deletionTimestamp") or now < created - LEEWAY:
            raise BadCredentials(Fault.REFUSED)
        if lasts and now >= created + timedelta(seconds=lasts):
            raise BadCredentials(Fault.EXPIRED)
        if not unused:
            return
        ends = created + timedelta(seconds=unused)
        if (last := self._used.get(name)) is not None:
            ends = max(ends, last + timedelta(seconds=self.may_lie_unused(token) or unused))
        if now >= ends:
            raise BadCredentials(Fault.EXPIRED)
        if len(self._used) >= MOST_USES and name not in self._used:
            del self._used[next(iter(self._used))]
        self._used[name] = now

    def _token(self, name: str) -> Json | None:
        """A token's object; kept decoded until any token changes."""
        version = self._store.last_change(TOKENS)
        if version != self._read_at or len(self._read) >= MEMO_ENTRIES:
            self._read, self._read_at = {}, version
        found = self._read.get(name) or self._object(TOKENS, name)
        if found is not None:
            self._read[name] = found
        return found

    def _object(self, resource: str, name: str) -> Json | None:
        entry = self._store.get(Key(resource, "", name)) if name else None
        found: Json | None = None if entry is None else orjson.loads(entry.value)
        return found


def _number(value: Any, absent: int) -> int:
    return value if type(value) is int and value >= 0 else absent
