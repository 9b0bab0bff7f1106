"""Autoscalers: one object, seen as autoscaling/v1 and as autoscaling/v2."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadstead.apimachinery.served import ListOptions
from roadstead.base.values import Json
from roadstead.kube.schema import conform
from roadstead.kube.status import StatusError
from roadstead.resources import autoscalers
from roadstead.resources.plain.policy import AUTOSCALERS, EARLIER_AUTOSCALERS
from roadstead.resources.plaincollections import earlier_versions
from tests.resources.world import World

TARGET = {"scaleTargetRef": {"kind": "Deployment", "name": "web", "apiVersion": "apps/v1"}, "maxReplicas": 5}
MEMORY = {
    "type": "Resource",
    "resource": {"name": "memory", "target": {"type": "Utilization", "averageUtilization": 70}},
}


def cpu(percent: int) -> Json:
    target = {"type": "Utilization", "averageUtilization": percent}
    return {"type": "Resource", "resource": {"name": "cpu", "target": target}}


class Faces:
    """Both versions over one store."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.now = world.kinds.plain(AUTOSCALERS)
        (self.earlier,) = earlier_versions(world.store, world.kinds.namespaces.check)

    async def make(self, version: str, **spec: Any) -> Json:
        kind = self.now if version == "v2" else self.earlier
        assert kind.resource.shape is not None
        body = conform(kind.resource.shape, {"metadata": {"name": "web"}, "spec": {**TARGET, **spec}}).value
        return (await kind.create("shop", body, self.world.ask())).object

    async def v1(self) -> Json:
        return await self.earlier.get("shop", "web", self.world.ask())

    async def v2(self) -> Json:
        return await self.now.get("shop", "web", self.world.ask())


@pytest.fixture
def faces(world: World) -> Faces:
    return Faces(world)


async def test_what_is_written_as_v1_is_read_as_v2(faces: Faces) -> None:
    made = await faces.make("v1", minReplicas=2, targetCPUUtilizationPercentage=60)
    assert made["apiVersion"] == "autoscaling/v1"
    assert made["spec"] == {**TARGET, "minReplicas": 2, "targetCPUUtilizationPercentage": 60}
    found = await faces.v2()
    assert found["apiVersion"] == "autoscaling/v2"
    assert found["spec"] == {**TARGET, "minReplicas": 2, "metrics": [cpu(60)]}


async def test_what_is_written_as_v2_is_read_as_v1_without_what_v1_cannot_say(faces: Faces) -> None:
    await faces.make("v2", metrics=[MEMORY, cpu(40)], behavior={"scaleDown": {"selectPolicy": "Min"}})
    assert (await faces.v1())["spec"] == {**TARGET, "minReplicas": 1, "targetCPUUtilizationPercentage": 40}


async def test_who_writes_v1_loses_nothing_that_v2_said(faces: Faces) -> None:
    behavior = {"scaleDown": {"selectPolicy": "Min"}}
    await faces.make("v2", metrics=[MEMORY, cpu(40)], behavior=behavior)
    seen = await faces.v1()
    seen["spec"] |= {"maxReplicas": 9, "targetCPUUtilizationPercentage": 50}
    await faces.earlier.update("shop", "web", seen, faces.world.ask())
    found = await faces.v2()
    assert found["spec"] == {
        **TARGET,
        "maxReplicas": 9,
        "minReplicas": 1,
        "metrics": [cpu(50), MEMORY],
        "behavior": behavior,
    }


async def test_a_write_of_what_was_read_changes_nothing(faces: Faces) -> None:
    before = await faces.make("v1", targetCPUUtilizationPercentage=60)
    outcome = await faces.earlier.update("shop", "web", await faces.v1(), faces.world.ask())
    assert outcome.object["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]


async def test_where_nothing_is_said_pods_are_to_use_four_fifths_of_their_cpu(faces: Faces) -> None:
    assert (await faces.make("v2"))["spec"] == {**TARGET, "minReplicas": 1, "metrics": [cpu(80)]}


async def test_both_list_the_same_objects(faces: Faces) -> None:
    await faces.make("v2")
    for kind, version in ((faces.now, "v2"), (faces.earlier, "v1")):
        listing = await kind.list("shop", ListOptions(), faces.world.ask())
        assert [each["metadata"]["name"] for each in listing.items] == ["web"]
        assert kind.resource.api_version == f"autoscaling/{version}"


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({"maxReplicas": 0}, "spec.maxReplicas"),
        ({"minReplicas": 6}, "spec.maxReplicas"),
        ({"minReplicas": 0}, "spec.minReplicas"),
        ({"scaleTargetRef": {"kind": "Deployment", "name": ""}}, "spec.scaleTargetRef.name"),
    ],
)
async def test_one_that_could_never_work_is_refused(faces: Faces, version: str, spec: Json, field: str) -> None:
    with pytest.raises(StatusError) as refused:
        await faces.make(version, **spec)
    assert field in [each["field"] for each in refused.value.status["details"]["causes"]]


PERCENT = st.integers(1, 500)
V1 = st.fixed_dictionaries(
    {"maxReplicas": st.integers(1, 9)}, optional={"targetCPUUtilizationPercentage": PERCENT, "minReplicas": PERCENT}
)


@given(V1, st.lists(st.sampled_from([MEMORY, cpu(40)]), max_size=3))
def test_v1_comes_back_from_v2_as_it_was(spec: Json, metrics: list[Json]) -> None:
    kept = autoscalers.as_kept({"spec": spec}, {"spec": {"metrics": metrics}})
    assert autoscalers.as_earlier(kept) == {"spec": spec}
    assert MEMORY not in metrics or MEMORY in kept["spec"]["metrics"]


def test_the_versions_are_two_names_of_one_resource() -> None:
    assert AUTOSCALERS.key_resource == EARLIER_AUTOSCALERS.key_resource
