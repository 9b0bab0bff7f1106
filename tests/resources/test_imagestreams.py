"""Streams as people write, read and remove them."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from roadstead.apimachinery.served import ListOptions
from roadstead.auth.users import User
from roadstead.base.values import Json
from roadstead.kube.schema import conform
from roadstead.kube.status import StatusError
from roadstead.objects.log import Key, Write
from roadstead.objects.store import Store
from roadstead.streams.models_streams import IMAGE_STREAM
from tests.resources.world import REGISTRY, World, digest, furnished

ALICE = User("alice", groups=("system:authenticated",))


def external(name: str = "quay.test/a/web:v1", **more: Any) -> Json:
    return {"name": "v1", "from": {"kind": "DockerImage", "name": name}, **more}


async def test_a_new_stream_gets_generation_one_sorted_tags_and_the_names_of_our_registry(world: World) -> None:
    alias = {"name": "latest", "from": {"kind": "ImageStreamTag", "name": "v1"}, "generation": 7}
    made = await world.create("imagestreams", "app", spec={"tags": [external(), alias]})
    assert made.created
    assert made.object["metadata"]["generation"] == 1
    assert [(tag["name"], tag["generation"]) for tag in made.object["spec"]["tags"]] == [("latest", 1), ("v1", 1)]
    assert made.object["status"] == {"dockerImageRepository": f"{REGISTRY}/shop/app"}


async def test_a_client_cannot_write_status_on_the_main_resource(world: World) -> None:
    event = {"created": "2020-01-01T00:00:00Z", "dockerImageReference": "x/y", "image": digest("f"), "generation": 1}
    made = await world.create("imagestreams", "app", status={"tags": [{"tag": "v1", "items": [event]}]})
    assert "tags" not in made.object["status"]


async def test_a_reference_tag_gets_its_event_at_once(world: World) -> None:
    made = await world.create("imagestreams", "app", spec={"tags": [external(reference=True)]})
    [item] = made.object["status"]["tags"][0]["items"]
    assert item["dockerImageReference"] == "quay.test/a/web:v1"
    assert item["image"] == ""


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("Bad_Name", 'metadata.name: Invalid value: "Bad_Name": must match'),
        ("a--b", "must match"),
        ("a" * 251, "'namespace/name' cannot be longer than 255 characters"),
    ],
)
async def test_a_name_that_cannot_be_a_repository_is_refused(world: World, name: str, why: str) -> None:
    with pytest.raises(StatusError, match="is invalid") as refused:
        await world.create("imagestreams", name)
    assert refused.value.code == 422
    assert why in refused.value.message


async def test_a_generated_name_is_held_to_the_rule_but_its_base_is_not(world: World) -> None:
    made = await world.create("imagestreams", "", metadata={"generateName": "gen-"})
    assert made.object["metadata"]["name"].startswith("gen-")


async def test_everything_wrong_with_a_tag_is_told_at_once(world: World) -> None:
    tag = {"name": "a", "from": {"kind": "Pod", "name": "b"}}
    with pytest.raises(StatusError) as refused:
        await world.create("imagestreams", "app", spec={"tags": [tag]})
    causes = refused.value.status["details"]["causes"]
    assert [(each["field"], each["reason"]) for each in causes] == [
        ("[]", "InternalError"),
        ("spec.tags[a].from.kind", "FieldValueRequired"),
    ]


async def test_a_spec_change_moves_the_generation_and_a_label_does_not(world: World) -> None:
    labelled = await world.patch("imagestreams", "web", {"metadata": {"labels": {"a": "b"}}})
    assert labelled.object["metadata"]["generation"] == 1
    tagged = await world.patch("imagestreams", "web", {"spec": {"tags": [external()]}})
    assert tagged.object["metadata"]["generation"] == 2
    assert tagged.object["spec"]["tags"][0]["generation"] == 2


async def test_a_write_that_changes_nothing_leaves_the_revision_alone(world: World) -> None:
    before = await world.stream()
    after = await world.kinds.streams.update("shop", "web", before, world.ask())
    assert after.object["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]


async def test_an_update_must_say_which_revision_it_saw(world: World) -> None:
    stream = await world.stream()
    stale = {**stream, "metadata": {**stream["metadata"], "resourceVersion": "1"}}
    with pytest.raises(StatusError, match="the object has been modified"):
        await world.kinds.streams.update("shop", "web", stale, world.ask())
    del stale["metadata"]["resourceVersion"]
    with pytest.raises(StatusError, match="metadata.resourceVersion"):
        await world.kinds.streams.update("shop", "web", stale, world.ask())


async def test_a_tag_of_another_namespace_needs_the_right_to_pull_there(world: World) -> None:
    await world.create("namespaces", "depot", namespace="")
    tag = {"name": "x", "from": {"kind": "ImageStreamTag", "namespace": "depot", "name": "base:1"}}
    world.allowed = lambda _: False
    with pytest.raises(StatusError) as refused:
        await world.kinds.streams.create(
            "shop", {"metadata": {"name": "app"}, "spec": {"tags": [tag]}}, world.ask(ALICE)
        )
    assert 'spec.tags[x].from: Forbidden: depot/base: "" ""' in refused.value.message
    [asked] = world.asked
    assert (asked.verb, asked.target, asked.namespace, asked.name) == ("get", "imagestreams/layers", "depot", "base")


async def test_a_permitted_tag_of_another_namespace_is_copied_and_served_from_here(world: World) -> None:
    await world.create("namespaces", "depot", namespace="")
    await world.create("imagestreams", "base", namespace="depot")
    reference = f"{REGISTRY}/depot/base@{digest('a')}"
    await world.create(
        "imagestreammappings",
        "base",
        namespace="depot",
        tag="1",
        image=world.image("a", dockerImageReference=reference),
    )
    tag = {"name": "x", "from": {"kind": "ImageStreamTag", "namespace": "depot", "name": "base:1"}}
    made = await world.create("imagestreams", "app", spec={"tags": [tag]})
    [item] = made.object["status"]["tags"][0]["items"]
    assert item["dockerImageReference"] == f"{REGISTRY}/shop/app@{digest('a')}"


async def test_a_registry_that_is_not_listed_is_refused(store: Store) -> None:
    world = await furnished(store, allowed_registries=("docker.io",))
    with pytest.raises(StatusError) as refused:
        await world.create("imagestreams", "app", spec={"tags": [external()]})
    assert 'registry "quay.test" not allowed by whitelist' in refused.value.message


async def test_a_stream_is_created_only_where_the_namespace_is(world: World) -> None:
    with pytest.raises(StatusError, match='namespaces "nowhere" not found') as refused:
        await world.create("imagestreams", "app", namespace="nowhere")
    assert refused.value.code == 404


async def test_status_keeps_the_spec_and_trims_history(world: World) -> None:
    await world.push("v1", "a")
    stream = await world.push("v1", "b")
    stream["spec"]["lookupPolicy"]["local"] = True
    del stream["status"]["tags"][0]["items"][1]
    trimmed = await world.kinds.streams.subresource("update", "shop", "web", "status", stream, world.ask())
    assert trimmed.object["spec"]["lookupPolicy"] == {"local": False}
    assert [item["image"] for item in trimmed.object["status"]["tags"][0]["items"]] == [digest("b")]
    read = await world.kinds.streams.subresource("get", "shop", "web", "status", None, world.ask())
    assert read.object == await world.stream()


async def test_status_refuses_references_that_make_no_sense(world: World) -> None:
    stream = await world.push("v1", "a")
    stream["status"]["tags"][0]["items"][0]["dockerImageReference"] = "::"
    with pytest.raises(StatusError, match="dockerImageReference") as refused:
        await world.kinds.streams.subresource("update", "shop", "web", "status", stream, world.ask())
    assert refused.value.code == 422


async def test_layers_name_every_image_of_the_history_and_its_blobs(world: World) -> None:
    await world.push("v1", "a")
    await world.push("v1", "b")
    await world.kinds.images.delete("", digest("a"), world.ask())
    view = (await world.kinds.streams.subresource("get", "shop", "web", "layers", None, world.ask())).object
    assert view["images"][digest("a")] == {"imageMissing": True, "layers": None, "config": None}
    assert view["images"][digest("b")]["layers"] == [digest("0")]
    assert set(view["blobs"]) == {digest("b"), digest("0"), digest("9")}


async def test_secrets_are_the_pull_secrets_of_the_namespace_whatever_the_stream(world: World) -> None:
    kinds = {"a": "kubernetes.io/dockercfg", "b": "kubernetes.io/dockerconfigjson", "c": "Opaque"}
    for name, kind in kinds.items():
        await world.create("secrets", name, type=kind, stringData={".dockercfg": "{}", ".dockerconfigjson": "{}"})
    hidden = {"name": "d", "annotations": {"openshift.io/image.excludeSecret": "true"}}
    await world.create("secrets", "d", metadata=hidden, type="kubernetes.io/dockercfg", stringData={".dockercfg": "{}"})
    found = (await world.kinds.streams.subresource("get", "shop", "any", "secrets", None, world.ask())).object
    assert found["kind"] == "SecretList"
    assert [each["metadata"]["name"] for each in found["items"]] == ["a", "b"]
    assert all("kind" not in each for each in found["items"])


def row(world: World, stream: str, resource: str = "manifests.roadstead") -> Key:
    return Key(resource, "shop", f"{stream}/{digest('a')}")


async def put_rows(world: World, *keys: Key) -> None:
    await world.store.append([Write(key, orjson.dumps({}), None) for key in keys])


async def test_deleting_a_stream_takes_the_rows_of_its_repository_along(world: World) -> None:
    doomed = [row(world, "web"), row(world, "web", "blobs.roadstead"), row(world, "web", "referrers.roadstead")]
    await put_rows(world, *doomed, row(world, "web2"))
    answer = await world.kinds.streams.delete("shop", "web", world.ask())
    assert answer["details"]["kind"] == "imagestreams"
    assert [world.store.get(key) for key in doomed] == [None, None, None]
    assert world.store.get(row(world, "web2")) is not None


async def test_deleting_many_streams_takes_all_their_rows_along(world: World) -> None:
    await world.create("imagestreams", "web2")
    await put_rows(world, row(world, "web"), row(world, "web2"))
    gone = await world.kinds.streams.delete_collection("shop", ListOptions(), world.ask())
    assert len(gone.items) == 2
    assert world.store.get(row(world, "web")) is None
    assert world.store.get(row(world, "web2")) is None


async def test_the_rows_wait_for_the_finalizers_of_the_stream(world: World) -> None:
    await put_rows(world, row(world, "web"))
    await world.patch("imagestreams", "web", {"metadata": {"finalizers": ["example.test/x"]}})
    marked = await world.kinds.streams.delete("shop", "web", world.ask())
    assert marked["metadata"]["deletionTimestamp"]
    assert world.store.get(row(world, "web")) is not None
    await world.patch("imagestreams", "web", {"metadata": {"finalizers": None}})
    assert world.kinds.streams.peek("shop", "web") is None
    assert world.store.get(row(world, "web")) is None


async def test_the_table_shows_repository_tags_and_age(world: World) -> None:
    stream = await world.push("v1", "a")
    cells = [column.value(stream, world.now) for column in world.kinds.streams.resource.columns or ()]
    assert cells == ["web", f"{REGISTRY}/shop/web", "v1", "Less than a second ago"]


@pytest.mark.parametrize(
    ("repository", "complaint"),
    [("quay.test/a/web:v1", "may not contain a tag"), (f"quay.test/a/web@{digest('a')}", "may not contain an ID")],
)
async def test_a_repository_to_import_names_no_single_image(world: World, repository: str, complaint: str) -> None:
    with pytest.raises(
        StatusError, match=f"spec.dockerImageRepository: Invalid value: .* the repository name {complaint}"
    ):
        await world.create("imagestreams", "app", spec={"dockerImageRepository": repository})


async def test_what_is_wrong_with_metadata_is_told_together_with_the_rest(world: World) -> None:
    with pytest.raises(StatusError) as refused:
        await world.create(
            "imagestreams",
            "app",
            metadata={"name": "App", "labels": {"a b": "c"}},
            spec={"dockerImageRepository": "a:b"},
        )
    fields = [cause["field"] for cause in refused.value.status["details"]["causes"]]
    assert fields == ["metadata.name", "metadata.labels", "spec.dockerImageRepository"]


async def test_whoever_makes_a_stream_manages_what_they_said_and_the_defaults_of_their_tags(world: World) -> None:
    body = conform(IMAGE_STREAM, {"metadata": {"name": "app"}, "spec": {"tags": [external()]}}).value
    made = await world.kinds.streams.create("shop", body, world.ask(resource="imagestreams", field_manager="me"))
    [entry] = made.object["metadata"]["managedFields"]
    managed = entry["fieldsV1"]["f:spec"]
    assert managed["f:tags"]['k:{"name":"v1"}']["f:importPolicy"]["f:importMode"] == {}
    # Not said by anybody: to ask for it later is nobody's conflict.
    assert "f:lookupPolicy" not in managed
