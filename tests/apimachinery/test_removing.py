"""Deleting stored objects: preconditions, finalizers, propagation, collections (image-api contract, 16.6)."""

from __future__ import annotations

import asyncio

import pytest

from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.collection import commit
from roadstead.base.values import Json
from tests.apimachinery.world import BOATS, NOW, PIERS, World


async def test_a_deletion_says_what_is_gone(small: World) -> None:
    await small.make("a")
    answer = await small.ask("DELETE", f"{BOATS}/a", {"propagationPolicy": "Background"})
    assert (answer.code, answer.json) == (
        200,
        {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Success",
            "details": {"name": "a", "group": "harbour.test", "kind": "boats", "uid": "uid-1"},
        },
    )
    assert (await small.ask("DELETE", f"{BOATS}/a")).code == 404


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        (
            {"uid": "other"},
            "the UID in the precondition (other) does not match the UID in record (uid-1). "
            "The object might have been deleted and then recreated",
        ),
        (
            {"resourceVersion": "7"},
            "the ResourceVersion in the precondition (7) does not match the ResourceVersion in record (1). "
            "The object might have been modified",
        ),
    ],
)
async def test_a_failed_precondition_names_the_kind(small: World, wanted: Json, why: str) -> None:
    await small.make("a")
    answer = await small.ask("DELETE", f"{BOATS}/a", {"preconditions": wanted})
    assert (answer.code, answer.message) == (
        409,
        f'Operation cannot be fulfilled on Boat.harbour.test "a": {why}',
    )
    assert answer.json["details"]["kind"] == "Boat"
    assert small.boats.peek("north", "a") is not None


@pytest.mark.parametrize(
    ("query", "body", "code"),
    [
        ("", {"kind": "DeleteOptions", "apiVersion": "harbour.test/v1"}, 200),
        ("", {"kind": "Pod", "apiVersion": "v1"}, 400),
        ("", {"gracePeriodSeconds": "soon"}, 400),
        ("", b"[]", 400),
        ("", {"propagationPolicy": "Sideways"}, 422),
        ("propagationPolicy=Sideways", None, 422),
        ("", {"propagationPolicy": "Orphan", "orphanDependents": True}, 422),
        ("dryRun=Some", None, 422),
        ("gracePeriodSeconds=0", None, 200),
    ],
)
async def test_delete_options_are_checked(small: World, query: str, body: object, code: int) -> None:
    await small.make("a")
    assert (await small.ask("DELETE", f"{BOATS}/a?{query}", body)).code == code


async def test_finalizers_hold_an_object_until_the_last_is_taken(small: World) -> None:
    await small.make("f", metadata={"finalizers": ["example.com/x"]})
    held = (await small.ask("DELETE", f"{BOATS}/f")).json
    assert held["kind"] == "Boat"
    assert held["metadata"]["deletionTimestamp"] == "2026-11-23T18:49:39Z"
    assert (held["metadata"]["deletionGracePeriodSeconds"], held["metadata"]["generation"]) == (0, 2)
    assert (await small.ask("DELETE", f"{BOATS}/f")).json == held
    taken = await small.ask("POST", BOATS, {"metadata": {"name": "f"}})
    assert taken.message == 'object is being deleted: boats.harbour.test "f" already exists'
    more = {**held["metadata"], "finalizers": ["example.com/x", "example.com/y"]}
    assert (await small.ask("PUT", f"{BOATS}/f", {**held, "metadata": more})).code == 422
    none = {**held["metadata"], "finalizers": []}
    last = await small.ask("PUT", f"{BOATS}/f", {**held, "metadata": none})
    assert (last.code, last.json["kind"]) == (200, "Boat")
    assert (await small.ask("GET", f"{BOATS}/f")).code == 404


@pytest.mark.parametrize(
    ("query", "body", "finalizers"),
    [
        ("", {"propagationPolicy": "Orphan"}, ["orphan"]),
        ("", {"orphanDependents": True}, ["orphan"]),
        ("orphanDependents=true", None, ["orphan"]),
        ("propagationPolicy=Foreground", None, ["foregroundDeletion"]),
    ],
)
async def test_propagation_leaves_the_object_to_a_collector(
    small: World, query: str, body: object, finalizers: list[str]
) -> None:
    await small.make("a")
    answer = await small.ask("DELETE", f"{BOATS}/a?{query}", body)
    assert answer.json["metadata"]["finalizers"] == finalizers
    assert (await small.ask("DELETE", f"{BOATS}/a", {"propagationPolicy": "Background"})).json["kind"] == "Status"


async def test_a_deletion_that_loses_a_race_looks_again(small: World) -> None:
    made = await small.make("a")
    ask = Ask.internal(NOW)
    late = await small.boats.stage_update({**made, "spec": {"colour": "red"}}, ask)
    answers = await asyncio.gather(commit([late]), small.ask("DELETE", f"{BOATS}/a"))
    assert answers[1].code == 200
    assert small.boats.peek("north", "a") is None


async def test_many_are_deleted_by_selector_and_returned_as_they_were(small: World) -> None:
    for name, colour in (("a", "red"), ("b", "blue"), ("c", "red")):
        await small.make(name, spec={"colour": colour})
    answer = await small.ask("DELETE", f"{BOATS}?fieldSelector=spec.colour%3Dred")
    assert (answer.code, answer.json["kind"]) == (200, "BoatList")
    assert [item["metadata"]["name"] for item in answer.json["items"]] == ["a", "c"]
    assert [item["metadata"]["name"] for item in (await small.ask("GET", BOATS)).json["items"]] == ["b"]


@pytest.mark.parametrize(
    ("query", "body", "message"),
    [
        (
            "",
            {"propagationPolicy": "Sideways"},
            'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Unsupported value: "Sideways": '
            'supported values: "Foreground", "Background", "Orphan", "nil"',
        ),
        (
            "",
            {"propagationPolicy": "Orphan", "orphanDependents": True},
            'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Invalid value: "Orphan": '
            "orphanDependents and deletionPropagation cannot be both set",
        ),
        ("?gracePeriodSeconds=soon", None, 'strconv.ParseInt: parsing "soon": invalid syntax'),
        (
            "",
            [],
            "the object provided is unrecognized (must be of type DeleteOptions): couldn't get version/kind; "
            "json parse error: json: cannot unmarshal array into Go value of type struct { APIVersion string "
            '"json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" } (5b5d)',
        ),
    ],
)
async def test_options_of_a_deletion_are_refused_in_known_words(
    small: World, query: str, body: object, message: str
) -> None:
    await small.make("a")
    answer = await small.ask("DELETE", f"{BOATS}/a{query}", body)
    assert answer.message == message


async def test_an_object_without_generation_gets_none_by_waiting_for_its_finalizers(small: World) -> None:
    await small.ask("POST", PIERS, {"metadata": {"name": "p", "finalizers": ["example.com/x"]}})
    answer = await small.ask("DELETE", f"{PIERS}/p")
    assert answer.json["metadata"]["deletionGracePeriodSeconds"] == 0
    assert "generation" not in answer.json["metadata"]
