"""Services and config maps: what is filled in and what is refused."""

from __future__ import annotations

import pytest

from roadstead.base.values import Json
from roadstead.kube.status import StatusError
from tests.resources.world import World

PORT = {"port": 80}


async def test_a_service_leads_to_the_same_port_of_its_pods_unless_it_says_more(world: World) -> None:
    ports = [{**PORT, "name": "a"}, {"port": 81, "targetPort": "web", "name": "b"}]
    made = await world.create("services", "s", spec={"ports": ports})
    assert made.object["spec"]["type"] == "ClusterIP"
    first, second = made.object["spec"]["ports"]
    assert first == {"name": "a", "port": 80, "targetPort": 80, "protocol": "TCP"}
    assert second["targetPort"] == "web"


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({"ports": [PORT], "type": "Odd"}, "spec.type"),
        ({"type": "ExternalName"}, "spec.externalName"),
        ({}, "spec.ports"),
        ({"ports": [{"port": 0}]}, "spec.ports[0].port"),
        ({"ports": [PORT, {"port": 81}]}, "spec.ports[0].name"),
        ({"ports": [{**PORT, "name": "a"}, {**PORT, "name": "b"}]}, "spec.ports[1]"),
    ],
)
async def test_a_service_that_leads_nowhere_is_refused(world: World, spec: Json, field: str) -> None:
    with pytest.raises(StatusError) as refused:
        await world.create("services", "s", spec=spec)
    assert field in [each["field"] for each in refused.value.status["details"]["causes"]]


@pytest.mark.parametrize("spec", [{"type": "ExternalName", "externalName": "x.test"}, {"clusterIP": "None"}])
async def test_a_service_without_ports_is_a_name_elsewhere_or_headless(world: World, spec: Json) -> None:
    made = await world.create("services", "s", spec=spec)
    assert "ports" not in made.object["spec"]


async def test_the_name_of_a_service_is_one_label(world: World) -> None:
    with pytest.raises(StatusError, match="metadata.name"):
        await world.create("services", "a.b", spec={"ports": [PORT]})


async def test_an_immutable_config_map_stays_as_it_is(world: World) -> None:
    await world.create("configmaps", "c", data={"a": "1"}, immutable=True)
    for change, field in (({"data": {"a": "2"}}, "data"), ({"immutable": False}, "immutable")):
        with pytest.raises(StatusError, match=f"{field}: Forbidden: field is immutable when `immutable` is set"):
            await world.patch("configmaps", "c", change)
    kept = await world.patch("configmaps", "c", {"metadata": {"labels": {"a": "b"}}})
    assert kept.object["data"] == {"a": "1"}


async def test_a_config_map_has_each_key_once_and_a_limit(world: World) -> None:
    with pytest.raises(StatusError, match=r"data\[a\]: Invalid value"):
        await world.create("configmaps", "c", data={"a": "1"}, binaryData={"a": "MQ=="})
    with pytest.raises(StatusError, match="Too long: may not be more than 1048576 bytes"):
        await world.create("configmaps", "c", data={"a": "x" * (1024 * 1024 + 1)})
