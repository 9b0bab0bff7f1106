"""LimitRanges and quotas: what they refuse, and in which words."""

from __future__ import annotations

import asyncio

import pytest

from roadstead.base.values import Json
from roadstead.kube.status import StatusError
from tests.resources.world import World, digest, image


async def limit(world: World, kind: str, name: str = "small", **maximum: str) -> None:
    keys = {"images": "openshift.io/images", "tags": "openshift.io/image-tags", "storage": "storage"}
    spec = {"limits": [{"type": f"openshift.io/{kind}", "max": {keys[key]: value for key, value in maximum.items()}}]}
    await world.create("limitranges", name, spec=spec)


async def refusal(world: World, tag: str, letter: str) -> StatusError:
    with pytest.raises(StatusError) as refused:
        await world.push(tag, letter)
    return refused.value


async def test_the_smallest_limit_on_images_stops_a_push_and_leaves_no_trace(world: World) -> None:
    await limit(world, "ImageStream", images="9")
    await limit(world, "ImageStream", "smaller", images="1")
    await world.push("v1", "a")
    refused = await refusal(world, "v1", "b")
    assert refused.code == 422
    text = "requested usage of openshift.io/images exceeds the maximum limit per openshift.io/ImageStream (2 > 1)"
    assert f'imageStream: Forbidden: ImageStream.image.openshift.io "web" is forbidden: {text}' in refused.message
    assert world.kinds.images.peek("", digest("b")) is None


async def test_a_stream_over_a_later_limit_can_still_be_labelled(world: World) -> None:
    await world.push("v1", "a")
    await world.push("v1", "b")
    await limit(world, "ImageStream", images="1")
    await world.patch("imagestreams", "web", {"metadata": {"labels": {"a": "b"}}})


async def test_too_many_tags_are_refused_inside_an_internal_error(world: World) -> None:
    await limit(world, "ImageStream", tags="1")
    tags = [{"name": name, "from": {"kind": "DockerImage", "name": f"quay.test/a/b:{name}"}} for name in "xy"]
    with pytest.raises(StatusError) as refused:
        await world.create("imagestreams", "app", spec={"tags": tags})
    [cause] = refused.value.status["details"]["causes"]
    assert cause["field"] == "[]"
    assert "openshift.io/image-tags exceeds the maximum limit per openshift.io/ImageStream (2 > 1)" in cause["message"]


async def test_an_image_over_the_size_limit_is_refused_before_anything_is_written(world: World) -> None:
    await limit(world, "Image", storage="200")
    refused = await refusal(world, "v1", "a")
    assert refused.code == 403
    assert refused.message == (
        'imagestreammappings.image.openshift.io "web" is forbidden: '
        "requested usage of storage exceeds the maximum limit per openshift.io/Image (300 > 200)"
    )
    assert await world.kinds.limits.largest_image("shop") == 200
    assert await world.kinds.limits.largest_image("elsewhere") is None


async def test_a_limit_that_is_lifted_no_longer_counts(world: World) -> None:
    await limit(world, "Image", storage="1Ki")
    await world.push("v1", "a")
    await world.kind("limitranges").delete("shop", "small", world.ask())
    assert await world.kinds.limits.largest_image("shop") is None


async def test_a_quota_on_streams_counts_every_way_to_make_one(world: World) -> None:
    await world.create("resourcequotas", "q", spec={"hard": {"openshift.io/imagestreams": "1"}})
    spec = {"from": {"kind": "DockerImage", "name": "quay.test/a/b:1"}}
    ways: list[tuple[str, str, Json]] = [
        ("imagestreams", "app", {}),
        ("imagestreamtags", "app:v1", {"tag": spec}),
        ("imagetags", "app:v1", {"spec": spec}),
    ]
    for plural, name, body in ways:
        with pytest.raises(StatusError) as refused:
            await world.create(plural, name, **body)
        assert refused.value.code == 403
        assert refused.value.message == (
            f'{plural}.image.openshift.io "{name}" is forbidden: '
            "exceeded quota: q, requested: openshift.io/imagestreams=1, "
            "used: openshift.io/imagestreams=1, limited: openshift.io/imagestreams=1"
        )
        assert refused.value.status["details"] == {"name": name, "group": "image.openshift.io", "kind": plural}
    await world.push("v1", "a")


async def test_of_many_pushes_at_once_no_more_enter_a_stream_than_its_limit_allows(world: World) -> None:
    await limit(world, "ImageStream", images="3")
    results = await asyncio.gather(
        *(world.create("imagestreammappings", "web", tag=f"v{letter}", image=image(letter)) for letter in "abcdef"),
        return_exceptions=True,
    )
    refused = [each for each in results if isinstance(each, StatusError)]
    assert len(refused) == 3
    assert all("exceeds the maximum limit per openshift.io/ImageStream (4 > 3)" in each.message for each in refused)
    stream = await world.stream()
    assert len({each["items"][0]["image"] for each in stream["status"]["tags"]}) == 3
