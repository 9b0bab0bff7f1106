"""The history of tags and those who follow it (image-api contract, section 7.3)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roadstead.base.values import Json
from roadstead.streams import events

NOW = datetime(2026, 11, 23, 18, 49, 39, tzinfo=UTC)
FAILED = [{"type": "ImportSuccess", "status": "False"}]


def stream(spec: dict[str, str] | None = None, status: list[Json] | None = None) -> Json:
    """Stream ns/web; `spec` maps aliases to the name their `from` gives."""
    tags = [{"name": name, "from": {"kind": "ImageStreamTag", "name": source}} for name, source in (spec or {}).items()]
    meta = {"namespace": "ns", "name": "web", "generation": 1}
    return {"metadata": meta, "spec": {"tags": tags}, "status": {"tags": status or []}}


def event(place: str, image: str, generation: int = 1, minutes: int = 0) -> Json:
    return events.event(place, image, generation, NOW + timedelta(minutes=minutes))


def items(of: Json, tag: str) -> list[Json]:
    return events.histories(of)[tag]["items"] or []


def test_an_event_carries_time_in_whole_utc_seconds() -> None:
    assert events.event("q/a@D", "D", 3, NOW) == {
        "created": "2026-11-23T18:49:39Z",
        "dockerImageReference": "q/a@D",
        "image": "D",
        "generation": 3,
    }


@pytest.mark.parametrize("empty", [[], [{"tag": "v1", "items": None, "conditions": FAILED}]])
def test_the_first_event_opens_the_history_and_drops_conditions(empty: list[Json]) -> None:
    after, changed = events.add_event(stream(status=empty), "v1", event("p", "i"))
    assert changed
    assert events.histories(after)["v1"] == {"tag": "v1", "items": [event("p", "i")]}


@pytest.mark.parametrize(
    ("place", "image", "generation", "expected"),
    [
        ("p", "i", 1, None),
        ("p", "i", 2, [event("p", "i", 2)]),
        ("p", "other", 1, [event("p", "other")]),
        ("p", "other", 2, [event("p", "other", 2)]),
        ("elsewhere", "i", 1, [event("elsewhere", "i")]),
        ("elsewhere", "i", 2, [event("elsewhere", "i", 2)]),
        ("elsewhere", "other", 1, [event("elsewhere", "other", 1, minutes=5), event("p", "i")]),
        ("elsewhere", "other", 2, [event("elsewhere", "other", 2, minutes=5), event("p", "i")]),
    ],
)
def test_the_same_image_or_place_is_updated_in_line(
    place: str, image: str, generation: int, expected: list[Json] | None
) -> None:
    before = stream(status=[{"tag": "v1", "items": [event("p", "i")], "conditions": FAILED}])
    after, changed = events.add_event(before, "v1", event(place, image, generation, minutes=5))
    if expected is None:
        assert (after, changed) == (before, False)
    else:
        assert changed
        assert events.histories(after)["v1"] == {"tag": "v1", "items": expected}


def test_adding_an_event_leaves_the_old_stream_alone_and_sorts_tags() -> None:
    before = stream(status=[{"tag": "b", "items": [event("p", "i")]}])
    after, _ = events.add_event(before, "a", event("p", "i"))
    assert list(events.histories(before)) == ["b"]
    assert list(events.histories(after)) == ["a", "b"]


def test_the_last_status_tag_takes_the_list_with_it() -> None:
    assert events.with_histories(stream(status=[{"tag": "b", "items": None}]), {})["status"] == {}


@pytest.mark.parametrize(
    ("source", "tracked"),
    [
        ({"kind": "ImageStreamTag", "name": "a"}, "a"),
        ({"kind": "ImageStreamTag", "name": "web:a"}, "a"),
        ({"kind": "ImageStreamTag", "name": "a", "namespace": "ns"}, "a"),
        ({"kind": "ImageStreamTag", "name": "a", "namespace": "other"}, None),
        ({"kind": "ImageStreamTag", "name": "other:a"}, None),
        ({"kind": "ImageStreamTag", "name": "web:a:b"}, None),
        ({"kind": "ImageStreamTag", "name": ""}, None),
        ({"kind": "ImageStreamImage", "name": "a"}, None),
        ({"kind": "DockerImage", "name": "a"}, None),
        (None, None),
    ],
)
def test_only_tags_of_this_very_stream_are_tracked(source: Json | None, tracked: str | None) -> None:
    assert events.alias_source(stream(), {"name": "x", "from": source}) == tracked


def test_a_moved_tag_takes_its_aliases_along_and_theirs() -> None:
    before = stream({"b": "a", "c": "web:b", "d": "x"}, [{"tag": "a", "items": [event("p", "i", 7)]}])
    after = events.follow(before, {"a"})
    assert {tag: items(after, tag) for tag in events.histories(after)} == {tag: [event("p", "i", 7)] for tag in "abc"}
    assert list(events.histories(events.follow(before, {"a"}, levels=1))) == ["a", "b"]


def test_circles_of_aliases_come_to_an_end() -> None:
    before = stream({"a": "b", "b": "a", "self": "self"}, [{"tag": "a", "items": [event("p", "i")]}])
    after = events.follow(before, {"a"})
    assert items(after, "b") == [event("p", "i")]
    assert events.follow(after, {"a", "b", "self"}) == after


def test_following_a_tag_without_events_changes_nothing() -> None:
    before = stream({"b": "a"})
    assert events.follow(before, {"a"}) is before


def test_a_tag_has_moved_when_its_current_event_is_another() -> None:
    old = events.histories(stream(status=[{"tag": "a", "items": [event("p", "i")]}, {"tag": "c", "items": None}]))
    new = events.histories(
        stream(
            status=[
                {"tag": "a", "items": [event("p", "i", 2)]},
                {"tag": "b", "items": [event("p", "i")]},
                {"tag": "c", "items": None, "conditions": FAILED},
            ]
        )
    )
    assert events.moved(new, old) == {"a", "b"}
    assert events.moved(old, old) == set()


_events = st.builds(
    event, st.sampled_from("pqr"), st.sampled_from(["i", "j", "k", ""]), st.integers(0, 3), st.integers(0, 9)
)


@given(st.lists(_events, max_size=12), _events)
@settings(max_examples=150)
def test_adding_the_same_event_twice_is_adding_it_once(history: list[Json], new: Json) -> None:
    before = stream()
    for each in history:
        before, _ = events.add_event(before, "t", each)
    once, _ = events.add_event(before, "t", new)
    assert events.add_event(once, "t", new) == (once, False)


@given(st.lists(_events, min_size=1, max_size=12), _events)
@settings(max_examples=150)
def test_history_is_newest_first_and_loses_no_older_item(history: list[Json], new: Json) -> None:
    before = stream()
    for each in history:
        before, _ = events.add_event(before, "t", each)
    after, _ = events.add_event(before, "t", new)
    assert events.same_content(items(after, "t")[0], new)
    assert events.generation(items(after, "t")[0]) == new["generation"]
    assert items(after, "t")[-len(items(before, "t")) + 1 :] == items(before, "t")[1:] or len(items(before, "t")) == 1
    assert len(items(after, "t")) - len(items(before, "t")) in (0, 1)


@given(st.dictionaries(st.sampled_from("abcdef"), st.sampled_from("abcdef")), st.sets(st.sampled_from("abcdef")))
@settings(max_examples=150)
def test_any_web_of_aliases_settles_at_once(aliases: dict[str, str], seeds: set[str]) -> None:
    before = stream(aliases, [{"tag": tag, "items": [event(tag, tag)]} for tag in sorted(seeds)])
    after = events.follow(before, seeds)
    assert events.follow(after, seeds) == after
    for alias, source in aliases.items():
        if source in seeds and alias not in seeds:
            assert events.same_content(items(after, alias)[0], items(after, source)[0])
