"""Contents, hosts and ages of managed pull secrets."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import orjson
import pytest

from roadstead.auth.account_tokens import Account, Claims
from roadstead.base.values import Json
from roadstead.controllers import dockercfg

NOW = datetime(2030, 1, 1, tzinfo=UTC)
AT = int(NOW.timestamp())


def claims(lifetime: int = 1000, ends: int | None = 1000) -> Claims:
    end = None if ends is None else AT + ends
    return Claims(Account("shop", "robot", "u"), ("a",), AT, AT + (ends or 0) - lifetime, end)


def service(address: str, port: object, name: str = "image-registry") -> Json:
    return {
        "metadata": {"namespace": "openshift-image-registry", "name": name},
        "spec": {"clusterIP": address, "ports": [{"port": port}]},
    }


SVC = "image-registry.openshift-image-registry.svc"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (service("172.30.1.1", 5000), [f"{SVC}.cluster.local:5000", f"{SVC}:5000", "172.30.1.1:5000"]),
        (
            service("172.30.1.1", 443),
            [SVC, f"{SVC}.cluster.local", f"{SVC}.cluster.local:443", f"{SVC}:443", "172.30.1.1", "172.30.1.1:443"],
        ),
        (service("fd00::1", 5000), [f"{SVC}.cluster.local:5000", f"{SVC}:5000"]),
        (service("None", 5000), []),
        (service("", 5000), []),
        (service("172.30.1.1", "http"), []),
        ({"metadata": {}, "spec": {"clusterIP": "1.2.3.4"}}, []),
    ],
)
def test_a_service_is_reached_by_its_names_and_its_address(given: Json, expected: list[str]) -> None:
    assert dockercfg.hosts([], [given]) == sorted(expected)


def test_hosts_are_unique_and_sorted() -> None:
    assert dockercfg.hosts(["b:1", "a", "", "b:1"], []) == ["a", "b:1"]


def test_every_host_gets_the_same_token_under_the_name_token() -> None:
    raw = orjson.loads(base64.b64decode(dockercfg.content(["a", "b:1"], "JWT")))
    auth = base64.b64encode(b"<token>:JWT").decode()
    assert raw == {"a": {"auth": auth}, "b:1": {"auth": auth}}


def test_what_was_written_is_read_back() -> None:
    assert dockercfg.read({"data": {".dockercfg": dockercfg.content(["a", "b"], "JWT")}}) == ({"a", "b"}, "JWT")


@pytest.mark.parametrize(
    "value", [None, "", "!!!", "e30", "W10=", base64.b64encode(b'{"a":{}}').decode(), base64.b64encode(b"{").decode()]
)
def test_what_cannot_be_read_is_told_apart(value: str | None) -> None:
    assert dockercfg.read({"data": {".dockercfg": value}}) is None


def test_an_empty_one_has_no_hosts_and_no_token() -> None:
    assert dockercfg.read({"data": {".dockercfg": "e30="}}) == (set(), "")


@pytest.mark.parametrize(
    ("found", "said", "why"),
    [
        (None, None, "it cannot be read"),
        ((set(), ""), None, "the hosts have changed"),
        (({"a", "b"}, "t"), claims(), "the hosts have changed"),
        (({"a"}, "t"), None, "its token was not signed by a key of ours"),
        (({"a"}, "t"), claims(ends=399), "its token ends soon"),
        (({"a"}, "t"), claims(ends=-5), "its token ends soon"),
        (({"a"}, "t"), claims(ends=401), ""),
        (({"a"}, "t"), claims(ends=None), ""),
    ],
)
def test_a_fresh_token_is_needed_when(found: tuple[set[str], str] | None, said: Claims | None, why: str) -> None:
    assert dockercfg.why_stale(["a"], found, said, NOW) == why


def test_a_token_is_looked_at_again_at_60_percent_of_its_life() -> None:
    assert dockercfg.seconds_until(claims(), NOW) == 600
    assert dockercfg.seconds_until(claims(), NOW + timedelta(seconds=599.5)) == 1.0


@pytest.mark.parametrize("length", [1, 47, 48, 49, 63, 253])
def test_names_leave_room_for_five_letters_in_a_label(length: int) -> None:
    base = dockercfg.name_base("a" * length)
    assert len(base) <= 58
    assert base.startswith("a")
    assert base.endswith("-dockercfg-")
    assert dockercfg.name_base("a" * length + "b") != base
