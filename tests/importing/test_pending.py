"""Which tags wait for an import, and whose turn comes when (import-and-triggers contract, 1 and 2)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadstead.base.values import Json
from roadstead.importing import pending
from roadstead.importing.record import CHECKED
from roadstead.streams import specs

DIGEST = "sha256:" + "a" * 64
NOW = datetime(2026, 11, 23, 18, 49, 39, tzinfo=UTC)
INTERVAL = timedelta(minutes=15)


def tag(name: str = "v1", source: str = "q.test/a:v1", generation: int | None = 2, **more: Any) -> Json:
    return {"name": name, "from": {"kind": "DockerImage", "name": source}, "generation": generation, **more}


def stream(*tags: Json, checked: bool = True, repository: str = "", **entries: Json) -> Json:
    meta: Json = {"name": "web", "namespace": "shop", "generation": 2, "resourceVersion": "7", "uid": "u"}
    if checked:
        meta["annotations"] = {CHECKED: "2026-11-23T18:00:00Z"}
    spec: Json = {"tags": list(tags), "dockerImageRepository": repository}
    status = {"tags": [{"tag": name, **entry} for name, entry in entries.items()]}
    return specs.normalise({"metadata": meta, "spec": spec, "status": status})


def at(generation: int) -> Json:
    return {"items": [{"dockerImageReference": f"q.test/a@{DIGEST}", "image": DIGEST, "generation": generation}]}


def failed(generation: int) -> Json:
    return {"items": None, "conditions": [{"type": "ImportSuccess", "status": "False", "generation": generation}]}


def names(of: Json, only: tuple[str, ...] = ()) -> list[str]:
    asked = pending.wanted(of, only)
    return [each["to"]["name"] for each in asked["spec"]["images"]] if asked else []


def test_a_new_tag_waits_and_the_request_is_tied_to_the_state_it_was_seen_in() -> None:
    asked = pending.wanted(stream(tag()))
    assert asked is not None
    assert asked["metadata"] == {"name": "web", "namespace": "shop", "resourceVersion": "7", "uid": "u"}
    assert asked["spec"]["images"][0]["from"] == {"kind": "DockerImage", "name": "q.test/a:v1"}


@pytest.mark.parametrize(
    ("entry", "waits"), [(at(1), True), (at(2), False), (failed(1), True), (failed(2), False), ({"items": None}, True)]
)
def test_a_tag_waits_until_an_image_or_a_failure_of_its_generation_is_recorded(entry: Json, waits: bool) -> None:
    assert (names(stream(tag(), v1=entry)) == ["v1"]) is waits


@pytest.mark.parametrize(
    "other",
    [
        tag(reference=True),
        {"name": "alias", "from": {"kind": "ImageStreamTag", "name": "v1"}, "generation": 2},
        {"name": "note", "generation": 2},
        tag(generation=None),
    ],
)
def test_what_is_no_import_or_never_asked_for_one_does_not_wait(other: Json) -> None:
    assert names(stream(other)) == []


def test_a_stream_never_looked_at_asks_for_tags_without_a_generation_too() -> None:
    assert names(stream(tag(generation=None), checked=False)) == ["v1"]
    assert names(stream(tag(), v1=at(2), checked=False)) == []


def test_a_repository_is_imported_once_with_all_tags_beside_it() -> None:
    whole = stream(tag(), v1=at(2), repository="q.test/all", checked=False)
    asked = pending.wanted(whole)
    assert asked is not None
    assert asked["spec"]["repository"]["from"]["name"] == "q.test/all"
    assert names(whole) == ["v1"]
    assert pending.wanted(stream(repository="q.test/all")) is None


def test_a_request_is_bounded_and_what_was_asked_for_by_name_comes_first() -> None:
    many = [tag(f"t{number:04d}") for number in range(pending.MOST_AT_ONCE + 50)]
    last = many[-1]["name"]
    found = names(stream(*many), (last,))
    assert (len(found), found[0]) == (pending.MOST_AT_ONCE, last)


def test_scheduled_tags_are_told_with_their_registries() -> None:
    policy = {"scheduled": True}
    found = pending.scheduled(
        stream(
            tag("hub", "mysql:8", importPolicy=policy),
            tag("other", "q.test:5000/a", importPolicy=policy),
            tag("plain"),
            tag("mere", reference=True, importPolicy=policy),
        )
    )
    assert found == {"hub": "docker.io", "other": "q.test:5000"}


def test_a_tag_pinned_by_digest_is_scheduled_until_it_came_in_once() -> None:
    pinned = tag(source=f"q.test/a@{DIGEST}", importPolicy={"scheduled": True})
    assert pending.scheduled(stream(pinned)) == {"v1": "q.test"}
    assert pending.scheduled(stream(pinned, v1=at(2))) == {}
    assert pending.scheduled(stream(pinned, v1=at(1))) == {"v1": "q.test"}


@given(st.text(max_size=50), st.integers(1, 10**6), st.integers(0, 10**9), st.integers(0, 10**5))
def test_every_object_has_one_turn_in_each_interval_whoever_reckons_and_when(
    uid: str, seconds: int, moment: int, later: int
) -> None:
    interval, after = timedelta(seconds=seconds), NOW + timedelta(seconds=moment)
    turn = pending.next_turn(uid, interval, after)
    assert timedelta() < turn - after <= interval
    assert abs(pending.next_turn(uid, interval, turn) - turn - interval) < timedelta(milliseconds=1)
    between = after + (turn - after) * (later / 10**5) * 0.99
    assert pending.next_turn(uid, interval, between) == turn


def test_turns_are_spread_over_the_interval() -> None:
    turns = [pending.next_turn(f"uid-{number}", INTERVAL, NOW) - NOW for number in range(1000)]
    quarters = [sum(1 for turn in turns if turn // (INTERVAL / 4) == quarter) for quarter in range(4)]
    assert min(quarters) > 150
