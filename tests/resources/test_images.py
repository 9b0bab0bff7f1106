"""Images, their signatures, and mappings."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from roadstead.base.values import Json
from roadstead.kube.status import StatusError
from tests.resources.world import REGISTRY, World, digest


def signature(name: str, **more: Any) -> Json:
    return {"metadata": {"name": name}, "type": "AtomicImageV1", "content": "aGk=", **more}


async def test_an_image_needs_a_reference_that_parses(world: World) -> None:
    with pytest.raises(StatusError, match="dockerImageReference: Required value"):
        await world.kinds.images.create("", world.image("a", dockerImageReference=""), world.ask())


async def test_the_content_of_an_image_cannot_be_changed_and_its_labels_can(world: World) -> None:
    made = (await world.kinds.images.create("", world.image("a"), world.ask())).object
    made["metadata"]["labels"] = {"a": "b"}
    made["dockerImageLayers"] = []
    changed = (await world.kinds.images.update("", digest("a"), made, world.ask())).object
    assert changed["metadata"]["labels"] == {"a": "b"}
    assert len(changed["dockerImageLayers"]) == 1
    assert "generation" not in changed["metadata"]


async def test_a_signature_is_added_to_its_image_and_taken_away_again(world: World) -> None:
    await world.kinds.images.create("", world.image("a"), world.ask())
    name = f"{digest('a')}@mine"
    sent = signature(name, conditions=[{"type": "Trusted", "status": "True"}], imageIdentity="x")
    made = await world.kinds.signatures.create("", sent, world.ask())
    assert made.created
    assert made.object["metadata"]["uid"]
    assert "conditions" not in made.object
    [kept] = (world.kinds.images.peek("", digest("a")) or {})["signatures"]
    assert kept["metadata"]["name"] == name
    await world.kinds.signatures.delete("", name, world.ask())
    assert "signatures" not in (world.kinds.images.peek("", digest("a")) or {})


@pytest.mark.parametrize(
    ("name", "code", "why"),
    [
        ("nonsense", 422, "name must be of format <imageName>@<signatureName>"),
        (f"{'sha256:' + 'b' * 64}@x", 404, "images.image.openshift.io"),
        (f"{'sha256:' + 'a' * 64}@taken", 409, "imageSignatures.image.openshift.io"),
        (f"{'sha256:' + 'a' * 64}@same-content", 409, "imageSignatures.image.openshift.io"),
    ],
)
async def test_a_signature_must_belong_to_an_image_once(world: World, name: str, code: int, why: str) -> None:
    await world.kinds.images.create("", world.image("a"), world.ask())
    await world.kinds.signatures.create("", signature(f"{digest('a')}@taken"), world.ask())
    with pytest.raises(StatusError) as refused:
        await world.kinds.signatures.create("", signature(name), world.ask())
    assert refused.value.code == code
    assert why in refused.value.message


async def test_a_signature_that_is_not_there_cannot_be_deleted(world: World) -> None:
    await world.kinds.images.create("", world.image("a"), world.ask())
    for name, code in (("nonsense", 400), (f"{digest('a')}@x", 404), (f"{digest('b')}@x", 404)):
        with pytest.raises(StatusError) as refused:
            await world.kinds.signatures.delete("", name, world.ask())
        assert refused.value.code == code


async def test_a_mapping_answers_with_a_status_and_makes_image_and_event(world: World) -> None:
    made = await world.create("imagestreammappings", "web", tag="v1", image=world.image("a", dockerImageReference=""))
    assert made.object["code"] == 201
    [item] = (await world.stream())["status"]["tags"][0]["items"]
    assert item["dockerImageReference"] == f"{REGISTRY}/shop/web@{digest('a')}"
    assert item["generation"] == 1


async def test_a_mapping_to_a_missing_stream_is_told_so_that_a_registry_creates_it(world: World) -> None:
    with pytest.raises(StatusError) as refused:
        await world.create("imagestreammappings", "app", tag="v1", image=world.image("a"))
    assert refused.value.status["details"] == {
        "name": "app",
        "group": "image.openshift.io",
        "kind": "imagestreammappings",
    }
    assert world.kinds.images.peek("", digest("a")) is None


@pytest.mark.parametrize(
    ("body", "field"),
    [({"tag": ""}, "tag"), ({"image": {}}, "image.metadata.name")],
)
async def test_a_mapping_needs_a_tag_and_an_image(world: World, body: Json, field: str) -> None:
    with pytest.raises(StatusError) as refused:
        await world.create("imagestreammappings", "web", **{"tag": "v1", "image": world.image("a"), **body})
    assert [each["field"] for each in refused.value.status["details"]["causes"]] == [field]


@pytest.mark.parametrize("policy", ["Orphan", "Foreground", "Background"])
async def test_an_image_is_deleted_at_once_whatever_the_policy(world: World, policy: str) -> None:
    await world.kinds.images.create("", world.image("a"), world.ask())
    gone = await world.kinds.images.delete("", digest("a"), replace(world.ask(), options={"propagationPolicy": policy}))
    assert (gone["kind"], gone["status"]) == ("Status", "Success")
    assert world.kinds.images.peek("", digest("a")) is None
