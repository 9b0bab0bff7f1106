"""Quotas: exact however many objects are made at once, in one namespace and across several."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from roadstead.apimachinery.served import ListOptions, Patch, PatchType
from roadstead.base.values import Json
from roadstead.kube.status import StatusError
from roadstead.resources import plain
from tests.resources.world import World

STREAMS = "openshift.io/imagestreams"


async def quota(world: World, name: str = "q", namespace: str = "shop", **hard: str) -> None:
    """A quota; `streams` stands for the image streams."""
    bounds = {STREAMS if key == "streams" else key: value for key, value in hard.items()}
    await world.create("resourcequotas", name, namespace=namespace, spec={"hard": bounds})


async def cluster_quota(world: World, selector: Json, **hard: str) -> None:
    """A cluster quota named `all`."""
    bounds = {STREAMS if key == "streams" else key: value for key, value in hard.items()}
    spec = {"selector": selector, "quota": {"hard": bounds}}
    await world.create("clusterresourcequotas", "all", namespace="", spec=spec)


def used(world: World, name: str = "q") -> Json:
    """What a quota says is used."""
    found = world.kinds.plain(plain.RESOURCE_QUOTAS).peek("shop", name) or {}
    return dict(found["status"]["used"])


async def made_at_once(world: World, plural: str, many: int, namespace: str = "shop") -> tuple[int, list[StatusError]]:
    """How many of so many creations at once were carried out, and the refusals of the others."""
    tries = (world.create(plural, f"n{index}", namespace=namespace) for index in range(many))
    results = await asyncio.gather(*tries, return_exceptions=True)
    refused = [each for each in results if isinstance(each, StatusError)]
    assert all(isinstance(each, StatusError) or not isinstance(each, BaseException) for each in results)
    return many - len(refused), refused


async def test_of_many_streams_made_at_once_as_many_are_made_as_the_quota_allows(world: World) -> None:
    await quota(world, streams="5")
    made, refused = await made_at_once(world, "imagestreams", 20)
    assert made == 4  # `web` is there
    assert used(world) == {STREAMS: "5"}
    text = f"exceeded quota: q, requested: {STREAMS}=1, used: {STREAMS}=5, limited: {STREAMS}=5"
    assert {each.code for each in refused} == {403}
    assert all(each.message.endswith(text) for each in refused)


async def test_pushes_that_make_streams_count_exactly_too(world: World) -> None:
    await quota(world, streams="4")
    ensure = world.kinds.arrivals.ensure_stream
    results = await asyncio.gather(
        *(ensure("shop", f"pushed{index % 8}", world.ask()) for index in range(16)), return_exceptions=True
    )
    assert sum(isinstance(each, StatusError) for each in results) >= 8
    assert len(await world.names("imagestreams")) == 4
    assert used(world) == {STREAMS: "4"}


async def test_every_quota_of_a_namespace_is_asked_under_every_name(world: World) -> None:
    await quota(world, "wide", streams="9")
    await quota(world, "narrow", **{"count/imagestreams.image.openshift.io": "2"})
    made, refused = await made_at_once(world, "imagestreams", 6)
    assert made == 1
    assert all("exceeded quota: narrow, requested: count/imagestreams" in each.message for each in refused)
    assert used(world, "wide") == {STREAMS: "2"}


@pytest.mark.parametrize(("key", "plural"), [("secrets", "secrets"), ("count/deployments.apps", "deployments")])
async def test_other_objects_can_be_bounded_by_number(world: World, key: str, plural: str) -> None:
    await quota(world, **{key: "1"})
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    body: dict[str, Any] = {}
    if plural == "deployments":
        body = {"spec": {"selector": {"matchLabels": {"a": "b"}}, "template": template}}
    await world.create(plural, "one", **body)
    with pytest.raises(StatusError, match=f'"two" is forbidden: exceeded quota: q, requested: {key}=1'):
        await world.create(plural, "two", **body)


async def test_a_dry_run_is_refused_like_the_real_thing_and_counts_nothing(world: World) -> None:
    await quota(world, secrets="1")
    secret = {"metadata": {"name": "s"}}
    for _ in range(2):
        await world.kind("secrets").create("shop", secret, world.ask(dry_run=True))
    await world.create("secrets", "s")
    with pytest.raises(StatusError, match="exceeded quota"):
        await world.kind("secrets").create("shop", {"metadata": {"name": "t"}}, world.ask(dry_run=True))


async def test_what_is_deleted_no_longer_counts(world: World) -> None:
    await quota(world, streams="2")
    await world.create("imagestreams", "b")
    await world.kinds.streams.delete("shop", "b", world.ask())
    await world.create("imagestreams", "c")
    await world.kinds.streams.delete("shop", "c", world.ask())
    assert used(world) == {STREAMS: "2"}
    await world.kinds.quotas.refresh("shop", world.ask())
    assert used(world) == {STREAMS: "1"}


async def test_what_is_measured_in_amounts_is_not_counted_here(world: World) -> None:
    await world.create("resourcequotas", "q", spec={"hard": {"requests.cpu": "1", "secrets": "9"}})
    await world.create("secrets", "s")
    await world.kinds.quotas.refresh("shop", world.ask())
    assert used(world) == {"secrets": "1"}


async def test_a_cluster_quota_counts_in_all_namespaces_it_selects(world: World) -> None:
    for name, labels in (("depot", {"team": "a"}), ("other", {})):
        await world.create("namespaces", name, namespace="", metadata={"name": name, "labels": labels})
    labelled = Patch(PatchType.MERGE, {"metadata": {"labels": {"team": "a"}}})
    await world.kinds.namespaces.patch("", "shop", labelled, world.ask())
    await cluster_quota(world, {"labels": {"matchLabels": {"team": "a"}}}, streams="3")
    tries = [world.create("imagestreams", f"n{n}", namespace=("shop", "depot")[n % 2]) for n in range(10)]
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(not isinstance(each, BaseException) for each in results) == 2
    await world.create("imagestreams", "free", namespace="other")
    found = (world.kinds.plain(plain.CLUSTER_RESOURCE_QUOTAS).peek("", "all") or {})["status"]
    assert found["total"]["used"] == {STREAMS: "3"}
    assert sum(int(each["status"]["used"][STREAMS]) for each in found["namespaces"]) == 3
    assert [each["namespace"] for each in found["namespaces"]] == ["depot", "shop"]


async def test_a_cluster_quota_selects_by_annotations_too_and_is_shown_in_its_projects(world: World) -> None:
    annotated = {"name": "depot", "annotations": {"openshift.io/requester": "al"}}
    await world.create("namespaces", "depot", namespace="", metadata=annotated)
    await cluster_quota(world, {"annotations": {"openshift.io/requester": "al"}}, streams="1")
    await world.create("imagestreams", "one", namespace="depot")
    with pytest.raises(StatusError, match="exceeded quota: all"):
        await world.create("imagestreams", "two", namespace="depot")
    applied = world.kind("appliedclusterresourcequotas")
    (shown,) = (await applied.page("depot", ListOptions(), world.ask())).listing().items
    assert shown["kind"] == "AppliedClusterResourceQuota"
    assert shown["status"]["total"]["used"] == {STREAMS: "1"}
    assert (await applied.look("depot", "all", world.ask())).object == shown
    assert (await applied.page("shop", ListOptions(), world.ask())).items == []
    with pytest.raises(StatusError, match="not found"):
        await applied.look("shop", "all", world.ask())


@pytest.mark.parametrize("scope", [{"scopes": ["NotBestEffort"]}, {"scopeSelector": {"matchExpressions": [{}]}}])
async def test_a_quota_for_pods_that_run_in_some_way_bounds_nothing_and_counts_nothing(
    world: World, scope: Json
) -> None:
    await world.create("resourcequotas", "q", spec={"hard": {"pods": "0"}, **scope})
    spec = {"containers": [{"name": "c", "image": "i"}]}
    assert (await world.create("pods", "p", spec=spec)).created
    await world.kinds.quotas.refresh("shop", world.ask())
    found = world.kinds.plain(plain.RESOURCE_QUOTAS).peek("shop", "q") or {}
    assert not found["status"]["used"]
