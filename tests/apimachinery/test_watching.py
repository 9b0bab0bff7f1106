"""Watches: image-api contract, 16.5."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import orjson
import pytest

from roadstead.apimachinery import watching
from roadstead.base.values import Json
from roadstead.objects.log import Write
from roadstead.objects.sqlite import SqliteLog
from roadstead.objects.store import Store
from tests.apimachinery.world import BOATS, Answer, World, world

MERGE = {"Content-Type": "application/merge-patch+json"}
TABLE = {"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io"}
INITIAL = "watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan"


def told(events: list[Json]) -> list[tuple[str, str]]:
    return [(event["type"], event["object"]["metadata"].get("name", "")) for event in events]


async def paint(small: World, name: str, colour: str) -> None:
    answer = await small.ask("PATCH", f"{BOATS}/{name}", {"spec": {"colour": colour}}, headers=MERGE)
    assert answer.code == 200


async def test_a_watch_from_a_version_tells_what_happened_since(small: World) -> None:
    made = await small.make("w")
    await paint(small, "w", "red")
    await small.ask("DELETE", f"{BOATS}/w")
    revision = made["metadata"]["resourceVersion"]
    answer = await small.ask("GET", f"{BOATS}?watch=true&resourceVersion={revision}")
    assert (answer.code, answer.header("Content-Type")) == (200, "application/json")
    events = await answer.events(2)
    assert told(events) == [("MODIFIED", "w"), ("DELETED", "w")]
    assert [event["object"]["metadata"]["resourceVersion"] for event in events] == ["2", "3"]
    assert events[1]["object"]["spec"] == {"colour": "red"}
    assert events[1]["object"]["status"] == {"address": "north/w"}
    assert list(events[0]["object"])[:2] == ["kind", "apiVersion"]


@pytest.mark.parametrize("query", ["", "&resourceVersion=0"])
async def test_a_watch_from_now_starts_with_what_is_there(small: World, query: str) -> None:
    await small.make("a")
    await small.make("b")
    await small.make("c", namespace="south")
    answer = await small.ask("GET", f"{BOATS}?watch=true{query}")
    task = asyncio.create_task(answer.events(3))
    await small.make("d", namespace="south")
    await small.make("e")
    assert told(await task) == [("ADDED", "a"), ("ADDED", "b"), ("ADDED", "e")]


async def test_a_watch_too_far_back_ends_with_an_error_event(small: World) -> None:
    await small.make("a")
    await paint(small, "a", "red")
    await paint(small, "a", "blue")
    await small.store.compact(3)
    events = await (await small.ask("GET", f"{BOATS}?watch=true&resourceVersion=1")).events(9)
    assert events == [
        {
            "type": "ERROR",
            "object": {
                "kind": "Status",
                "apiVersion": "v1",
                "metadata": {},
                "status": "Failure",
                "message": "too old resource version: 1 (3)",
                "reason": "Expired",
                "code": 410,
            },
        }
    ]


async def test_a_watch_from_the_future_is_silent(small: World) -> None:
    await small.make("a")
    answer = await small.ask("GET", f"{BOATS}?watch=true&resourceVersion=999999999&timeoutSeconds=1")
    task = asyncio.create_task(answer.events(1))
    await small.make("b")
    assert await task == []


async def test_leaving_the_selection_is_a_deletion_and_entering_it_an_addition(small: World) -> None:
    await small.make("a", spec={"colour": "red"})
    answer = await small.ask("GET", f"{BOATS}?watch=true&resourceVersion=1&fieldSelector=spec.colour%3Dred")
    task = asyncio.create_task(answer.events(5))
    for colour in ("blue", "green", "red"):
        await paint(small, "a", colour)
    await small.ask("PATCH", f"{BOATS}/a", {"spec": {"crew": 1}}, headers=MERGE)
    await small.make("b", spec={"colour": "black"})
    await small.ask("DELETE", f"{BOATS}/b")
    await small.make("c", spec={"colour": "red"})
    await small.ask("DELETE", f"{BOATS}/a")
    events = await task
    assert told(events) == [("DELETED", "a"), ("ADDED", "a"), ("MODIFIED", "a"), ("ADDED", "c"), ("DELETED", "a")]
    gone = events[0]["object"]
    assert (gone["spec"]["colour"], gone["metadata"]["resourceVersion"]) == ("red", "2")


async def test_one_object_is_watched_by_its_name(small: World) -> None:
    await small.make("a")
    answer = await small.ask("GET", f"{BOATS}?watch=true&fieldSelector=metadata.name%3Da")
    task = asyncio.create_task(answer.events(2))
    await small.make("b")
    await paint(small, "a", "red")
    assert told(await task) == [("ADDED", "a"), ("MODIFIED", "a")]


async def test_initial_events_end_with_a_marked_bookmark(small: World) -> None:
    for name in ("a", "b"):
        await small.make(name)
    answer = await small.ask("GET", f"{BOATS}?{INITIAL}&allowWatchBookmarks=true")
    events = await answer.events(3)
    assert told(events) == [("ADDED", "a"), ("ADDED", "b"), ("BOOKMARK", "")]
    assert events[2]["object"] == {
        "kind": "Boat",
        "apiVersion": "harbour.test/v1",
        "metadata": {"resourceVersion": "2", "annotations": {"k8s.io/initial-events-end": "true"}},
    }


async def test_the_mark_comes_when_nothing_matched_and_from_any_version(small: World) -> None:
    await small.make("a")
    query = f"{INITIAL}&allowWatchBookmarks=true&resourceVersion=1&labelSelector=no"
    [event] = await (await small.ask("GET", f"{BOATS}?{query}")).events(1)
    assert event["type"] == "BOOKMARK"


async def test_without_bookmarks_the_mark_never_comes(small: World) -> None:
    await small.make("a")
    events = await (await small.ask("GET", f"{BOATS}?{INITIAL}&timeoutSeconds=1")).events(9)
    assert told(events) == [("ADDED", "a")]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("watch=true&sendInitialEvents=true", 422),
        ("watch=true&sendInitialEvents=true&resourceVersionMatch=Exact", 422),
        ("watch=true&resourceVersionMatch=NotOlderThan", 422),
        (f"{INITIAL}&continue=x", 422),
        ("watch=true&resourceVersion=soon", 400),
        ("watch=true&labelSelector=!!", 400),
        ("watch=true&fieldSelector=a%3Db", 400),
        ("watch=true&timeoutSeconds=x", 400),
    ],
)
async def test_options_that_make_no_sense_are_refused(small: World, query: str, code: int) -> None:
    answer = await small.ask("GET", f"{BOATS}?{query}")
    assert (answer.code, answer.json["kind"]) == (code, "Status")


async def test_bookmarks_tell_how_far_a_quiet_watch_has_come(small: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "BOOKMARK_SECONDS", 0.02)
    await small.make("a", namespace="south")
    answer = await small.ask("GET", f"{BOATS}?watch=true&allowWatchBookmarks=true&resourceVersion=1")
    [first] = await answer.events(1)
    assert first == {
        "type": "BOOKMARK",
        "object": {"kind": "Boat", "apiVersion": "harbour.test/v1", "metadata": {"resourceVersion": "1"}},
    }


async def test_a_watch_ends_in_its_time_even_when_it_is_busy(small: World) -> None:
    answer = await small.ask("GET", f"{BOATS}?watch=true&timeoutSeconds=1")
    task = asyncio.create_task(answer.events(10_000))
    number = 0
    while not task.done():
        number += 1
        await small.make(f"b{number}")
    assert 0 < len(task.result()) <= number


async def test_events_can_be_tables_of_one_row(small: World) -> None:
    await small.make("a")
    answer = await small.ask("GET", f"{BOATS}?{INITIAL}&allowWatchBookmarks=true", headers=TABLE)
    task = asyncio.create_task(answer.events(3))
    await asyncio.sleep(0)
    await paint(small, "a", "red")
    first, mark, later = (event["object"] for event in await task)
    assert [column["name"] for column in first["columnDefinitions"]] == ["Name", "Colour", "Crew"]
    assert (mark["columnDefinitions"], later["columnDefinitions"]) == (None, None)
    assert (mark["rows"][0]["cells"], later["rows"][0]["cells"]) == (["", "", 0], ["a", "red", 0])
    assert mark["rows"][0]["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}
    assert later["metadata"] == {"resourceVersion": "2"}
    assert later["rows"][0]["object"]["kind"] == "PartialObjectMetadata"


async def test_an_error_event_is_a_status_in_every_form(small: World) -> None:
    await small.make("a")
    await paint(small, "a", "red")
    await paint(small, "a", "blue")
    await small.store.compact(3)
    for form in ("Table", "PartialObjectMetadata"):
        accept = {"Accept": f"application/json;as={form};v=v1;g=meta.k8s.io"}
        [event] = await (await small.ask("GET", f"{BOATS}?watch=true&resourceVersion=1", headers=accept)).events(9)
        assert (event["type"], event["object"]["kind"]) == ("ERROR", "Status")


async def test_events_can_be_metadata_alone(small: World) -> None:
    await small.make("a")
    accept = {"Accept": "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"}
    [event] = await (await small.ask("GET", f"{BOATS}?watch=true", headers=accept)).events(1)
    assert (event["object"]["kind"], sorted(event["object"])) == (
        "PartialObjectMetadata",
        ["apiVersion", "kind", "metadata"],
    )


async def test_a_fault_under_way_becomes_the_last_event(small: World) -> None:
    await small.make("a")
    answer = await small.ask("GET", f"{BOATS}?watch=true&resourceVersion=1")

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the mast is broken")

    small.boats.showcase.at = broken  # type: ignore[method-assign, assignment]
    task = asyncio.create_task(answer.events(9))
    await small.store.append([])
    await asyncio.sleep(0)
    await small.store.append([_write(small)])
    [event] = await task
    assert (event["type"], event["object"]["code"], len(small.faults)) == ("ERROR", 500, 1)
    assert "mast" not in orjson.dumps(event).decode()


def _write(small: World) -> Write:
    return Write(small.boats.key("north", "z"), b'{"metadata":{"name":"z"}}', 0)


async def test_a_watcher_that_stalls_costs_the_others_nothing(tmp_path: Path) -> None:
    store = Store(SqliteLog(tmp_path / "small.db"), watch_queue=3)
    small = world(store)
    await small.make("a")
    stalled = await small.ask("GET", f"{BOATS}?watch=true")
    lines = stalled.lines()
    await anext(lines)
    waiting = asyncio.ensure_future(anext(lines))
    await paint(small, "a", "c0")
    await waiting
    reading = asyncio.create_task((await small.ask("GET", f"{BOATS}?watch=true&resourceVersion=2")).events(8))
    for number in range(1, 9):
        await paint(small, "a", f"c{number}")
        await asyncio.sleep(0)
    assert [event["object"]["spec"]["colour"] for event in await reading] == [f"c{number}" for number in range(1, 9)]
    left = [orjson.loads(line) async for line in lines]
    assert (left[-1]["type"], left[-1]["object"]["code"]) == ("ERROR", 410)
    await store.close()


async def test_a_thousand_watchers_see_an_event_within_a_quarter_of_a_second(small: World) -> None:
    await small.make("a", spec={"parts": [{"name": f"part-{number}", "weight": number} for number in range(200)]})
    answers = [await small.ask("GET", f"{BOATS}?watch=true&resourceVersion=1") for _ in range(1000)]
    tasks = [asyncio.create_task(_first_line(answer)) for answer in answers]
    await asyncio.sleep(0.1)
    started = time.perf_counter()
    await paint(small, "a", "red")
    lines = await asyncio.gather(*tasks)
    elapsed = time.perf_counter() - started
    assert len({id(line) for line in lines}) == 1, "the event was encoded more than once"
    assert elapsed < 1.0, "far more than the quarter of a second meant, on a busy machine"


async def _first_line(answer: Answer) -> bytes:
    stream = answer.lines()
    line = await anext(stream)
    await stream.aclose()
    return line
