"""An OAuth access token is as good as its object, its user and its time."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest

from roadstead.auth.accesstokens import CLIENTS, TOKENS, AccessTokens, object_name
from roadstead.auth.credentials import BadCredentials, Fault
from roadstead.auth.people import GROUPS, USERS, People
from roadstead.auth.scopes import SCOPES
from roadstead.base.values import Json
from roadstead.objects.log import Key, Write
from roadstead.objects.sqlite import SqliteLog
from roadstead.objects.store import Store

START = datetime(2030, 1, 1, tzinfo=UTC)
TOKEN = "sha256~" + "s" * 43


@dataclass
class Kept:
    """A log with alice, her token, and a clock."""

    store: Store
    tokens: AccessTokens
    now: datetime = START
    token: Json = field(default_factory=dict)

    async def put(self, resource: str, name: str, obj: Json | None) -> None:
        value = None if obj is None else orjson.dumps(obj)
        await self.store.append([Write(Key(resource, "", name), value, None)])

    async def issue(self, **more: object) -> None:
        self.token = {
            "metadata": {"name": object_name(TOKEN), "creationTimestamp": "2030-01-01T00:00:00Z"},
            "userName": "alice",
            "userUID": "1",
            "clientName": "cli",
            "scopes": ["user:full"],
            "expiresIn": 3600,
            **more,
        }
        await self.put(TOKENS, object_name(TOKEN), self.token)

    async def user(self, uid: str = "1", **meta: object) -> None:
        await self.put(USERS, "alice", {"metadata": {"name": "alice", "uid": uid, **meta}})

    async def answer(self, token: str = TOKEN) -> str | Fault | None:
        try:
            found = await self.tokens.user_of(token, self.now)
        except BadCredentials as bad:
            return bad.fault
        return None if found is None else found.name


@pytest.fixture
async def kept(tmp_path: Path) -> AsyncIterator[Kept]:
    store = Store(SqliteLog(tmp_path / "objects.db"))
    kept = Kept(store, AccessTokens(store, People(store)))
    await kept.user()
    await kept.issue()
    yield kept
    await store.close()


def test_an_object_is_named_by_the_hash_of_what_follows_the_prefix() -> None:
    digest = base64.urlsafe_b64encode(hashlib.sha256(b"abc").digest()).decode().rstrip("=")
    assert object_name("sha256~abc") == f"sha256~{digest}"


async def test_a_good_token_is_its_user_with_scopes_and_groups(kept: Kept) -> None:
    await kept.put(GROUPS, "devs", {"metadata": {"name": "devs"}, "users": ["bob", "alice"]})
    user = await kept.tokens.user_of(TOKEN, START)
    assert user is not None
    assert (user.name, user.uid, user.extra) == ("alice", "1", {SCOPES: ("user:full",)})
    assert user.groups == ("devs", "system:authenticated:oauth", "system:authenticated")


@pytest.mark.parametrize(
    "token", ["", "sha256~", "sha256~other", TOKEN[7:], "a.b.c", "sha256~" + "s" * 5000, "sha256~\udc80"]
)
async def test_what_is_no_token_of_ours_is_nobody(kept: Kept, token: str) -> None:
    assert await kept.answer(token) is None


async def test_the_name_of_the_object_does_not_open_the_door(kept: Kept) -> None:
    assert await kept.answer(object_name(TOKEN)) is None


async def test_a_token_ends_when_its_time_is_over(kept: Kept) -> None:
    kept.now = START + timedelta(seconds=3599)
    assert await kept.answer() == "alice"
    kept.now += timedelta(seconds=1)
    assert await kept.answer() is Fault.EXPIRED


async def test_a_token_of_tomorrow_is_not_good_today(kept: Kept) -> None:
    kept.now = START - timedelta(minutes=1)
    assert await kept.answer() is Fault.REFUSED


async def test_without_an_end_a_token_lasts(kept: Kept) -> None:
    await kept.issue(expiresIn=0)
    kept.now = START + timedelta(days=3000)
    assert await kept.answer() == "alice"


async def test_a_deleted_token_is_nobody_at_once(kept: Kept) -> None:
    await kept.put(TOKENS, object_name(TOKEN), None)
    assert await kept.answer() is None


async def test_a_token_ends_with_its_user_and_is_not_inherited_by_the_next_of_that_name(kept: Kept) -> None:
    await kept.put(USERS, "alice", None)
    assert await kept.answer() is Fault.REFUSED
    await kept.user(uid="2")
    assert await kept.answer() is Fault.REFUSED
    await kept.user()
    assert await kept.answer() == "alice"
    await kept.user(deletionTimestamp="2030-01-01T00:00:00Z")
    assert await kept.answer() is Fault.REFUSED


async def test_an_unused_token_ends_and_a_used_one_goes_on(kept: Kept) -> None:
    await kept.put(CLIENTS, "cli", {"accessTokenInactivityTimeoutSeconds": 600})
    await kept.issue(expiresIn=0, inactivityTimeoutSeconds=600)
    for _ in range(4):
        kept.now += timedelta(seconds=590)
        assert await kept.answer() == "alice"
    assert kept.tokens.uses() == {object_name(TOKEN): kept.now}
    kept.now += timedelta(seconds=600)
    assert await kept.answer() is Fault.EXPIRED
