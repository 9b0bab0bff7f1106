"""Logins stand in the audit, good ones and bad ones, and no secret does."""

from __future__ import annotations

from dataclasses import replace

import orjson
import pytest

from roadstead.app.build import build
from roadstead.base.errors import Invalid
from roadstead.base.settings import Logins, Settings
from roadstead.base.values import Json
from tests.oauth.flows import Browser, challenge, exchange, query_of
from tests.oauth.world import HOST, House


@pytest.fixture
def audited(home: House) -> tuple[House, list[Json]]:
    """The house with its audit kept in a list."""
    records: list[Json] = []
    doors = replace(home.app.doors, audit=records.append)
    return replace(home, app=replace(home.app, doors=doors)), records


async def test_a_login_of_oc_is_written_down_step_by_step(audited: tuple[House, list[Json]]) -> None:
    home, records = audited
    code = query_of((await challenge(home)).header("Location"))["code"]
    token = (await exchange(home, code)).json["access_token"]
    await exchange(home, code)
    told = [(each["verb"], each.get("user"), each["decision"], each["code"]) for each in records]
    assert told == [
        ("login", "alice", "allow", 302),
        ("login", "alice", "allow", 200),
        ("login", None, "forbid", 400),
    ]
    assert records[0]["reason"] == "code for openshift-challenging-client, user:full"
    text = orjson.dumps(records).decode()
    assert not any(secret in text for secret in (code, token, "alice-pw"))


async def test_wrong_passwords_are_written_down_with_the_name_and_the_address(
    audited: tuple[House, list[Json]],
) -> None:
    home, records = audited
    await challenge(home, password="hunter2")
    await Browser(home).log_in("/login", "bob", "hunter2")
    assert [(each["name"], each["decision"], each["from"]) for each in records] == [
        ("alice", "unauthenticated", "192.0.2.7"),
        ("bob", "unauthenticated", "192.0.2.7"),
    ]
    assert "hunter2" not in orjson.dumps(records).decode()


@pytest.mark.parametrize(
    "logins",
    [Logins(token_seconds=-1), Logins(token_seconds=2**40), Logins(token_inactivity_seconds=299)],
)
def test_lifetimes_that_make_no_sense_are_refused_at_the_start(home: House, logins: Logins) -> None:
    with pytest.raises(Invalid, match=r"logins\.token_"):
        build(Settings(logins=logins), home.folder, HOST)
