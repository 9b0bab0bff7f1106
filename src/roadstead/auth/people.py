"""People as the log has them now: whether a user still exists, and which groups name them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import orjson

from roadstead.auth.policy import part, text, texts
from roadstead.auth.users import AUTHENTICATED, PEOPLE, User
from roadstead.base.values import Json
from roadstead.objects.log import Key
from roadstead.objects.store import Store

USERS = "users.user.openshift.io"
GROUPS = "groups.user.openshift.io"


MEMO_ENTRIES = 4096


class People:
    """Answers for every request as things are now; users and groups are read anew only when one of them changed."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._version: int | None = None
        self._groups: dict[str, tuple[str, ...]] = {}
        self._known: dict[tuple[str, str], User] = {}
        self._known_at: tuple[int, int] | None = None

    def version(self) -> tuple[int, int]:
        """Numbers that change whenever a user or a group does."""
        return self._store.last_change(USERS), self._store.last_change(GROUPS)

    async def user(self, name: str, uid: str, extra: Mapping[str, tuple[str, ...]] | None = None) -> User | None:
        """The person of this name as they stand now; None when they are gone, or are somebody else by that name."""
        version = self.version()
        if version != self._known_at or len(self._known) >= MEMO_ENTRIES:
            self._known, self._known_at = {}, version
        known = self._known.get((name, uid))
        if known is None:
            known = await self._read(name, uid)
            if known is None:
                return None
            if self.version() == version == self._known_at:
                self._known[name, uid] = known
        return replace(known, extra=extra) if extra else known

    async def _read(self, name: str, uid: str) -> User | None:
        entry = self._store.get(Key(USERS, "", name))
        if entry is None:
            return None
        meta = part(orjson.loads(entry.value), "metadata")
        if not uid or text(meta, "uid") != uid or meta.get("deletionTimestamp"):
            return None
        return User(name, uid, (*await self.groups_of(name), PEOPLE, AUTHENTICATED))

    async def groups_of(self, name: str) -> tuple[str, ...]:
        """The groups that name a user, sorted."""
        version = self._store.last_change(GROUPS)
        if version != self._version:
            page = await self._store.list(GROUPS)
            self._groups = _members(orjson.loads(entry.value) for entry in page.entries)
            self._version = version
        return self._groups.get(name, ())


def _members(groups: Iterable[Json]) -> dict[str, tuple[str, ...]]:
    found: dict[str, set[str]] = {}
    for group in groups:
        name = text(part(group, "metadata"), "name")
        for user in texts(group.get("users")):
            found.setdefault(user, set()).add(name)
    return {user: tuple(sorted(names)) for user, names in found.items()}
