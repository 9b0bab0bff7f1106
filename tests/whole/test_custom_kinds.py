"""Custom kinds through the API door: a definition comes, serves, changes and goes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from roadstead.base.values import Json
from roadstead.base.web import request_for
from roadstead.controllers.custom_definitions import CustomDefinitions
from tests.whole.world import World, opened

DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
NAME = "boats.harbour.example.com"
BOATS = "/apis/harbour.example.com/v1/namespaces/shop/boats"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"

SCHEMA: Json = {
    "type": "object",
    "description": "Something that floats.",
    "properties": {
        "spec": {
            "type": "object",
            "required": ["colour"],
            "properties": {
                "colour": {"type": "string", "enum": ["red", "blue"]},
                "crew": {"type": "integer", "minimum": 0, "default": 2},
                "ports": {
                    "type": "array",
                    "items": {"type": "object", "properties": {"name": {"type": "string"}, "at": {"type": "integer"}}},
                    "x-kubernetes-list-type": "map",
                    "x-kubernetes-list-map-keys": ["name"],
                },
                "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
            },
        },
        "status": {"type": "object", "properties": {"crew": {"type": "integer"}, "selector": {"type": "string"}}},
    },
}
COLUMNS = [
    {"name": "Colour", "type": "string", "jsonPath": ".spec.colour"},
    {"name": "Crew", "type": "integer", "jsonPath": ".spec.crew", "priority": 1},
    {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"},
    {"name": "Nothing", "type": "string", "jsonPath": ".spec.nothing"},
]


def version(name: str = "v1", *, storage: bool = True, schema: Json = SCHEMA, **more: Any) -> Json:
    return {"name": name, "served": True, "storage": storage, "schema": {"openAPIV3Schema": schema}, **more}


def definition(*versions: Json, scope: str = "Namespaced", **names: Any) -> Json:
    told = {"plural": "boats", "kind": "Boat", **names}
    spec = {"group": "harbour.example.com", "scope": scope, "names": told, "versions": list(versions) or [version()]}
    return {"metadata": {"name": f"{told['plural']}.harbour.example.com"}, "spec": spec}


def boat(name: str = "b", **spec: Any) -> Json:
    return {"metadata": {"name": name}, "spec": {"colour": "red", **spec}}


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = await opened(tmp_path)
    await made.namespace("shop")
    yield made
    await made.app.close()


@pytest.fixture
async def boats(world: World) -> World:
    """The world with the definition of boats."""
    parts = {"status": {}, "scale": {"specReplicasPath": ".spec.crew", "statusReplicasPath": ".status.crew"}}
    await world.must("POST", DEFINITIONS, definition(version(additionalPrinterColumns=COLUMNS, subresources=parts)))
    return world


def conditions(crd: Json) -> dict[str, str]:
    return {each["type"]: each["status"] for each in crd["status"]["conditions"]}


async def test_a_definition_is_established_when_its_creation_is_answered(world: World) -> None:
    made = await world.must("POST", DEFINITIONS, definition())
    assert conditions(made) == {"NamesAccepted": "True", "Established": "True"}
    assert made["status"]["acceptedNames"]["listKind"] == "BoatList"
    assert made["status"]["storedVersions"] == ["v1"]
    assert (await world.must("GET", BOATS))["kind"] == "BoatList"


async def test_it_is_discovered_and_described_at_once(boats: World) -> None:
    listed = await boats.must("GET", "/apis/harbour.example.com/v1")
    assert [each["name"] for each in listed["resources"]] == ["boats", "boats/scale", "boats/status"]
    document = await boats.must("GET", "/openapi/v3/apis/harbour.example.com/v1")
    told = document["components"]["schemas"]["com.example.harbour.v1.Boat"]
    assert told["description"] == "Something that floats."
    assert told["properties"]["spec"]["properties"]["crew"]["default"] == 2
    item = document["paths"]["/apis/harbour.example.com/v1/namespaces/{namespace}/boats/{name}"]
    assert "application/strategic-merge-patch+json" not in item["patch"]["requestBody"]["content"]
    assert "com.example.harbour.v1.Boat" in (await boats.must("GET", "/openapi/v2"))["definitions"]


async def test_objects_are_filled_pruned_and_counted(boats: World) -> None:
    made = await boats.must("POST", BOATS, boat(stray=1, free={"anything": 1}))
    assert made["spec"] == {"colour": "red", "crew": 2, "free": {"anything": 1}}
    assert made["metadata"]["generation"] == 1
    made["spec"]["crew"] = 0
    changed = await boats.must("PUT", f"{BOATS}/b", made)
    assert (changed["spec"]["crew"], changed["metadata"]["generation"]) == (0, 2)


async def test_unknown_fields_are_refused_where_that_is_asked_for(boats: World) -> None:
    sent = boat(ports=[{"name": "a", "depth": 3}])
    code, found = await boats.api("POST", f"{BOATS}?fieldValidation=Strict", sent)
    assert code == 400
    assert 'unknown field "spec.ports[0].depth"' in found["message"]


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"colour": "green"}, 'spec.colour: Unsupported value: "green": supported values: "red", "blue"'),
        ({"crew": -1}, "spec.crew in body should be greater than or equal to 0"),
        ({"crew": "two"}, 'spec.crew in body must be of type integer: "string"'),
        ({"ports": "all"}, 'spec.ports in body must be of type array: "string"'),
        ({"ports": [{"name": "a"}, {"name": "a"}]}, "spec.ports[1]: Duplicate value"),
    ],
)
async def test_objects_that_break_their_schema_are_refused(boats: World, spec: Json, message: str) -> None:
    code, found = await boats.api("POST", BOATS, boat(**spec))
    assert (code, found["reason"]) == (422, "Invalid")
    assert message in found["message"]


async def test_wrong_metadata_of_an_object_is_refused(boats: World) -> None:
    assert (await boats.api("POST", BOATS, {"metadata": {"name": 1}, "spec": {"colour": "red"}}))[0] == 400
    assert (await boats.api("POST", BOATS, {"metadata": "b"}))[0] == 400


async def test_the_status_has_a_path_of_its_own(boats: World) -> None:
    made = await boats.must("POST", BOATS, {**boat(), "status": {"crew": 9}})
    assert "status" not in made
    made["status"] = {"crew": 1}
    done = await boats.must("PUT", f"{BOATS}/b/status", {**made, "spec": {"colour": "blue"}})
    assert (done["status"], done["spec"]["colour"]) == ({"crew": 1}, "red")
    code, found = await boats.api("PUT", f"{BOATS}/b/status", {**done, "status": {"crew": "x"}})
    assert (code, found["reason"]) == (422, "Invalid")


async def test_the_number_of_a_boat_is_scaled(boats: World) -> None:
    await boats.must("POST", BOATS, boat())
    scale = await boats.must("GET", f"{BOATS}/b/scale")
    assert (scale["spec"], scale["status"]) == ({"replicas": 2}, {"replicas": 0})
    scale["spec"]["replicas"] = 5
    await boats.must("PUT", f"{BOATS}/b/scale", scale)
    assert (await boats.must("GET", f"{BOATS}/b"))["spec"]["crew"] == 5


async def test_columns_follow_their_paths(boats: World) -> None:
    await boats.must("POST", BOATS, boat())
    found = await boats.must("GET", BOATS, Accept=TABLE)
    assert [each["name"] for each in found["columnDefinitions"]] == ["Name", "Colour", "Crew", "Age", "Nothing"]
    name, colour, crew, age, nothing = found["rows"][0]["cells"]
    assert (name, colour, crew, nothing) == ("b", "red", 2, None)
    assert age.endswith("s")


async def test_strategic_merge_patches_are_not_for_custom_kinds(boats: World) -> None:
    await boats.must("POST", BOATS, boat())
    kind = {"Content_Type": "application/strategic-merge-patch+json"}
    assert (await boats.api("PATCH", f"{BOATS}/b", {"spec": {"crew": 1}}, **kind))[0] == 415


async def test_a_second_version_shows_the_same_objects(boats: World) -> None:
    loose = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    crd = await boats.must("GET", f"{DEFINITIONS}/{NAME}")
    crd["spec"]["versions"].append(version("v2beta1", storage=False, schema=loose, deprecated=True))
    await boats.must("PUT", f"{DEFINITIONS}/{NAME}", crd)
    await boats.must("POST", BOATS, boat())
    other = await boats.must("GET", BOATS.replace("v1", "v2beta1") + "/b")
    assert (other["apiVersion"], other["spec"]["colour"]) == ("harbour.example.com/v2beta1", "red")
    group = await boats.must("GET", "/apis/harbour.example.com")
    assert group["preferredVersion"]["version"] == "v1"


async def test_a_version_that_objects_are_stored_in_cannot_go(boats: World) -> None:
    crd = await boats.must("GET", f"{DEFINITIONS}/{NAME}")
    crd["spec"]["versions"] = [version("v2")]
    code, found = await boats.api("PUT", f"{DEFINITIONS}/{NAME}", crd)
    assert code == 422
    assert 'status.storedVersions[0]: Invalid value: "v1": must appear in spec.versions' in found["message"]


@pytest.mark.parametrize("field", ["group", "scope"])
async def test_group_and_scope_stay(boats: World, field: str) -> None:
    crd = await boats.must("GET", f"{DEFINITIONS}/{NAME}")
    crd["spec"][field] = {"group": "yard.example.com", "scope": "Cluster"}[field]
    code, found = await boats.api("PUT", f"{DEFINITIONS}/{NAME}", crd)
    assert code == 422
    assert "field is immutable" in found["message"]


async def test_a_status_that_others_write_changes_no_names(boats: World) -> None:
    crd = await boats.must("GET", f"{DEFINITIONS}/{NAME}")
    crd["status"] = {"storedVersions": ["v1"], "acceptedNames": {"plural": "x", "kind": "X"}, "conditions": []}
    done = await boats.must("PUT", f"{DEFINITIONS}/{NAME}/status", crd)
    assert conditions(done)["Established"] == "True"
    crd = {**done, "status": {"storedVersions": []}}
    assert (await boats.api("PUT", f"{DEFINITIONS}/{NAME}/status", crd))[0] == 422


BAD: list[tuple[Json, str]] = [
    (definition(version(schema={"type": "string"})), "must be object at the root"),
    (definition(version(), version()), "spec.versions[1].name: Duplicate value"),
    (definition(version(storage=False)), "exactly one version marked as storage version"),
    (definition(plural="Boats"), "spec.names.plural"),
    (definition(kind="boat"), "must be a word that starts with a capital"),
    (definition(scope="Everywhere"), "spec.scope: Unsupported value"),
    ({**definition(), "metadata": {"name": "ships.harbour.example.com"}}, 'must be spec.names.plural+"."+spec.group'),
    (definition(version(additionalPrinterColumns=[{"name": "x", "type": "date", "jsonPath": "x"}])), "cannot be read"),
    (
        definition(version(subresources={"scale": {"specReplicasPath": ".x", "statusReplicasPath": ".status.x"}})),
        "should be a json path under .spec",
    ),
    (
        definition(version(selectableFields=[{"jsonPath": ".spec.list[0]"}])),
        "must be a field outside metadata, not inside a list",
    ),
    (
        definition(version(schema={"type": "object", "properties": {"p": {"type": "string", "pattern": "(a"}}})),
        "must be a valid regular expression",
    ),
    (
        definition(version(schema={"type": "object", "properties": {"p": {"type": "string", "default": 1}}})),
        "p].default: Invalid value",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("crd", "message"), BAD)
async def test_a_definition_that_makes_no_sense_is_refused(world: World, crd: Json, message: str) -> None:
    code, found = await world.api("POST", DEFINITIONS, crd)
    assert (code, found["reason"]) == (422, "Invalid")
    assert message in found["message"]


async def test_a_definition_in_a_group_of_kubernetes_needs_an_approval(world: World) -> None:
    crd = definition()
    crd["spec"]["group"], crd["metadata"]["name"] = "apps.k8s.io", "boats.apps.k8s.io"
    assert "must have approval annotation" in (await world.api("POST", DEFINITIONS, crd))[1]["message"]


async def test_names_that_are_taken_are_not_given_twice(boats: World) -> None:
    taken = definition(plural="ships", kind="Ship", shortNames=["boat"])
    made = await boats.must("POST", DEFINITIONS, taken)
    assert conditions(made) == {"NamesAccepted": "False", "Established": "False"}
    assert (await boats.api("GET", BOATS.replace("boats", "ships")))[0] == 404


async def test_a_kind_of_ours_is_not_replaced(world: World) -> None:
    crd = definition(plural="imagestreams", kind="Stream")
    crd["spec"]["group"], crd["metadata"]["name"] = "image.openshift.io", "imagestreams.image.openshift.io"
    made = await world.must("POST", DEFINITIONS, crd)
    assert made["status"]["conditions"][0]["message"] == '"imagestreams" is already in use'
    listed = await world.must("GET", "/apis/image.openshift.io/v1/namespaces/shop/imagestreams")
    assert listed["kind"] == "ImageStreamList"


async def test_a_definition_that_goes_takes_its_objects_along(boats: World) -> None:
    await boats.must("POST", BOATS, boat())
    left = await boats.must("DELETE", f"{DEFINITIONS}/{NAME}")
    assert left["metadata"]["deletionTimestamp"]
    code, found = await boats.api("POST", BOATS, boat("c"))
    assert (code, found["message"]) == (405, "create not allowed while custom resource definition is terminating")
    await CustomDefinitions(boats.app.kinds.custom).reconcile(("", NAME))
    assert (await boats.api("GET", f"{DEFINITIONS}/{NAME}"))[0] == 404
    assert (await boats.api("GET", BOATS))[0] == 404
    await boats.must("POST", DEFINITIONS, definition())
    assert (await boats.must("GET", BOATS))["items"] == []


async def test_a_definition_waits_for_objects_with_finalizers(boats: World) -> None:
    held = boat()
    held["metadata"]["finalizers"] = ["example.com/hold"]
    made = await boats.must("POST", BOATS, held)
    await boats.must("DELETE", f"{DEFINITIONS}/{NAME}")
    controller = CustomDefinitions(boats.app.kinds.custom)
    assert await controller.reconcile(("", NAME)) is not None
    assert conditions(await boats.must("GET", f"{DEFINITIONS}/{NAME}"))["Terminating"] == "True"
    made = await boats.must("GET", f"{BOATS}/b")
    made["metadata"]["finalizers"] = []
    await boats.must("PUT", f"{BOATS}/b", made)
    assert await controller.reconcile(("", NAME)) is None
    assert (await boats.api("GET", f"{DEFINITIONS}/{NAME}"))[0] == 404


async def test_a_namespace_takes_its_custom_objects_along(boats: World) -> None:
    await boats.must("POST", BOATS, boat())
    await boats.must("DELETE", "/api/v1/namespaces/shop")
    for _ in range(50):
        if not (await boats.must("GET", "/apis/harbour.example.com/v1/boats"))["items"]:
            return
        await asyncio.sleep(0.02)
    raise AssertionError("the boat is still there")


async def test_definitions_serve_after_a_restart(boats: World, tmp_path: Path) -> None:
    await boats.must("POST", BOATS, boat())
    await boats.app.close()
    again = await opened(tmp_path)
    assert [each["metadata"]["name"] for each in (await again.must("GET", BOATS))["items"]] == ["b"]
    await again.app.close()


async def test_whoever_writes_cel_rules_is_told_that_nobody_evaluates_them(world: World) -> None:
    schema = {**SCHEMA, "x-kubernetes-validations": [{"rule": "self.spec.crew < 3"}]}
    reply = await world.reply("POST", DEFINITIONS, definition(version(schema=schema)))
    headers = reply.headers.items() if isinstance(reply.headers, dict) else reply.headers
    assert any(name == "Warning" and "does not evaluate" in value for name, value in headers)


@pytest.mark.parametrize(
    ("body", "code", "reason"),
    [
        (b'{"metadata":{"name":"b"},"spec":{"free":"' + b"x" * 10_000_000 + b'"}}', 413, "RequestEntityTooLarge"),
        (b'{"metadata":{"name":"b"},"spec":' + b'{"free":' * 200 + b"1" + b"}" * 201, 400, "BadRequest"),
        (b'{"metadata":{"name":"b"},"spec":{"ports":' + b"[" * 5000 + b"]" * 5000 + b"}}", 400, "BadRequest"),
    ],
)
async def test_objects_too_large_or_too_deep_are_refused(boats: World, body: bytes, code: int, reason: str) -> None:
    headers = {"Authorization": f"Bearer {boats.admin}", "Content-Type": "application/json"}
    reply = await boats.app.api(request_for("POST", BOATS, headers=headers, body=body))
    assert isinstance(reply.body, bytes)
    assert (reply.status, orjson.loads(reply.body)["reason"]) == (code, reason)


async def test_a_schema_too_deep_is_refused(world: World) -> None:
    schema: Json = {"type": "string"}
    for _ in range(60):
        schema = {"type": "object", "properties": {"p": schema}}
    code, found = await world.api("POST", DEFINITIONS, definition(version(schema=schema)))
    assert (code, "max depth" in found["message"]) == (400, True)


async def test_a_schema_may_say_what_names_are(world: World) -> None:
    metadata = {"type": "object", "properties": {"name": {"type": "string", "pattern": "^b"}}}
    schema = {**SCHEMA, "properties": {**SCHEMA["properties"], "metadata": metadata}}
    await world.must("POST", DEFINITIONS, definition(version(schema=schema)))
    await world.must("POST", BOATS, boat("b"))
    code, found = await world.api("POST", BOATS, boat("c"))
    assert (code, "metadata.name in body should match '^b'" in found["message"]) == (422, True)


async def test_objects_are_selected_by_the_fields_a_definition_names(world: World) -> None:
    fields = [{"jsonPath": ".spec.colour"}]
    await world.must("POST", DEFINITIONS, definition(version(selectableFields=fields)))
    await world.must("POST", BOATS, boat("b"))
    await world.must("POST", BOATS, {"metadata": {"name": "c"}, "spec": {"colour": "blue"}})
    found = await world.must("GET", f"{BOATS}?fieldSelector=spec.colour=blue")
    assert [each["metadata"]["name"] for each in found["items"]] == ["c"]
    assert (await world.api("GET", f"{BOATS}?fieldSelector=spec.crew=2"))[0] == 400


async def test_a_watch_ends_when_the_definition_goes(boats: World) -> None:
    await boats.must("POST", BOATS, boat())
    reply = await boats.reply("GET", f"{BOATS}?watch=true")
    assert not isinstance(reply.body, bytes)
    lines = aiter(reply.body)  # type: ignore[arg-type]
    assert orjson.loads(await anext(lines))["type"] == "ADDED"
    waiting = asyncio.ensure_future(anext(lines))
    await asyncio.sleep(0)
    await boats.must("DELETE", f"{DEFINITIONS}/{NAME}")
    await CustomDefinitions(boats.app.kinds.custom).reconcile(("", NAME))
    assert orjson.loads(await waiting)["type"] == "DELETED"
    assert [line async for line in lines] == []


async def test_a_name_that_became_free_is_given_to_who_waits_for_it(boats: World) -> None:
    await boats.must("POST", DEFINITIONS, definition(plural="ships", kind="Ship", shortNames=["boat"]))
    await boats.must("DELETE", f"{DEFINITIONS}/{NAME}")
    controller = CustomDefinitions(boats.app.kinds.custom)
    for name in (NAME, "ships.harbour.example.com"):
        await controller.reconcile(("", name))
    made = await boats.must("GET", f"{DEFINITIONS}/ships.harbour.example.com")
    assert conditions(made) == {"NamesAccepted": "True", "Established": "True"}
    assert (await boats.must("GET", BOATS.replace("boats", "ships")))["kind"] == "ShipList"


async def test_quotas_bound_objects_of_custom_kinds_too(boats: World) -> None:
    name = f"count/{NAME}"
    quota = {"metadata": {"name": "q"}, "spec": {"hard": {name: "1"}}}
    await boats.must("POST", "/api/v1/namespaces/shop/resourcequotas", quota)
    await boats.must("POST", BOATS, boat("one", colour="red"))
    code, refused = await boats.api("POST", BOATS, boat("two", colour="red"))
    assert code == 403
    assert f"exceeded quota: q, requested: {name}=1, used: {name}=1, limited: {name}=1" in refused["message"]
    await boats.must("DELETE", f"{BOATS}/one")
    await boats.must("POST", BOATS, boat("two", colour="red"))
