"""Patches: image-api contract, 16.7."""

from __future__ import annotations

import asyncio

import orjson
import pytest

from roadstead.apimachinery.patching import ATTEMPTS
from roadstead.base.values import Json
from tests.apimachinery.world import BOATS, PIERS, World

JSON, MERGE, STRATEGIC = (
    {"Content-Type": f"application/{name}+json"} for name in ("json-patch", "merge-patch", "strategic-merge-patch")
)


async def test_a_merge_patch_sets_and_removes(small: World) -> None:
    await small.make("a", metadata={"labels": {"x": "1"}})
    body = {"metadata": {"labels": {"x": None, "y": "2"}}, "spec": {"crew": 4}}
    answer = await small.ask("PATCH", f"{BOATS}/a", body, headers=MERGE)
    assert (answer.code, answer.json["metadata"]["labels"], answer.json["spec"]["crew"]) == (200, {"y": "2"}, 4)
    assert answer.json["metadata"]["generation"] == 2


async def test_a_json_patch_sees_what_the_client_sees(small: World) -> None:
    await small.make("a")
    steps = [
        {"op": "test", "path": "/status/address", "value": "north/a"},
        {"op": "add", "path": "/metadata/annotations", "value": {"k": "v"}},
    ]
    answer = await small.ask("PATCH", f"{BOATS}/a", steps, headers=JSON)
    assert (answer.code, answer.json["metadata"]["annotations"]) == (200, {"k": "v"})


async def test_a_strategic_patch_merges_lists_by_their_key(small: World) -> None:
    await small.make("a", spec={"parts": [{"name": "mast", "weight": 1}, {"name": "keel", "weight": 2}]})
    body = {"spec": {"parts": [{"name": "keel", "weight": 3}, {"name": "oar"}]}}
    answer = await small.ask("PATCH", f"{BOATS}/a", body, headers=STRATEGIC)
    parts = {each["name"]: each.get("weight") for each in answer.json["spec"]["parts"]}
    assert parts == {"mast": 1, "keel": 3, "oar": None}


@pytest.mark.parametrize(
    ("kind", "body", "code"),
    [
        (JSON, [{"op": "test", "path": "/spec/colour", "value": "no"}], 422),
        (JSON, [{"op": "remove", "path": ""}], 422),
        (JSON, [{"op": "replace", "path": "", "value": 7}], 422),
        (JSON, [{"op": "replace", "path": "/metadata", "value": 7}], 422),
        (JSON, {"op": "add"}, 400),
        (JSON, [7], 400),
        (MERGE, [], 400),
        (MERGE, b"{", 400),
        (MERGE, b"", 400),
        (STRATEGIC, b"7", 400),
        (MERGE, {"spec": {"crew": "many"}}, 422),
        (MERGE, {"spec": None}, 200),
        (MERGE, {"metadata": {"uid": "other"}}, 422),
        (MERGE, {"metadata": 5}, 422),
        (MERGE, {"metadata": {"namespace": None, "uid": None}}, 200),
        (MERGE, {"metadata": {"resourceVersion": None}}, 422),
        (MERGE, {"kind": "Pier"}, 422),
        (MERGE, {"kind": None}, 200),
        (MERGE, b"null", 400),
        (STRATEGIC, {"kind": "Pier", "apiVersion": "v9"}, 200),
        (STRATEGIC, b"null", 200),
        (MERGE, {"metadata": {"labels": {"a": "not a value"}}}, 422),
        (JSON, [{"op": "add", "path": "/metadata/labels", "value": {}}] * 10001, 413),
    ],
)
async def test_a_patch_that_cannot_be_applied_is_refused(small: World, kind: Json, body: object, code: int) -> None:
    await small.make("a")
    answer = await small.ask("PATCH", f"{BOATS}/a", body, headers=kind)
    assert (answer.code, small.faults) == (code, [])
    assert code == 200 or answer.json["kind"] == "Status"
    assert small.store.revision() == 1


async def test_the_refusal_of_a_json_patch_gives_no_details(small: World) -> None:
    await small.make("a")
    answer = await small.ask("PATCH", f"{BOATS}/a", [{"op": "remove", "path": "/x"}], headers=JSON)
    assert (answer.message, answer.json["reason"], answer.json["details"]) == (
        "the server rejected our request due to an error in our request",
        "Invalid",
        {},
    )


async def test_patching_what_is_not_there_is_not_found(small: World) -> None:
    answer = await small.ask("PATCH", f"{BOATS}/x", {}, headers=MERGE)
    assert (answer.code, answer.message) == (404, 'boats.harbour.test "x" not found')


async def test_an_empty_patch_changes_nothing(small: World) -> None:
    made = await small.make("a")
    assert (await small.ask("PATCH", f"{BOATS}/a", {}, headers=MERGE)).json == made


@pytest.mark.parametrize(("validation", "code"), [("Strict", 422), ("Warn", 200), ("Ignore", 200)])
async def test_unknown_fields_of_a_patch_follow_the_validation_asked_for(
    small: World, validation: str, code: int
) -> None:
    await small.make("a")
    answer = await small.ask("PATCH", f"{BOATS}/a?fieldValidation={validation}", {"spec": {"sail": 1}}, headers=MERGE)
    assert (answer.code, bool(answer.header("Warning"))) == (code, validation == "Warn")
    if code == 422:
        assert answer.message.startswith(' "" is invalid: patch: Invalid value: ')
        assert 'strict decoding error: unknown field "spec.sail"' in answer.message


async def test_patches_of_many_clients_all_take_effect(small: World) -> None:
    await small.make("a")
    bodies = [{"metadata": {"labels": {f"l{number}": "x"}}} for number in range(ATTEMPTS)]
    answers = await asyncio.gather(*(small.ask("PATCH", f"{BOATS}/a", body, headers=MERGE) for body in bodies))
    assert {answer.code for answer in answers} == {200}
    boat = small.boats.peek("north", "a")
    assert boat is not None
    assert len(boat["metadata"]["labels"]) == ATTEMPTS


async def test_a_patch_for_a_version_is_not_tried_on_another(small: World) -> None:
    await small.make("a")
    await small.ask("PATCH", f"{BOATS}/a", {"spec": {"crew": 1}}, headers=MERGE)
    stale = {"metadata": {"resourceVersion": "1"}, "spec": {"crew": 2}}
    answer = await small.ask("PATCH", f"{BOATS}/a", stale, headers=MERGE)
    assert (answer.code, answer.json["reason"]) == (409, "Conflict")
    steps = [{"op": "replace", "path": "/metadata/resourceVersion", "value": "1"}]
    assert (await small.ask("PATCH", f"{BOATS}/a", steps, headers=JSON)).code == 409


async def test_a_view_is_patched_by_its_own_get_and_update(small: World) -> None:
    await small.make("a", spec={"colour": "red"})
    url = "/apis/harbour.test/v1/namespaces/north/flags/a"
    answer = await small.ask("PATCH", url, {"colour": "blue"}, headers=MERGE)
    assert (answer.code, answer.json["colour"]) == (200, "blue")
    assert (await small.ask("GET", f"{BOATS}/a")).json["spec"]["colour"] == "blue"


async def test_an_update_of_a_view_may_create(small: World) -> None:
    url = "/apis/harbour.test/v1/namespaces/north/flags/new"
    answer = await small.ask("PUT", url, {"metadata": {"name": "new"}, "colour": "blue"})
    assert (answer.code, answer.json["metadata"]["name"]) == (201, "new")


async def test_a_body_that_lies_about_its_depth_is_refused(small: World) -> None:
    await small.make("a")
    deep = b'{"metadata":{"annotations":' + b"[" * 5000 + b"]" * 5000 + b"}}"
    assert (await small.ask("PATCH", f"{BOATS}/a", deep, headers=MERGE)).code == 400
    assert (await small.ask("POST", BOATS, deep)).code == 400
    assert orjson.loads((await small.ask("GET", BOATS)).body)["items"]


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({"name": "other"}, "the name of the object (other) does not match the name on the URL (a)"),
        (
            {"namespace": "other"},
            "the namespace of the provided object does not match the namespace sent on the request",
        ),
        ({"name": None}, "the name of the object (a based on URL) was undeterminable: name must be provided"),
        (None, "the name of the object (a based on URL) was undeterminable: name must be provided"),
    ],
)
async def test_a_patch_does_not_move_an_object(small: World, metadata: Json | None, message: str) -> None:
    await small.make("a")
    answer = await small.ask("PATCH", f"{BOATS}/a", {"metadata": metadata}, headers=MERGE)
    assert (answer.code, answer.message) == (400, message)


async def test_a_namespace_in_the_patch_of_a_cluster_scoped_object_is_nothing(small: World) -> None:
    await small.ask("POST", PIERS, {"metadata": {"name": "p"}})
    answer = await small.ask("PATCH", f"{PIERS}/p", {"metadata": {"namespace": "x"}}, headers=MERGE)
    assert (answer.code, "namespace" in answer.json["metadata"]) == (200, False)


@pytest.mark.parametrize(
    ("kind", "body", "why"),
    [
        (
            MERGE,
            b"[]",
            "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}",
        ),
        (STRATEGIC, b"5", "json: cannot unmarshal number into Go value of type map[string]interface {}"),
        (
            JSON,
            b"{}",
            "error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp",
        ),
        (
            JSON,
            b"[1]",
            "error decoding patch: json: cannot unmarshal number into Go value of type handlers.jsonPatchOp",
        ),
        (JSON, b"", "error decoding patch: unexpected end of JSON input"),
    ],
)
async def test_a_patch_that_is_none_is_told_why(small: World, kind: Json, body: bytes, why: str) -> None:
    await small.make("a")
    answer = await small.ask("PATCH", f"{BOATS}/a", body, headers=kind)
    assert (answer.code, answer.message) == (400, why)


async def test_fields_given_twice_in_a_patch_are_told(small: World) -> None:
    await small.make("a")
    twice = await small.ask("PATCH", f"{BOATS}/a", b'{"spec":{"crew":1,"crew":2,"sail":1}}', headers=MERGE)
    assert (twice.code, twice.json["spec"]["crew"]) == (200, 2)
    assert [value for name, value in twice.headers if name == "Warning"] == [
        '299 - "duplicate field \\"spec.crew\\""',
        '299 - "unknown field \\"spec.sail\\""',
    ]


async def test_what_means_nothing_in_a_json_patch_is_told(small: World) -> None:
    await small.make("a")
    step = b'[{"op":"add","op":"add","path":"/spec/crew","value":1,"because":"x"}]'
    answer = await small.ask("PATCH", f"{BOATS}/a?fieldValidation=Strict", step, headers=JSON)
    assert answer.code == 422
    told = 'strict decoding error: json patch unknown field "[0].because", json patch duplicate field "[0].op"'
    assert answer.message.endswith(told)


async def test_of_a_refused_merge_patch_is_shown_what_it_would_have_made(small: World) -> None:
    await small.make("a")
    answer = await small.ask("PATCH", f"{BOATS}/a", {"kind": "Pier"}, headers=MERGE)
    assert '\\"kind\\":\\"Pier\\"' in answer.message
    assert answer.message.endswith(
        'no kind "Pier" is registered for version "harbour.test/v1" in scheme '
        '"k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30"'
    )


async def test_a_strategic_patch_refused_is_shown_as_go_shows_a_map(small: World) -> None:
    await small.make("a")
    answer = await small.ask("PATCH", f"{BOATS}/a?fieldValidation=Strict", {"spec": {"sail": 1}}, headers=STRATEGIC)
    assert answer.message == (
        ' "" is invalid: patch: Invalid value: "map[spec:map[sail:1]]": '
        'strict decoding error: unknown field "spec.sail"'
    )


async def test_only_an_apply_patch_may_be_forced(small: World) -> None:
    await small.make("a")
    answer = await small.ask("PATCH", f"{BOATS}/a?force=true", {}, headers=MERGE)
    assert (answer.code, answer.message) == (
        422,
        'PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for non-apply patch',
    )


@pytest.mark.parametrize("kind", [MERGE, STRATEGIC])
async def test_a_long_patch_refused_is_shown_by_its_beginning(small: World, kind: Json) -> None:
    await small.make("a")
    answer = await small.ask("PATCH", f"{BOATS}/a", {"spec": {"crew": ["x" * 100_000]}}, headers=kind)
    assert answer.code == 422
    assert "xxx… (100" in answer.message
    assert len(answer.message) < 2048


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"metadata": {"labels": "x"}}, "cannot restore map from string"),
        ({"metadata": {"labels": {"a": 1}}}, "cannot convert int64 to string"),
        ({"metadata": {"finalizers": 1}}, "cannot restore slice from int64"),
        ({"metadata": {"generateName": []}}, "unrecognized type: string"),
    ],
)
async def test_wrong_types_after_a_strategic_merge_are_told_as_upstream_tells_them(
    small: World, body: Json, why: str
) -> None:
    await small.make("a")
    answer = await small.ask("PATCH", f"{BOATS}/a", body, headers=STRATEGIC)
    assert answer.code == 422
    assert answer.message.endswith(f": {why}")
