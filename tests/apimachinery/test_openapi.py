"""OpenAPI as clients fetch it: image-api contract, 16.3."""

from __future__ import annotations

import orjson
import pytest

from roadstead.apimachinery.collection import Collection
from roadstead.apimachinery.openapi import OpenApi
from roadstead.apimachinery.resource import Resource
from roadstead.base.values import Json
from roadstead.kube.openapi import GVK
from roadstead.objects.store import Store
from tests.apimachinery.world import BOAT, PIER, World

PROTOBUF = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"
HARBOUR = "/openapi/v3/apis/harbour.test/v1"
BOAT_KIND = {"group": "harbour.test", "version": "v1", "kind": "Boat"}
BOAT_PATH = "/apis/harbour.test/v1/namespaces/{namespace}/boats/{name}"


async def harbour(small: World) -> Json:
    return (await small.ask("GET", HARBOUR)).json


async def test_the_index_names_every_group_version_and_its_hash(small: World) -> None:
    paths = (await small.ask("GET", "/openapi/v3")).json["paths"]
    assert list(paths) == ["apis/harbour.test/v1"]
    place = paths["apis/harbour.test/v1"]["serverRelativeURL"]
    assert place.startswith(f"{HARBOUR}?hash=")
    answer = await small.ask("GET", place)
    assert (answer.code, answer.header("Cache-Control")) == (200, "public, immutable")


async def test_a_document_without_its_hash_in_the_url_is_not_kept(small: World) -> None:
    assert (await small.ask("GET", HARBOUR)).header("Cache-Control") == "no-cache, private"


async def test_a_document_of_an_old_hash_has_moved(small: World) -> None:
    answer = await small.ask("GET", f"{HARBOUR}?hash=OLD")
    assert answer.code == 301
    assert answer.header("Location").startswith(f"{HARBOUR}?hash=")


@pytest.mark.parametrize("path", [HARBOUR, "/openapi/v2"])
async def test_who_has_the_document_is_told_so(small: World, path: str) -> None:
    etag = (await small.ask("GET", path)).header("ETag")
    again = await small.ask("GET", path, headers={"If-None-Match": etag})
    assert (again.code, again.body) == (304, b"")


async def test_a_kind_is_described_by_the_shape_that_checks_it(small: World) -> None:
    schemas = (await harbour(small))["components"]["schemas"]
    boat = next(schema for schema in schemas.values() if BOAT_KIND in schema.get(GVK, []))
    assert list(boat["properties"]) == ["kind", "apiVersion", "metadata", "spec", "status"]
    spec = schemas["test.harbour.v1.BoatSpec"]["properties"]
    assert spec["parts"]["x-kubernetes-list-map-keys"] == ["name"]
    assert spec["colour"] == {"type": "string", "default": "white"}


async def test_every_reference_leads_somewhere(small: World) -> None:
    document = await harbour(small)
    for name in references(document, "#/components/schemas/"):
        assert name in document["components"]["schemas"]
    second = (await small.ask("GET", "/openapi/v2")).json
    for name in references(second, "#/definitions/"):
        assert name in second["definitions"]


def references(value: object, prefix: str) -> list[str]:
    if isinstance(value, list):
        return [name for each in value for name in references(each, prefix)]
    if not isinstance(value, dict):
        return []
    own = value.get("$ref")
    found = [own.removeprefix(prefix)] if isinstance(own, str) and own.startswith(prefix) else []
    return found + [name for each in value.values() for name in references(each, prefix)]


async def test_a_patch_says_what_clients_look_for_before_they_leave_checking_to_the_server(small: World) -> None:
    patch = (await harbour(small))["paths"][BOAT_PATH]["patch"]
    assert patch[GVK] == BOAT_KIND
    assert "fieldValidation" in [each["name"] for each in patch["parameters"]]
    assert "application/strategic-merge-patch+json" in patch["requestBody"]["content"]


async def test_only_the_verbs_that_are_served_are_told(small: World) -> None:
    paths = (await harbour(small))["paths"]
    assert [name for name in paths["/apis/harbour.test/v1/namespaces/{namespace}/signals"]] == ["parameters", "post"]
    assert "get" in paths[f"{BOAT_PATH}/log"]
    assert "post" not in paths["/apis/harbour.test/v1/boats"]


async def test_old_clients_get_protobuf_and_everybody_else_json(small: World) -> None:
    answer = await small.ask("GET", "/openapi/v2", headers={"Accept": PROTOBUF})
    assert answer.header("Content-Type") == PROTOBUF.replace("@", ".")
    assert answer.body.startswith(b"\x0a\x032.0")
    for accept in ("application/json", "*/*", f"application/json, {PROTOBUF};q=0.5"):
        told = await small.ask("GET", "/openapi/v2", headers={"Accept": accept})
        assert told.json["swagger"] == "2.0"


@pytest.mark.parametrize("path", ["/openapi/v2", "/openapi/v3", HARBOUR])
async def test_a_form_nobody_makes_is_not_acceptable(small: World, path: str) -> None:
    assert (await small.ask("GET", path, headers={"Accept": "text/html"})).code == 406


@pytest.mark.parametrize("path", ["/openapi", "/openapi/v4", "/openapi/v3/apis/nobody.test/v1", "/openapi/v2/x"])
async def test_nothing_is_found_elsewhere(small: World, path: str) -> None:
    assert (await small.ask("GET", path)).code == 404


def test_documents_of_groups_that_did_not_change_are_not_made_again() -> None:
    other = Resource("yard.test", "v1", "cranes", "crane", "Crane", namespaced=True)
    before = OpenApi([BOAT, PIER])
    after = OpenApi([BOAT, PIER, other], before)
    assert after.groups["apis/harbour.test/v1"] is before.groups["apis/harbour.test/v1"]
    assert OpenApi([BOAT], before).groups["apis/harbour.test/v1"] is not before.groups["apis/harbour.test/v1"]


def test_a_list_that_is_answered_with_a_status_promises_no_items() -> None:
    permits = Resource("yard.test", "v1", "permits", "permit", "Permit", namespaced=False, listed_as="Status")
    told = orjson.loads(OpenApi([permits]).groups["apis/yard.test/v1"].document.body)
    assert "content" not in told["paths"]["/apis/yard.test/v1/permits"]["get"]["responses"]["200"]


async def test_a_kind_that_comes_is_served_discovered_and_described_at_once(small: World, store: Store) -> None:
    crane = Resource("yard.test", "v1", "cranes", "crane", "Crane", namespaced=False)
    assert (await small.ask("GET", "/apis/yard.test/v1/cranes")).code == 404
    small.door.serve([small.boats, Collection(crane, store)])
    assert (await small.ask("GET", "/apis/yard.test/v1/cranes")).json["kind"] == "CraneList"
    assert (await small.ask("GET", "/apis/yard.test/v1")).json["resources"][0]["name"] == "cranes"
    assert "apis/yard.test/v1" in (await small.ask("GET", "/openapi/v3")).json["paths"]
    small.door.serve([small.boats])
    assert (await small.ask("GET", "/apis/yard.test/v1/cranes")).code == 404
