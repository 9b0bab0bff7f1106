"""Quotas and limit ranges that would bound nothing are refused."""

from __future__ import annotations

import pytest

from roadstead.base.values import Json
from roadstead.kube.status import StatusError
from tests.resources.world import World


@pytest.mark.parametrize(
    "hard",
    [
        {"openshift.io/imagestreams": "5", "count/imagestreams.image.openshift.io": "1k"},
        {"pods": "0", "requests.cpu": "500m", "limits.memory": "1.5Gi", "requests.storage": "1Ti", "cpu": "1"},
        {"services.loadbalancers": "2", "hugepages-2Mi": "1Gi", "requests.nvidia.com/gpu": "1"},
    ],
)
async def test_a_quota_of_known_names_is_taken(world: World, hard: Json) -> None:
    assert (await world.create("resourcequotas", "q", spec={"hard": hard})).created


@pytest.mark.parametrize(
    ("hard", "field", "why"),
    [
        ({"imagestreams": "5"}, "spec.hard[imagestreams]", "must be a standard resource for quota"),
        ({"pods": "-1"}, "spec.hard[pods]", "must be greater than or equal to 0"),
        ({"limits.cpu": "-500m"}, "spec.hard[limits.cpu]", "must be greater than or equal to 0"),
        ({"pods": "1.5"}, "spec.hard[pods]", "must be an integer"),
        ({"openshift.io/imagestreams": "500m"}, "spec.hard[openshift.io/imagestreams]", "must be an integer"),
        ({"a b/c": "1"}, "spec.hard[a b/c]", "prefix part"),
    ],
)
async def test_a_quota_that_bounds_nothing_is_refused(world: World, hard: Json, field: str, why: str) -> None:
    with pytest.raises(StatusError) as refused:
        await world.create("resourcequotas", "q", spec={"hard": hard})
    (cause,) = refused.value.status["details"]["causes"]
    assert cause["field"] == field
    assert why in cause["message"]


async def test_a_quota_over_namespaces_is_held_to_the_same_rules(world: World) -> None:
    with pytest.raises(StatusError, match=r"spec\.quota\.hard\[streams\]: .*standard resource for quota"):
        await world.create("clusterresourcequotas", "q", spec={"selector": {}, "quota": {"hard": {"streams": "1"}}})


async def test_a_limit_range_names_types_once(world: World) -> None:
    image = {"type": "openshift.io/Image", "max": {"storage": "1Gi"}}
    stream = {"type": "openshift.io/ImageStream", "max": {"openshift.io/images": "20"}}
    assert (await world.create("limitranges", "l", spec={"limits": [image, stream, {"type": "Container"}]})).created
    with pytest.raises(StatusError, match=r'spec\.limits\[1\]\.type: Duplicate value: "openshift\.io/Image"'):
        await world.create("limitranges", "m", spec={"limits": [image, image]})
    with pytest.raises(StatusError, match="must be a standard limit type or fully qualified"):
        await world.create("limitranges", "m", spec={"limits": [{"type": "Image"}]})


async def test_what_is_at_least_is_not_more_than_what_is_at_most(world: World) -> None:
    limit = {"type": "Pod", "min": {"cpu": "2", "memory": "1Mi"}, "max": {"cpu": "1", "memory": "1Gi"}}
    with pytest.raises(StatusError, match=r"limits\[0\]\.min\[cpu\]: .*min value 2 is greater than max value 1"):
        await world.create("limitranges", "l", spec={"limits": [limit]})


@pytest.mark.parametrize(
    ("spec", "warned"),
    [
        ({"hard": {"pods": "1", "openshift.io/imagestreams": "1"}}, []),
        (
            {"hard": {"requests.cpu": "1", "limits.memory": "1Gi", "pods": "1"}},
            ["kept, but not enforced here, since nothing runs: limits.memory, requests.cpu"],
        ),
        (
            {"hard": {"pods": "1"}, "scopes": ["BestEffort"]},
            ["kept, but not enforced here in scopes, since nothing runs: pods"],
        ),
    ],
)
async def test_who_makes_a_quota_is_told_what_of_it_counts_for_nothing(
    world: World, spec: Json, warned: list[str]
) -> None:
    ask = world.ask()
    await world.kind("resourcequotas").create("shop", {"metadata": {"name": "q"}, "spec": spec}, ask)
    assert ask.warnings == warned
