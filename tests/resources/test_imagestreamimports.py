"""ImageStreamImport over a real log and simulated registries (image-api contract, section 14)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from roadstead.apimachinery.served import ListOptions
from roadstead.auth.users import User
from roadstead.base.values import Json
from roadstead.importing.record import CHECKED
from roadstead.kube.schema import conform
from roadstead.kube.status import StatusError
from roadstead.objects.store import Store
from roadstead.remote.errors import Kind, RemoteFailure
from roadstead.streams import events
from roadstead.testing import builders
from roadstead.testing.builders import Content
from tests.resources.world import World, furnished

PLACE = "q.test/lib/web"
ALICE = User("alice")


def item(name: str = f"{PLACE}:v1", to: str = "", **policy: Any) -> Json:
    said: Json = {"from": {"kind": "DockerImage", "name": name}, "importPolicy": policy}
    return {**said, "to": {"name": to}} if to else said


async def ask(
    world: World, *items: Json, name: str = "web", meta: Json | None = None, keep: bool = True, **spec: Any
) -> Json:
    body = {
        "metadata": {"name": name, **(meta or {})},
        "spec": {"import": keep, **({"images": list(items)} if items else {}), **spec},
    }
    kind = world.kind("imagestreamimports")
    assert kind.resource.shape is not None
    return (await kind.create("shop", conform(kind.resource.shape, body).value, world.ask())).object


def push(world: World, *tags: str, content: Content | None = None, place: str = PLACE) -> Content:
    return world.elsewhere.repository(place).push(content or builders.image("web"), *(tags or ("v1",)))


async def refused(world: World, *items: Json, **more: Any) -> StatusError:
    with pytest.raises(StatusError) as failure:
        await ask(world, *items, **more)
    return failure.value


async def test_looking_stores_nothing(world: World, store: Store) -> None:
    push(world)
    before = store.revision()
    found = await ask(world, item(), name="newapp", keep=False)
    assert found["status"]["images"][0]["status"]["status"] == "Success"
    assert store.revision() == before


async def test_texts_are_shown_where_they_are_asked_for(world: World) -> None:
    push(world)
    plain, full = item(), {**item(f"{PLACE}@{push(world).digest}"), "includeManifest": True}
    found = await ask(world, plain, full, keep=False)
    assert "dockerImageManifest" not in found["status"]["images"][0]["image"]
    assert found["status"]["images"][1]["image"]["dockerImageConfig"]


async def test_an_import_makes_image_tag_and_stream_in_one_transaction(world: World, store: Store) -> None:
    image = push(world)
    before = store.revision()
    found = await ask(world, item(), name="fresh")
    stream = await world.stream("fresh")
    assert events.current_of(stream, "v1")["image"] == image.digest  # type: ignore[index]
    assert stream["metadata"]["annotations"][CHECKED] == "2026-11-23T12:00:00Z"
    assert found["status"]["import"]["metadata"]["resourceVersion"] == stream["metadata"]["resourceVersion"]
    assert world.kinds.images.peek("", image.digest) is not None
    assert store.revision() == before + 2


async def test_the_same_import_again_writes_nothing(world: World, store: Store) -> None:
    push(world)
    await ask(world, item())
    before = store.revision()
    again = await ask(world, item())
    assert store.revision() == before
    assert again["status"]["images"][0]["status"]["status"] == "Success"
    assert again["status"]["import"]["metadata"]["resourceVersion"]


async def test_what_the_stream_has_is_not_fetched_again(world: World) -> None:
    amd, arm = builders.image("amd"), builders.image("arm")
    world.elsewhere.repository(PLACE).push(builders.index(amd, arm), "v1", children=(amd, arm))
    await ask(world, item(importMode="PreserveOriginal"))
    world.elsewhere.repository(PLACE).asked.clear()
    found = await ask(world, item(importMode="PreserveOriginal"))
    assert world.elsewhere.repository(PLACE).asked == ["v1"]
    assert [each["metadata"]["name"] for each in found["status"]["images"][0]["manifests"]] == [amd.digest, arm.digest]


async def test_an_image_of_another_stream_is_looked_at_with_the_rights_of_this_one(world: World) -> None:
    image = push(world)
    await ask(world, item(), name="theirs")
    world.elsewhere.repository(PLACE).asked.clear()
    await ask(world, item(), name="ours")
    assert image.blobs[0].digest in world.elsewhere.repository(PLACE).asked


async def test_a_moved_tag_grows_the_history(world: World) -> None:
    one = push(world)
    await ask(world, item())
    two = push(world, content=builders.image("two"))
    await ask(world, item())
    history = events.histories(await world.stream())["v1"]["items"]
    assert [each["image"] for each in history] == [two.digest, one.digest]


async def test_a_failure_becomes_a_condition_and_spoils_nothing(world: World) -> None:
    push(world)
    await ask(world, item(), item(f"{PLACE}:none", "broken"))
    entries = events.histories(await world.stream())
    assert entries["broken"]["conditions"][0]["reason"] == "NotFound"
    assert entries["v1"]["items"]


async def test_without_a_target_an_image_is_looked_at_and_not_kept(world: World) -> None:
    image = push(world)
    found = await ask(world, item(f"{PLACE}@{image.digest}"))
    assert found["status"]["images"][0]["status"]["status"] == "Success"
    assert "tag" not in found["status"]["images"][0]
    assert events.spec_tags(await world.stream()) == {}


async def test_aliases_in_the_stream_follow_an_import(world: World) -> None:
    image = push(world)
    alias = {"name": "live", "from": {"kind": "ImageStreamTag", "name": "v1"}}
    await world.patch("imagestreams", "web", {"spec": {"tags": [alias]}})
    await ask(world, item())
    assert events.current_of(await world.stream(), "live")["image"] == image.digest  # type: ignore[index]


async def test_a_repository_becomes_tags_that_point_at_their_tags(world: World) -> None:
    push(world, "latest", "1.0", "x", "y")
    found = await ask(world, repository={"from": {"kind": "DockerImage", "name": PLACE}})
    assert found["status"]["repository"]["additionalTags"] == ["y"]
    tags = events.spec_tags(await world.stream())
    assert {name: tag["from"]["name"] for name, tag in tags.items()} == {
        each: f"{PLACE}:{each}" for each in ("latest", "1.0", "x")
    }


async def test_a_dry_run_answers_and_writes_nothing(world: World, store: Store) -> None:
    push(world)
    before = store.revision()
    kind = world.kind("imagestreamimports")
    body = {"metadata": {"name": "web"}, "spec": {"import": True, "images": [item()]}}
    assert kind.resource.shape is not None
    dry = replace(world.ask(), dry_run=True)
    found = (await kind.create("shop", conform(kind.resource.shape, body).value, dry)).object
    assert found["status"]["import"]["status"]["tags"][0]["tag"] == "v1"
    assert store.revision() == before


async def test_results_are_entered_again_when_somebody_changed_the_stream_meanwhile(world: World) -> None:
    image = push(world)
    place = world.elsewhere.repository(PLACE)
    fetch = place.blob

    async def meddle(wanted: Any) -> bytes:
        await world.patch("imagestreams", "web", {"metadata": {"labels": {"by": "somebody"}}})
        return await fetch(wanted)

    place.blob = meddle  # type: ignore[method-assign]
    await ask(world, item())
    stream = await world.stream()
    assert stream["metadata"]["labels"] == {"by": "somebody"}
    assert events.current_of(stream, "v1")["image"] == image.digest  # type: ignore[index]


async def test_an_import_tied_to_an_older_revision_is_refused(world: World) -> None:
    push(world)
    failure = await refused(world, item(), meta={"resourceVersion": "1"})
    current = (await world.stream())["metadata"]["resourceVersion"]
    assert failure.code == 409
    assert f'the image stream was updated from "1" to "{current}"' in failure.message
    assert failure.status["details"]["kind"] == "imagestream"


async def test_an_import_tied_to_the_stream_as_it_is_goes_through(world: World) -> None:
    push(world)
    about = (await world.stream())["metadata"]
    await ask(world, item(), meta={"resourceVersion": about["resourceVersion"], "uid": about["uid"]})
    assert events.current_of(await world.stream(), "v1") is not None


async def test_an_import_tied_to_another_stream_of_the_same_name_is_refused(world: World) -> None:
    seen = {"resourceVersion": (await world.stream())["metadata"]["resourceVersion"], "uid": "another"}
    assert (await refused(world, item(), meta=seen)).code == 404


async def test_an_import_tied_to_a_missing_stream_is_refused(world: World) -> None:
    failure = await refused(world, item(), name="gone", meta={"resourceVersion": "1"})
    assert (failure.code, failure.status["details"]["kind"]) == (404, "imagestreamimports")


@pytest.mark.parametrize(
    ("items", "spec", "field", "text"),
    [
        ([], {}, "spec.images", "you must specify at least one image or a repository import"),
        ([{"from": {"kind": "ImageStreamTag", "name": "a:b"}}], {}, "spec.images[0].from.kind", "only DockerImage"),
        ([item(to="x") | {"to": {}}], {}, "spec.images[0].to.name", "the name of the target tag must be specified"),
        ([item("")], {}, "spec.images[0].from.name", "Required value"),
        ([item("lib/UPPER")], {}, "spec.images[0].from.name", "must be lowercase"),
        ([item(importMode="Odd")], {}, "spec.images[0].importPolicy.importMode", "invalid import mode"),
        (
            [],
            {"repository": {"from": {"kind": "DockerImage", "name": "q.test/a:v1"}}},
            "spec.repository.from.name",
            "you must specify an image repository, not a tag or ID",
        ),
        (
            [],
            {"repository": {"from": {"kind": "DockerImage"}}},
            "spec.repository.from.name",
            "container image references require a name",
        ),
    ],
)
async def test_what_makes_no_sense_is_refused_by_field(
    world: World, items: list[Json], spec: Json, field: str, text: str
) -> None:
    failure = await refused(world, *items, **spec)
    (cause,) = failure.status["details"]["causes"]
    assert (failure.code, cause["field"]) == (422, field)
    assert text in cause["message"]


async def test_the_name_must_be_one_a_stream_can_have(world: World) -> None:
    failure = await refused(world, item(), name="Not_good-")
    assert failure.status["details"]["causes"][0]["field"] == "metadata.name"


async def test_a_registry_off_the_list_is_refused_for_all_but_image_administrators(store: Store) -> None:
    world = await furnished(store, allowed_registries=("only.test",))
    push(world)
    world.allowed = lambda asked: asked.resource not in ("images", "imagestreammapping", "imagestreammappings")
    failure = await refused(world, item(), keep=False)
    (cause,) = failure.status["details"]["causes"]
    assert (cause["reason"], cause["field"]) == ("FieldValueForbidden", "spec.images[0].from.name")
    assert 'registry "q.test:443" is forbidden: registry "q.test:443" not allowed by whitelist' in cause["message"]
    world.allowed = lambda asked: True
    assert (await ask(world, item(), keep=False))["status"]["images"][0]["status"]["status"] == "Success"


async def test_keeping_from_a_registry_off_the_list_is_refused_for_everybody(store: Store) -> None:
    world = await furnished(store, allowed_registries=("only.test",))
    push(world)
    failure = await refused(world, item())
    assert failure.code == 422
    assert "spec.tags[v1].from.name" in [each["field"] for each in failure.status["details"]["causes"]]


async def test_a_full_quota_is_told_before_anybody_is_asked(world: World) -> None:
    hard = {"hard": {"openshift.io/imagestreams": "1"}}
    await world.create("resourcequotas", "q", spec=hard)
    push(world)
    failure = await refused(world, item(), name="second")
    assert "exceeded quota: q" in failure.message
    assert world.elsewhere.repository(PLACE).asked == []


async def test_a_limit_refuses_and_is_told_on_the_tags_it_kept_out(world: World) -> None:
    limits = [{"type": "openshift.io/ImageStream", "max": {"openshift.io/images": "1"}}]
    await world.create("limitranges", "l", spec={"limits": limits})
    push(world)
    await ask(world, item())
    push(world, "v2", content=builders.image("two"))
    failure = await refused(world, item(f"{PLACE}:v2"))
    assert "exceeds the maximum limit" in failure.message
    entries = events.histories(await world.stream())
    assert entries["v2"]["conditions"][0]["reason"] == "Invalid"
    assert entries["v2"]["items"] is None


async def test_a_missing_namespace_is_told_first(world: World) -> None:
    kind = world.kind("imagestreamimports")
    with pytest.raises(StatusError, match='namespaces "nowhere" not found'):
        await kind.create("nowhere", {"metadata": {"name": "web"}, "spec": {}}, world.ask())


async def test_the_keys_asked_for_are_those_of_the_namespace(world: World) -> None:
    push(world)
    await ask(world, item())
    assert {namespace for namespace, _ in world.elsewhere.asked_for} == {"shop"}


async def test_nothing_is_listed_or_watched(world: World) -> None:
    with pytest.raises(StatusError, match="does not allow this method"):
        await world.kinds.imports.list("shop", ListOptions(), world.ask(ALICE))


async def test_a_failure_of_every_kind_still_answers_201(world: World) -> None:
    for number, kind in enumerate(Kind):
        place = f"f{number}.test/a"
        world.elsewhere.repository(place).fails["*"] = RemoteFailure(kind, "no", host=place)
        found = await ask(world, item(f"{place}:v1", "t"))
        assert found["status"]["images"][0]["status"]["status"] == "Failure"
        assert events.histories(await world.stream())["t"]["conditions"]
