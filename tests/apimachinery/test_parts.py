"""Status and scale: parts of an object with paths of their own."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.collection import Collection
from roadstead.apimachinery.handlers import DoorSettings
from roadstead.apimachinery.http import ApiDoor
from roadstead.apimachinery.resource import Column, Resource, Scaling, Subresource
from roadstead.base.values import Json
from roadstead.base.web import request_for
from roadstead.kube import schema
from roadstead.kube.objectmeta import kind_shape
from roadstead.kube.schema import Shape
from roadstead.objects.store import Store
from tests.apimachinery.world import NOW, Answer, TestGate

FLEETS = "/apis/harbour.test/v1/namespaces/north/fleets"
SPEC = Shape("FleetSpec", {"replicas": schema.integer(keep=True), "selector": schema.map_of(schema.text())})
STATUS = Shape("FleetStatus", {"replicas": schema.integer(keep=True)})
DESIRED = (Column("Desired", lambda obj, _: obj["spec"]["replicas"], "integer"),)
FLEET = Resource(
    "harbour.test",
    "v1",
    "fleets",
    "fleet",
    "Fleet",
    namespaced=True,
    unconditional_update=True,
    shape=kind_shape("Fleet", {"spec": schema.object_of(SPEC, default={}), "status": schema.object_of(STATUS)}),
    subresources=(
        Subresource("status", "Fleet", ("get", "patch", "update")),
        Subresource("scale", "Scale", ("get", "patch", "update"), "autoscaling", "v1", columns=DESIRED),
    ),
)
MERGE_ = {"Content_Type": "application/merge-patch+json"}


class Harbour:
    """The door with fleets behind it."""

    def __init__(self, store: Store) -> None:
        self.fleets = Collection(FLEET, store)
        settings = DoorSettings(now=lambda: NOW)
        self._door = ApiDoor({FLEET.group_resource: self.fleets}, TestGate(), settings=settings)

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:

        raw = b"" if body is None else orjson.dumps(body)
        kinds = {name.replace("_", "-"): value for name, value in headers.items()}
        return Answer(await self._door(request_for(method, f"{FLEETS}{path}", headers=kinds, body=raw)))


@pytest.fixture
async def harbour(store: Store) -> Harbour:
    """One fleet of three."""
    found = Harbour(store)
    spec = {"replicas": 3, "selector": {"sails": "white", "app": "web"}}
    made = await found.ask("POST", "", {"metadata": {"name": "f"}, "spec": spec, "status": {"replicas": 9}})
    assert made.code == 201
    return found


async def test_a_new_object_is_of_the_first_generation_and_has_no_status_of_its_authors(harbour: Harbour) -> None:
    found = (await harbour.ask("GET", "/f")).json
    assert (found["metadata"]["generation"], "status" in found) == (1, False)


async def test_a_write_to_the_object_leaves_the_status_and_the_other_way_round(harbour: Harbour) -> None:
    await harbour.ask("PATCH", "/f/status", {"status": {"replicas": 2}, "spec": {"replicas": 8}}, **MERGE_)
    await harbour.ask("PATCH", "/f", {"status": {"replicas": 7}, "metadata": {"labels": {"a": "b"}}}, **MERGE_)
    found = (await harbour.ask("GET", "/f/status")).json
    assert (found["spec"]["replicas"], found["status"], found["metadata"]["labels"]) == (3, {"replicas": 2}, {"a": "b"})


async def test_generations_count_what_is_wanted(harbour: Harbour) -> None:
    async def generation(path: str, patch: Json) -> int:
        return int((await harbour.ask("PATCH", path, patch, **MERGE_)).json["metadata"]["generation"])

    assert await generation("/f", {"metadata": {"labels": {"a": "b"}}}) == 1
    assert await generation("/f/status", {"status": {"replicas": 2}}) == 1
    assert await generation("/f", {"spec": {"replicas": 4}}) == 2
    assert await generation("/f", {"spec": {"replicas": 4}}) == 2


async def test_the_servers_own_writes_carry_both_parts(harbour: Harbour) -> None:
    stored = harbour.fleets.peek("north", "f")
    assert stored is not None
    await harbour.fleets.update("north", "f", {**stored, "status": {"replicas": 5}}, Ask.internal(NOW))
    assert (await harbour.ask("GET", "/f")).json["status"] == {"replicas": 5}


async def test_a_scale_is_read_and_written(harbour: Harbour) -> None:
    found = (await harbour.ask("GET", "/f/scale")).json
    assert found["metadata"].pop("uid")
    assert found == {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {
            "name": "f", "namespace": "north", "resourceVersion": "1", "creationTimestamp": "2026-11-23T18:49:39Z"
        },
        "spec": {"replicas": 3},
        "status": {"replicas": 0, "selector": "app=web,sails=white"},
    }  # fmt: skip
    scaled = await harbour.ask("PUT", "/f/scale", {**found, "spec": {"replicas": 7}})
    assert (scaled.code, scaled.json["spec"]) == (200, {"replicas": 7})
    again = await harbour.ask("PATCH", "/f/scale?fieldManager=me", {"spec": {"replicas": 0}}, **MERGE_)
    assert (again.json["spec"], (await harbour.ask("GET", "/f")).json["spec"]["replicas"]) == ({}, 0)
    entries = (await harbour.ask("GET", "/f")).json["metadata"]["managedFields"]
    told = {each["manager"]: (each["subresource"], each["fieldsV1"]) for each in entries if "subresource" in each}
    assert told["me"] == ("scale", {"f:spec": {"f:replicas": {}}})


@pytest.mark.parametrize(
    ("scale", "code"),
    [
        ({"metadata": {"name": "f"}, "spec": {"replicas": -1}}, 422),
        ({"metadata": {"name": "f"}, "spec": {"replicas": 1 << 40}}, 422),
        ({"metadata": {"name": "f", "resourceVersion": "999"}, "spec": {"replicas": 1}}, 409),
        ({"spec": {"replicas": 1}}, 400),
        ({"metadata": {"name": "other"}}, 400),
    ],
)
async def test_a_scale_that_cannot_be_is_refused(harbour: Harbour, scale: Json, code: int) -> None:
    assert (await harbour.ask("PUT", "/f/scale", scale)).code == code


async def test_a_scale_of_nothing_is_not_found(harbour: Harbour) -> None:
    assert (await harbour.ask("GET", "/x/scale")).code == 404
    assert (await harbour.ask("PATCH", "/x/scale", {"spec": {"replicas": 1}}, **MERGE_)).code == 404


async def test_who_says_nothing_of_a_number_gets_one(harbour: Harbour) -> None:
    assert (await harbour.ask("POST", "", {"metadata": {"name": "g"}})).json["spec"]["replicas"] == 1


async def test_a_kind_may_keep_its_numbers_elsewhere(store: Store) -> None:
    own = Subresource(
        "scale", "Scale", ("get",), "autoscaling", "v1", None, Scaling(("spec", "ships"), ("at",), ("by",))
    )
    armada = Resource("harbour.test", "v1", "armadas", "armada", "Armada", True, subresources=(own,))
    collection = Collection(armada, store)
    body = {"metadata": {"name": "a"}, "spec": {"ships": 4}, "at": 2, "by": "flag=red"}
    await collection.create("north", body, Ask.internal(NOW))
    found = (await collection.subresource("get", "north", "a", "scale", None, Ask.internal(NOW))).object
    assert (found["spec"], found["status"]) == ({"replicas": 4}, {"replicas": 2, "selector": "flag=red"})


async def test_a_part_with_columns_is_shown_as_a_table_to_those_who_ask(harbour: Harbour) -> None:
    table = {"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"}
    found = (await harbour.ask("GET", "/f/scale", **table)).json
    assert (found["kind"], found["rows"][0]["cells"]) == ("Table", [3])
    assert (await harbour.ask("GET", "/f/status", **table)).json["kind"] == "Fleet"
