"""ImageStreamTag, ImageTag and ImageStreamImage: three ways to look at one stream."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from roadstead.apimachinery.served import ListOptions
from roadstead.base.values import Json
from roadstead.kube import selectors
from roadstead.kube.status import StatusError
from roadstead.resources.namespaces import TERMINATING
from tests.resources.world import REGISTRY, World, digest


def istag(name: str, tag: Json | None, **metadata: Any) -> Json:
    return {"metadata": {"name": name, **metadata}, "tag": tag}


def external(name: str = "quay.test/a/web:v1", **more: Any) -> Json:
    return {"from": {"kind": "DockerImage", "name": name}, **more}


# -- imagestreamtags


async def test_a_pushed_tag_shows_its_image_and_the_stream_behind_it(world: World) -> None:
    stream = await world.push("v1", "a")
    tag = await world.kind("imagestreamtags").look("shop", "web:v1", world.ask())
    shown = tag.object
    assert shown["metadata"]["uid"] == stream["metadata"]["uid"]
    assert shown["metadata"]["creationTimestamp"] == "2026-11-23T12:01:00Z"
    assert shown["tag"] is None
    assert shown["image"]["metadata"]["name"] == digest("a")
    assert shown["image"]["dockerImageReference"] == f"{REGISTRY}/shop/web@{digest('a')}"
    assert "dockerImageManifest" not in shown["image"]
    assert "kind" not in shown["image"]


@pytest.mark.parametrize(
    ("name", "code", "about"),
    [
        ("web", 400, None),
        ("web:a:b", 400, None),
        ("none:v1", 404, "none"),
        ("web:v2", 404, "web:v2"),
        ("web:pinned", 404, "web:pinned"),
    ],
)
async def test_what_is_missing_is_named_by_the_view(world: World, name: str, code: int, about: str | None) -> None:
    await world.create("imagestreamtags", "web:pinned", tag=external(reference=True))
    with pytest.raises(StatusError) as refused:
        await world.kind("imagestreamtags").look("shop", name, world.ask())
    assert refused.value.code == code
    if about:
        assert refused.value.status["details"] == {
            "name": about,
            "group": "image.openshift.io",
            "kind": "imagestreamtags",
        }


async def test_a_tag_whose_image_was_deleted_names_the_digest(world: World) -> None:
    await world.push("v1", "a")
    await world.kinds.images.delete("", digest("a"), world.ask())
    with pytest.raises(StatusError, match=digest("a")):
        await world.kinds.stream_tags.get("shop", "web:v1", world.ask())
    itag = await world.kind("imagetags").look("shop", "web:v1", world.ask())
    assert itag.object["image"] is None


async def test_lists_are_sorted_filtered_and_cut_on_the_names_of_tags(world: World) -> None:
    await world.create("imagestreams", "app")
    for stream, tag in (("web", "v2"), ("web", "v1"), ("app", "v9")):
        await world.push(tag, "a", stream=stream)
    await world.create("imagestreamtags", "web:waiting", tag=external())
    assert await world.names("imagestreamtags") == ["app:v9", "web:v1", "web:v2"]
    assert await world.names("imagetags") == ["app:v9", "web:v1", "web:v2", "web:waiting"]
    one = ListOptions(fields=selectors.parse_fields("metadata.name=web:v2"))
    found = await world.kinds.stream_tags.list(None, one, world.ask())
    assert [each["metadata"]["name"] for each in found.items] == ["web:v2"]
    first = await world.kinds.stream_tags.list("shop", ListOptions(limit=2), world.ask())
    rest = await world.kinds.stream_tags.list("shop", ListOptions(limit=2, continue_=first.continue_), world.ask())
    assert [each["metadata"]["name"] for each in rest.items] == ["web:v2"]
    assert first.revision == world.store.revision()


async def test_an_image_in_a_list_is_named_and_not_loaded(world: World) -> None:
    await world.push("v1", "a")
    [tag] = (await world.kinds.stream_tags.list("shop", ListOptions(), world.ask())).items
    assert tag["image"]["metadata"] == {"name": digest("a")}
    assert tag["image"]["dockerImageMetadata"]["Id"] == ""


async def test_posting_a_tag_creates_the_stream_it_belongs_to(world: World) -> None:
    made = await world.create("imagestreamtags", "app:v1", tag=external(reference=True, name="ignored"))
    assert made.created
    assert made.object["tag"]["name"] == "v1"
    assert (await world.stream("app"))["spec"]["tags"][0]["generation"] == 1


async def test_a_tag_that_only_points_shows_neither_generation_nor_reference(world: World) -> None:
    made = await world.create("imagestreamtags", "app:v1", tag=external(reference=True))
    assert made.object["generation"] == 0
    assert "dockerImageReference" not in made.object["image"]


async def test_annotations_of_a_new_tag_must_be_those_of_the_object_even_when_empty(world: World) -> None:
    tag = external(annotations={})
    await world.create("imagestreamtags", "app:v1", tag=tag)
    with pytest.raises(StatusError, match='tag.annotations: Invalid value: "<map>": tag annotations must not be'):
        await world.create("imagestreamtags", "app:v2", metadata={"name": "app:v2", "annotations": {"a": "b"}}, tag=tag)


async def test_posting_a_tag_twice_is_refused_by_the_name_upstream_uses(world: World) -> None:
    await world.create("imagestreamtags", "web:v1", tag=external())
    with pytest.raises(StatusError, match='imagestreamtag.image.openshift.io "web:v1" already exists'):
        await world.create("imagestreamtags", "web:v1", tag=external())


@pytest.mark.parametrize(
    ("name", "tag", "code", "why"),
    [
        ("web", external(), 400, "must be of the form <stream_name>:<tag>"),
        ("a:b:c", external(), 400, "must be of the form <stream_name>:<tag>"),
        ("web:x", external("::bad::"), 422, "tag.from.name: Invalid value"),
        ("web:x", external(annotations={"a": "b"}), 422, "tag.annotations: Invalid value"),
        ("web:x", external(referencePolicy={"type": "Elsewhere"}), 422, "tag.referencePolicy.type"),
    ],
)
async def test_a_tag_that_makes_no_sense_is_refused(world: World, name: str, tag: Json, code: int, why: str) -> None:
    with pytest.raises(StatusError) as refused:
        await world.create("imagestreamtags", name, tag=tag)
    assert refused.value.code == code
    assert why in refused.value.message


async def test_putting_a_tag_creates_it_and_putting_it_again_changes_it(world: World) -> None:
    tags = world.kinds.stream_tags
    first = await tags.update("shop", "app:v1", istag("app:v1", external(generation=0)), world.ask())
    assert first.created
    again = await tags.update(
        "shop", "app:v1", istag("app:v1", external("quay.test/a/b:2"), annotations={"a": "b"}), world.ask()
    )
    assert not again.created
    assert again.object["tag"]["from"]["name"] == "quay.test/a/b:2"
    assert again.object["tag"]["annotations"] == {"a": "b"}
    assert (await world.stream("app"))["metadata"]["generation"] == 2


async def test_an_alias_follows_its_source_from_then_on(world: World) -> None:
    await world.push("v1", "a")
    alias = {"from": {"kind": "ImageStreamTag", "name": "web:v1"}}
    made = await world.kinds.stream_tags.update("shop", "web:latest", istag("web:latest", alias), world.ask())
    assert made.object["image"]["metadata"]["name"] == digest("a")
    await world.push("v1", "b")
    moved = await world.kinds.stream_tags.get("shop", "web:latest", world.ask())
    assert moved["image"]["metadata"]["name"] == digest("b")


@pytest.mark.parametrize(
    ("sent", "code", "why"),
    [
        (istag("web:v1", None), 400, "imagestreamtag v1 is not a spec tag in imagestream shop/web, cannot be updated"),
        (istag("web:v1", external(), resourceVersion="1"), 409, "another caller has updated the resource version to"),
        (istag("web:v1", external(), labels={"a": "b"}), 422, "may not update fields other than metadata.annotations"),
        (istag("web:v1", external(), uid="other"), 422, "metadata.uid: Invalid value"),
    ],
)
async def test_an_update_touches_nothing_but_the_tag(world: World, sent: Json, code: int, why: str) -> None:
    await world.push("v1", "a")
    with pytest.raises(StatusError) as refused:
        await world.kinds.stream_tags.update("shop", "web:v1", sent, world.ask())
    assert refused.value.code == code
    assert why in refused.value.message


async def test_labels_of_the_stream_may_be_left_out_or_sent_back(world: World) -> None:
    await world.patch("imagestreams", "web", {"metadata": {"labels": {"a": "b"}}})
    tags = world.kinds.stream_tags
    await tags.update("shop", "web:v1", istag("web:v1", external()), world.ask())
    await tags.update("shop", "web:v1", istag("web:v1", external(), labels={"a": "b"}), world.ask())


async def test_a_version_of_a_stream_that_is_not_there_is_not_found(world: World) -> None:
    sent = istag("app:v1", external(), resourceVersion="5")
    with pytest.raises(StatusError, match='imagestreamtags.image.openshift.io "app:v1" not found'):
        await world.kinds.stream_tags.update("shop", "app:v1", sent, world.ask())


async def test_a_patch_may_create_tag_and_stream(world: World) -> None:
    made = await world.patch("imagestreamtags", "app:v1", {"tag": external(reference=True)})
    assert made.created
    assert (await world.stream("app"))["spec"]["tags"][0]["from"]["name"] == "quay.test/a/web:v1"


async def test_an_annotation_of_a_tag_shows_on_its_image(world: World) -> None:
    await world.push("v1", "a")
    alias = {"from": {"kind": "ImageStreamTag", "name": "v1"}}
    sent = istag("web:x", alias, annotations={"note": "y"})
    shown = (await world.kinds.stream_tags.update("shop", "web:x", sent, world.ask())).object
    assert shown["metadata"]["annotations"] == {"note": "y"}
    assert shown["image"]["metadata"]["annotations"]["note"] == "y"


async def _going(world: World) -> None:
    """The namespace `shop`, in the middle of its deletion."""
    namespaces = world.kinds.namespaces
    entry = namespaces.stored(namespaces.entry("", "shop", world.ask()))

    async def mark(new: Json, old: Json, ask: object) -> Json:
        return {**new, "status": {"phase": TERMINATING}}

    await namespaces.update("", "shop", entry, world.ask(), rules_hook=mark)


@pytest.mark.parametrize(
    ("plural", "name", "body"),
    [
        ("imagestreamtags", "web:v1", {"tag": {"from": {"kind": "DockerImage", "name": "quay.test/a:1"}}}),
        ("imagetags", "web:v1", {"spec": {"from": {"kind": "DockerImage", "name": "quay.test/a:1"}}}),
        ("imagestreammappings", "web", {"tag": "v1", "image": {"metadata": {"name": "x"}}}),
    ],
)
async def test_a_namespace_that_goes_takes_no_new_tags_even_for_streams_it_has(
    world: World, plural: str, name: str, body: Json
) -> None:
    await _going(world)
    with pytest.raises(StatusError) as refused:
        await world.create(plural, name, **body)
    assert (refused.value.code, refused.value.message) == (
        403,
        f'{plural}.image.openshift.io "{name}" is forbidden: unable to create new content in namespace shop because it '
        "is being terminated",
    )
    with pytest.raises(StatusError, match=r'^namespaces "nowhere" not found$'):
        await world.create(plural, name, namespace="nowhere", **body)


async def test_no_tag_brings_a_stream_into_a_namespace_that_goes(world: World) -> None:
    await _going(world)
    for attempt in (world.kinds.stream_tags.update, world.kind("imagetags").update):
        body = {**istag("app:v1", external()), "spec": external(name="quay.test/a:1") | {"name": "v1"}}
        with pytest.raises(StatusError, match="because it is being terminated") as refused:
            await attempt("shop", "app:v1", body, world.ask())
        assert refused.value.code == 403


async def test_deleting_a_tag_takes_spec_and_history_and_leaves_the_image(world: World) -> None:
    await world.push("v1", "a")
    answer = await world.kinds.stream_tags.delete("shop", "web:v1", world.ask())
    assert answer == {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}
    assert "tags" not in (await world.stream())["status"]
    assert (await world.stream())["metadata"]["generation"] == 1
    assert world.kinds.images.peek("", digest("a")) is not None
    with pytest.raises(StatusError, match='"web:v1" not found'):
        await world.kinds.stream_tags.delete("shop", "web:v1", world.ask())


async def test_a_tag_is_deleted_only_from_the_stream_that_was_meant(world: World) -> None:
    await world.push("v1", "a")
    ask = world.ask(options={"preconditions": {"uid": "another"}})
    with pytest.raises(StatusError, match="the UID precondition was not met"):
        await world.kinds.stream_tags.delete("shop", "web:v1", ask)


async def test_a_dry_run_writes_nothing(world: World) -> None:
    before = world.store.revision()
    await world.kinds.stream_tags.create("shop", istag("app:v1", external()), world.ask(dry_run=True))
    await world.kinds.stream_tags.update("shop", "web:v1", istag("web:v1", external()), world.ask(dry_run=True))
    assert world.store.revision() == before


# -- imagetags


async def test_an_image_tag_shows_what_waits_as_well(world: World) -> None:
    await world.create("imagetags", "web:v1", spec=external())
    shown = (await world.kind("imagetags").look("shop", "web:v1", world.ask())).object
    assert shown["spec"]["name"] == "v1"
    assert shown["status"] is None
    assert shown["image"] is None


@pytest.mark.parametrize(
    ("name", "spec", "why"),
    [
        ("web:v1", None, "spec: Required value: spec is a required field during creation"),
        ("web:v1", external() | {"name": "v2"}, "spec.name: Invalid value"),
        ("web", external(), "spec.name: Invalid value"),
    ],
)
async def test_an_image_tag_needs_a_spec_of_its_own_name(world: World, name: str, spec: Json | None, why: str) -> None:
    with pytest.raises(StatusError) as refused:
        await world.create("imagetags", name, spec=spec)
    assert refused.value.code == 422
    assert why in refused.value.message


async def test_putting_an_image_tag_makes_the_stream_it_belongs_to(world: World) -> None:
    body = {"metadata": {"name": "app:v1"}, "spec": external()}
    made = await world.kind("imagetags").update("shop", "app:v1", body, world.ask())
    assert made.created
    assert [tag["name"] for tag in (await world.stream("app"))["spec"]["tags"]] == ["v1"]


async def test_an_image_tag_without_spec_keeps_its_history(world: World) -> None:
    await world.push("v1", "a")
    await world.create("imagetags", "web:v1", spec=external())
    tag = (await world.kind("imagetags").look("shop", "web:v1", world.ask())).object
    updated = await world.kind("imagetags").update("shop", "web:v1", {**tag, "spec": None}, world.ask())
    assert not updated.created
    assert updated.object["spec"] is None
    assert len(updated.object["status"]["items"]) == 1


async def test_an_image_tag_update_may_change_nothing_but_the_spec(world: World) -> None:
    await world.push("v1", "a")
    tag = (await world.kind("imagetags").look("shop", "web:v1", world.ask())).object
    spec = external() | {"name": "v1"}
    with pytest.raises(StatusError, match='status: Invalid value: "": may not update fields other than spec'):
        await world.kind("imagetags").update("shop", "web:v1", {**tag, "spec": spec, "status": None}, world.ask())
    tag["metadata"]["labels"] = {"a": "b"}
    with pytest.raises(StatusError, match='metadata: Invalid value: "": may not update fields other than spec'):
        await world.kind("imagetags").update("shop", "web:v1", {**tag, "spec": spec}, world.ask())


def cells(world: World, obj: Json) -> list[object]:
    columns = world.kind("imagetags").resource.columns or ()
    return [column.value(obj, world.now) for column in columns]


async def test_the_table_of_image_tags_tells_where_each_stands(world: World) -> None:
    await world.push("pushed", "a")
    await world.create("imagetags", "web:waiting", spec=external())
    await world.create("imagetags", "web:pin", spec=external(reference=True))
    await world.create("imagetags", "web:kept", spec=external(importPolicy={"scheduled": True}))
    await world.create("imagetags", "web:track", spec={"from": {"kind": "ImageStreamTag", "name": "pushed"}})
    world.now += timedelta(minutes=5)
    page = await world.kind("imagetags").page("shop", ListOptions(), world.ask())
    assert [cells(world, each.object) for each in page.items] == [
        ["web:kept", "Scheduled", "quay.test/a/web:v1", None, ""],
        ["web:pin", "Ref", "quay.test/a/web:v1", 1, "5 minutes ago"],
        ["web:pushed", "Push", f"image/{digest('a')}", 1, "5 minutes ago"],
        ["web:track", "Track", f"image/{digest('a')}", 1, "5 minutes ago"],
        ["web:waiting", "Tag", "quay.test/a/web:v1", None, ""],
    ]


# -- imagestreamimages


async def test_an_image_is_found_by_any_part_of_its_digest_that_means_one(world: World) -> None:
    await world.push("v1", "a")
    for short in (digest("a"), "sha256:aa", "aaaa"):
        found = (await world.kind("imagestreamimages").look("shop", f"web@{short}", world.ask())).object
        assert found["metadata"]["name"] == f"web@{short}"
        assert found["image"]["metadata"]["name"] == digest("a")


async def test_children_of_an_index_are_found_too(world: World) -> None:
    child = {"digest": digest("c"), "mediaType": "a/b", "manifestSize": 3, "architecture": "arm64", "os": "linux"}
    await world.kinds.images.create("", world.image("c"), world.ask())
    await world.push("v1", "d", dockerImageManifests=[child], dockerImageLayers=[])
    found = (await world.kind("imagestreamimages").look("shop", f"web@{digest('c')}", world.ask())).object
    assert found["image"]["metadata"]["name"] == digest("c")


@pytest.mark.parametrize(
    ("name", "code", "kind"),
    [
        ("web", 400, None),
        ("none@abc", 404, "imagestreamimages"),
        ("web@ffff", 404, "imagestreamimage"),
        ("web@sha256:", 409, "imagestreamimages"),
    ],
)
async def test_an_image_that_is_not_exactly_one_is_refused(
    world: World, name: str, code: int, kind: str | None
) -> None:
    await world.push("v1", "a")
    await world.push("v1", "b")
    with pytest.raises(StatusError) as refused:
        await world.kind("imagestreamimages").look("shop", name, world.ask())
    assert refused.value.code == code
    assert refused.value.status.get("details", {}).get("kind") == kind


async def test_an_image_tag_keeps_the_annotations_of_its_spec_from_its_image(world: World) -> None:
    await world.push("v1", "a")
    await world.create("imagetags", "web:v1", spec=external(annotations={"shown": "here"}))
    tag = (await world.kind("imagestreamtags").look("shop", "web:v1", world.ask())).object
    whole = (await world.kind("imagetags").look("shop", "web:v1", world.ask())).object
    assert tag["image"]["metadata"]["annotations"]["shown"] == "here"
    assert "shown" not in whole["image"]["metadata"].get("annotations", {})
