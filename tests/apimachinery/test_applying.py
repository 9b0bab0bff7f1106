"""Server-side apply and managedFields, through the door."""

from __future__ import annotations

from typing import Any

import pytest

from roadstead.base.values import Json
from tests.apimachinery.world import BOATS, PIERS, Answer, World

APPLY = {"Content-Type": "application/apply-patch+yaml"}


def boat(name: str = "a", **spec: Any) -> Json:
    return {"apiVersion": "harbour.test/v1", "kind": "Boat", "metadata": {"name": name}, "spec": spec}


async def apply(small: World, config: Json, manager: str = "m1", query: str = "", url: str = f"{BOATS}/a") -> Answer:
    return await small.ask("PATCH", f"{url}?fieldManager={manager}{query}", config, headers=APPLY)


def entries(answer: Answer) -> list[tuple[str, str, Json]]:
    return [
        (each["manager"], each["operation"], each["fieldsV1"])
        for each in answer.json["metadata"].get("managedFields", [])
    ]


async def test_applying_what_is_not_there_makes_it(small: World) -> None:
    answer = await apply(small, boat(colour="red"))
    assert answer.code == 201
    assert answer.json["spec"] == {"colour": "red"}
    assert answer.json["metadata"]["managedFields"] == [
        {
            "manager": "m1",
            "operation": "Apply",
            "apiVersion": "harbour.test/v1",
            "time": "2026-11-23T18:49:39Z",
            "fieldsType": "FieldsV1",
            "fieldsV1": {"f:spec": {"f:colour": {}}},
        }
    ]


async def test_making_something_by_apply_takes_the_right_to_create_it(small: World) -> None:
    small.gate.allow = lambda wanted: wanted.verb != "create"
    answer = await apply(small, boat(colour="red"))
    assert (answer.code, answer.json["reason"]) == (403, "Forbidden")
    assert 'cannot create resource "boats"' in answer.message


async def test_applying_the_same_again_changes_nothing(small: World) -> None:
    first = await apply(small, boat(colour="red", parts=[{"name": "mast"}]))
    again = await apply(small, boat(colour="red", parts=[{"name": "mast"}]))
    assert (again.code, again.json) == (200, first.json)


async def test_fields_of_others_are_in_conflict_until_forced(small: World) -> None:
    await apply(small, boat(parts=[{"name": "mast", "weight": 1}]))
    refused = await apply(small, boat(parts=[{"name": "mast", "weight": 2}]), "m2")
    assert (refused.code, refused.message) == (
        409,
        'Apply failed with 1 conflict: conflict with "m1": .spec.parts[name="mast"].weight',
    )
    forced = await apply(small, boat(parts=[{"name": "mast", "weight": 2}]), "m2", "&force=true")
    assert forced.json["spec"]["parts"] == [{"name": "mast", "weight": 2}]
    mine: Json = {".": {}, "f:name": {}}
    assert entries(forced) == [
        ("m1", "Apply", {"f:spec": {"f:parts": {'k:{"name":"mast"}': mine}}}),
        ("m2", "Apply", {"f:spec": {"f:parts": {'k:{"name":"mast"}': {**mine, "f:weight": {}}}}}),
    ]


async def test_what_is_left_out_goes(small: World) -> None:
    await apply(small, boat(colour="red", crew=4, parts=[{"name": "mast"}, {"name": "oar"}]))
    answer = await apply(small, boat(colour="red", parts=[{"name": "oar"}]))
    assert answer.json["spec"] == {"colour": "red", "parts": [{"name": "oar"}]}


async def test_the_only_label_is_left_out_and_goes(small: World) -> None:
    labelled = {**boat(colour="red"), "metadata": {"name": "a", "labels": {"tier": "front"}}}
    first = await apply(small, labelled)
    answer = await apply(small, boat(colour="red"))
    assert (answer.code, answer.json["metadata"]["uid"]) == (200, first.json["metadata"]["uid"])
    assert "labels" not in answer.json["metadata"]


async def test_a_dry_run_shows_the_result_and_keeps_nothing(small: World) -> None:
    await apply(small, boat(colour="red"))
    answer = await apply(small, boat(colour="blue"), query="&dryRun=All")
    assert answer.json["spec"]["colour"] == "blue"
    assert (await small.ask("GET", f"{BOATS}/a")).json["spec"]["colour"] == "red"


async def test_plain_writes_are_written_down_by_manager(small: World) -> None:
    await small.ask("POST", f"{BOATS}?fieldManager=maker", boat(colour="red"))
    patched = await small.ask(
        "PATCH",
        f"{BOATS}/a",
        {"spec": {"crew": 3}},
        headers={"Content-Type": "application/merge-patch+json", "User-Agent": "tool/1.0 (linux)"},
    )
    assert entries(patched) == [
        ("maker", "Update", {"f:spec": {"f:colour": {}}}),
        ("tool", "Update", {"f:spec": {"f:crew": {}}}),
    ]


async def test_a_write_that_changes_nothing_changes_no_manager_and_no_revision(small: World) -> None:
    made = await small.make("a", spec={"colour": "red"})
    again = await small.ask("PUT", f"{BOATS}/a?fieldManager=other", made)
    assert again.json == made


async def test_status_is_managed_apart(small: World) -> None:
    await apply(small, boat(colour="red"))
    status = {**boat(), "status": {"berth": "7"}}
    status.pop("spec")
    answer = await apply(small, status, "keeper", url=f"{BOATS}/a/status")
    assert answer.json["status"]["berth"] == "7"
    assert entries(answer)[0] == ("keeper", "Apply", {"f:status": {"f:berth": {}}})
    assert answer.json["metadata"]["managedFields"][0]["subresource"] == "status"
    assert answer.json["spec"] == {"colour": "red"}


@pytest.mark.parametrize("reset", [[], [{}]])
async def test_clients_may_have_the_managers_forgotten(small: World, reset: list[Json]) -> None:
    made = await small.make("a")
    made["metadata"]["managedFields"] = reset
    answer = await small.ask("PUT", f"{BOATS}/a", made)
    assert "managedFields" not in answer.json["metadata"]
    first = await apply(small, boat(crew=2))
    assert [name for name, _, _ in entries(first)] == ["m1", "before-first-apply"]


async def test_clients_may_rewrite_the_managers(small: World) -> None:
    made = await small.make("a", spec={"colour": "red"})
    entry = {**made["metadata"]["managedFields"][0], "manager": "renamed"}
    change = [
        {"op": "replace", "path": "/metadata/managedFields", "value": [entry]},
        {"op": "replace", "path": "/metadata/resourceVersion", "value": made["metadata"]["resourceVersion"]},
    ]
    json_patch = {"Content-Type": "application/json-patch+json"}
    answer = await small.ask("PATCH", f"{BOATS}/a", change, headers=json_patch)
    assert [name for name, _, _ in entries(answer)] == ["renamed"]


JUNK: list[list[Json]] = [[{"manager": "m"}], [{"operation": "Apply", "fieldsType": "FieldsV1", "fieldsV1": 7}]]


@pytest.mark.parametrize("junk", JUNK)
async def test_managers_that_cannot_be_read_count_as_not_sent(small: World, junk: list[Json]) -> None:
    made = await small.make("a")
    answer = await small.ask("PUT", f"{BOATS}/a", {**made, "metadata": {**made["metadata"], "managedFields": junk}})
    assert answer.json == made


async def test_an_applier_says_who_it_is(small: World) -> None:
    answer = await small.ask("PATCH", f"{BOATS}/a", boat(), headers=APPLY)
    assert (answer.code, answer.message) == (
        422,
        'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
    )


@pytest.mark.parametrize(
    ("change", "code", "message"),
    [
        ({"apiVersion": "v1"}, 400, "invalid object type: /v1, Kind=Boat"),
        ({"kind": "Ship"}, 400, "invalid object type: harbour.test/v1, Kind=Ship"),
        ({"metadata": 5}, 400, "metadata of an object is an object, not number"),
        ({"metadata": {"name": "b"}}, 400, "the name of the object (b) does not match the name on the URL (a)"),
        ({"metadata": {"name": "a", "managedFields": []}}, 400, "metadata.managedFields must be nil"),
        ({"mast": 1}, 500, "failed to create typed patch object (/a; harbour.test/v1, Kind=Boat): .mast: "
         "field not declared in schema"),
        ({"metadata": {"name": "a", "uid": "x"}}, 409, 'Operation cannot be fulfilled on boats.harbour.test "a": uid '
         "mismatch: the provided object specified uid x, and no existing object was found"),
    ],
)  # fmt: skip
async def test_a_configuration_that_does_not_fit_is_refused(
    small: World, change: Json, code: int, message: str
) -> None:
    answer = await apply(small, {**boat(), **change})
    assert (answer.code, answer.message) == (code, message)


@pytest.mark.parametrize("body", [b"[]", b"a: b: c", b"&a [*a]", b"\xff", b"metadata: 7\n"])
async def test_a_configuration_that_is_none_is_refused(small: World, body: bytes) -> None:
    answer = await small.ask("PATCH", f"{BOATS}/a?fieldManager=m", body, headers=APPLY)
    assert answer.code == 400


async def test_yaml_with_a_field_given_twice_is_told_or_refused(small: World) -> None:
    text = b"apiVersion: harbour.test/v1\nkind: Boat\nmetadata:\n  name: a\nspec:\n  crew: 1\n  crew: 2\n"
    url = f"{BOATS}/a?fieldManager=m"
    refused = await small.ask("PATCH", f"{url}&fieldValidation=Strict", text, headers=APPLY)
    assert (refused.code, 'duplicate field "spec.crew"' in refused.message) == (400, True)
    warned = await small.ask("PATCH", url, text, headers=APPLY)
    assert (warned.code, warned.header("Warning")) == (201, '299 - "duplicate field \\"spec.crew\\""')


async def test_an_apply_with_an_old_revision_is_refused(small: World) -> None:
    made = await apply(small, boat(crew=1))
    await apply(small, boat(crew=2))
    stale = boat(crew=3)
    stale["metadata"]["resourceVersion"] = made.json["metadata"]["resourceVersion"]
    answer = await apply(small, stale)
    assert (answer.code, "the object has been modified" in answer.message) == (409, True)


async def test_cluster_scoped_kinds_are_applied_too(small: World) -> None:
    pier = {"apiVersion": "harbour.test/v1", "kind": "Pier", "metadata": {"name": "p", "labels": {"a": "b"}}}
    assert (await apply(small, pier, url=f"{PIERS}/p")).code == 201
    assert (await apply(small, {**pier, "metadata": {"name": "p"}}, url=f"{PIERS}/p")).json["metadata"].get(
        "labels"
    ) is None


async def test_a_view_is_applied_to_without_keeping_managers(small: World) -> None:
    flags = BOATS.replace("boats", "flags")
    flag = {"apiVersion": "harbour.test/v1", "kind": "Flag", "metadata": {"name": "a"}, "colour": "red"}
    made = await apply(small, flag, url=f"{flags}/a")
    assert (made.code, made.json["colour"]) == (201, "red")
    changed = await apply(small, {**flag, "colour": "blue"}, url=f"{flags}/a")
    assert (changed.code, changed.json["colour"], "managedFields" in changed.json["metadata"]) == (200, "blue", False)


async def test_too_many_fields_are_not_tracked_and_not_applied(small: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("roadstead.kube.managers.MOST_PATHS", 20)
    parts = [{"name": f"p{number}"} for number in range(20)]
    assert (await apply(small, boat(parts=parts))).code == 413
    assert "managedFields" not in (await small.make("b", spec={"parts": parts}))["metadata"]
