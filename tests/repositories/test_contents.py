"""What a repository holds, and how an image enters a stream."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import orjson
import pytest

from roadstead.apimachinery.ask import Ask
from roadstead.auth.users import User
from roadstead.base.values import Json
from roadstead.kube.status import StatusError
from roadstead.objects.log import Key, Write
from roadstead.objects.sqlite import SqliteLog
from roadstead.objects.store import Store
from roadstead.repositories.arrivals import Arrival, Kept, Precondition, PreconditionFailed
from roadstead.repositories.contents import Contents
from tests.resources.world import REGISTRY, World, digest, furnished, image

ALICE = User("alice", groups=("system:authenticated",))
ROW = Key("manifests.roadstead", "shop", "web/one")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    store = Store(SqliteLog(tmp_path / "objects.db"))
    yield await furnished(store)
    await store.close()


@pytest.fixture
def contents(world: World) -> Contents:
    return world.kinds.contents


async def keep(
    world: World,
    letter: str,
    tags: Sequence[str] = ("v1",),
    precondition: Precondition | None = None,
    extra: Sequence[Write] = (),
) -> Kept:
    return await world.kinds.arrivals.keep(
        "shop", "web", Arrival(image(letter), tags, world.ask(), extra, precondition)
    )


async def history(world: World, tag: str = "v1") -> list[str]:
    tags = (await world.stream())["status"].get("tags", [])
    return [item["image"] for each in tags if each["tag"] == tag for item in each["items"]]


async def test_image_tags_and_rows_appear_together(world: World, contents: Contents) -> None:
    before = world.store.revision()
    kept = await keep(world, "a", ["v1", "latest"], extra=[Write(ROW, orjson.dumps({}), None)])
    assert kept.image_created
    assert contents.tags("shop", "web") == ["latest", "v1"]
    assert contents.resolve_tag("shop", "web", "latest") == digest("a")
    assert world.store.get(ROW) is not None
    assert world.store.revision() == before + 3


async def test_nothing_appears_when_one_part_is_refused(world: World) -> None:
    before = world.store.revision()
    taken = Write(Key("imagestreams.image.openshift.io", "shop", "web"), b"{}", 0)
    with pytest.raises(StatusError):
        await keep(world, "a", extra=[taken])
    assert world.store.revision() == before


async def test_an_image_pushed_by_digest_gets_no_event(world: World) -> None:
    await keep(world, "a", [])
    assert world.kinds.images.peek("", digest("a")) is not None
    assert await history(world) == []


async def test_a_known_image_pushed_by_digest_still_leaves_its_rows(world: World) -> None:
    await keep(world, "a", [])
    await keep(world, "a", [], extra=[Write(ROW, orjson.dumps({}), None)])
    assert world.store.get(ROW) is not None


async def test_the_same_push_again_writes_nothing(world: World) -> None:
    await keep(world, "a")
    before = world.store.revision()
    again = await keep(world, "a")
    assert not again.image_created
    assert world.store.revision() == before


async def test_a_tag_pushed_twice_keeps_both_images_in_its_history(world: World) -> None:
    await keep(world, "a")
    await keep(world, "b")
    assert await history(world) == [digest("b"), digest("a")]


async def test_a_managed_image_known_from_elsewhere_is_pulled_through_this_stream(world: World) -> None:
    known = image("a", dockerImageReference=f"{REGISTRY}/depot/base@{digest('a')}")
    known["metadata"]["annotations"] = {"openshift.io/image.managed": "true"}
    await world.kinds.images.create("", known, world.ask())
    await world.kinds.arrivals.keep("shop", "web", Arrival(known, ["v1"], world.ask()))
    [entry] = (await world.stream())["status"]["tags"]
    assert entry["items"][0]["dockerImageReference"] == f"{REGISTRY}/shop/web@{digest('a')}"


async def test_pushes_at_the_same_time_all_arrive(world: World) -> None:
    letters = "abcdef"
    await asyncio.gather(*(keep(world, letter, ["same", f"tag-{letter}"]) for letter in letters))
    assert sorted(await history(world, "same")) == sorted(map(digest, letters))
    assert len(world.kinds.contents.tags("shop", "web")) == len(letters) + 1


async def meddle(world: World, change: Json, times: int) -> None:
    """Somebody writes `change` to the stream between look and commit of the next pushes."""
    append, left = world.store.append, [times]

    async def first_others(writes: Sequence[Write]) -> list[int]:
        if left[0] and any(write.expects for write in writes):
            left[0] -= 1
            world.store.append = append  # type: ignore[method-assign]
            await change_stream(world, {**change, "metadata": {"annotations": {"turn": str(left[0])}}})
            world.store.append = first_others  # type: ignore[method-assign]
        return list(await append(writes))

    world.store.append = first_others  # type: ignore[method-assign]


async def change_stream(world: World, body: Json) -> None:
    stream = await world.stream()
    stream["metadata"]["annotations"] = body["metadata"]["annotations"]
    if "status" in body:
        stream["status"]["tags"] = body["status"]["tags"]
    await world.kinds.streams.subresource("update", "shop", "web", "status", stream, world.ask())


async def test_a_stream_changed_meanwhile_is_read_again(world: World) -> None:
    await keep(world, "a")
    await meddle(world, {}, times=3)
    await keep(world, "b")
    assert await history(world) == [digest("b"), digest("a")]


async def test_a_tag_moved_meanwhile_is_a_conflict(world: World) -> None:
    await keep(world, "a")
    moved = (await world.stream())["status"]["tags"]
    event = {**moved[0]["items"][0], "image": digest("c"), "dockerImageReference": f"x.test/a/b@{digest('c')}"}
    await meddle(world, {"status": {"tags": [{"tag": "v1", "items": [event]}]}}, times=1)
    with pytest.raises(StatusError, match="push again") as refused:
        await keep(world, "b")
    assert refused.value.status["details"]["kind"] == "imagestreammappings"


async def test_a_stream_that_never_rests_ends_in_a_conflict(world: World) -> None:
    await meddle(world, {}, times=50)
    with pytest.raises(StatusError) as refused:
        await keep(world, "b")
    assert refused.value.code == 409


async def test_a_push_to_a_missing_stream_names_the_mapping(world: World) -> None:
    with pytest.raises(StatusError) as refused:
        await world.kinds.arrivals.keep("shop", "app", Arrival(image("a"), ["v1"], world.ask()))
    assert refused.value.status["details"] == {
        "name": "app",
        "group": "image.openshift.io",
        "kind": "imagestreammappings",
    }


ANYTHING = frozenset({"*"})


@pytest.mark.parametrize(
    ("precondition", "passes_empty", "passes_a"),
    [
        (Precondition(none_match=ANYTHING), True, False),
        (Precondition(match=ANYTHING), False, True),
        (Precondition(match=frozenset({digest("a")})), False, True),
        (Precondition(match=frozenset({digest("b")})), False, False),
        (Precondition(none_match=frozenset({digest("a")})), True, False),
        (Precondition(none_match=frozenset({digest("b")})), True, True),
    ],
)
async def test_a_tag_is_moved_only_from_where_the_caller_saw_it(
    world: World, precondition: Precondition, passes_empty: bool, passes_a: bool
) -> None:
    await keep(world, "a", ["full"])
    for tag, passes, current in (("empty", passes_empty, None), ("full", passes_a, digest("a"))):
        if passes:
            await keep(world, "c", [tag], precondition)
            continue
        with pytest.raises(PreconditionFailed) as refused:
            await keep(world, "c", [tag], precondition)
        assert refused.value.current == current


# -- looking up


async def test_nothing_is_found_in_a_repository_that_is_not_there(contents: Contents) -> None:
    assert not contents.exists("shop", "none")
    assert contents.resolve_tag("shop", "none", "v1") is None
    assert contents.tags("shop", "none") == []
    assert not await contents.holds("shop", "none", digest("a"))
    assert not await contents.blob_listed("shop", "none", digest("0"))
    assert contents.media_type(digest("a")) is None


async def test_a_tag_that_only_points_elsewhere_is_not_listed(world: World, contents: Contents) -> None:
    tag = {"from": {"kind": "DockerImage", "name": "quay.test/a/b:1"}, "reference": True}
    await world.create("imagestreamtags", "web:pin", tag=tag)
    assert contents.tags("shop", "web") == []
    assert contents.resolve_tag("shop", "web", "pin") is None


async def test_the_whole_history_is_held_with_its_blobs(world: World, contents: Contents) -> None:
    await keep(world, "a")
    await keep(world, "b")
    for letter in "ab":
        assert await contents.holds("shop", "web", digest(letter))
    for blob in ("0", "9", "a"):
        assert await contents.blob_listed("shop", "web", digest(blob))
    assert not await contents.blob_listed("shop", "web", digest("f"))
    assert contents.media_type(digest("a")) == "application/vnd.oci.image.manifest.v1+json"


async def test_what_is_remembered_follows_the_stream(world: World, contents: Contents) -> None:
    await keep(world, "a")
    assert await contents.blob_listed("shop", "web", digest("0"))
    await world.kinds.stream_tags.delete("shop", "web:v1", world.ask())
    assert contents.tags("shop", "web") == []
    assert not await contents.holds("shop", "web", digest("a"))
    assert not await contents.blob_listed("shop", "web", digest("0"))


async def test_blobs_of_a_deleted_image_are_no_longer_shown(world: World, contents: Contents) -> None:
    await keep(world, "a")
    assert await contents.blob_listed("shop", "web", digest("0"))
    await world.kinds.images.delete("", digest("a"), world.ask())
    assert not await contents.blob_listed("shop", "web", digest("0"))


async def test_a_child_that_arrives_after_its_index_is_held_with_its_blobs(world: World, contents: Contents) -> None:
    child = {"digest": digest("c"), "mediaType": "a/b", "manifestSize": 3, "architecture": "arm64", "os": "linux"}
    index = image("d", dockerImageManifests=[child], dockerImageLayers=[])
    await world.kinds.arrivals.keep("shop", "web", Arrival(index, ["v1"], world.ask()))
    assert await contents.holds("shop", "web", digest("c"))
    assert not await contents.blob_listed("shop", "web", digest("0"))
    await keep(world, "c", [])
    assert await contents.blob_listed("shop", "web", digest("0"))


# -- making a stream on the first push


async def test_a_first_push_makes_the_stream_with_the_callers_own_right(world: World, contents: Contents) -> None:
    await world.kinds.arrivals.ensure_stream("shop", "app", world.ask(ALICE))
    await world.kinds.arrivals.ensure_stream("shop", "app", world.ask(ALICE))
    assert contents.exists("shop", "app")
    [asked] = world.asked
    assert (asked.user, asked.verb, asked.target, asked.namespace) == (ALICE, "create", "imagestreams", "shop")


async def test_without_that_right_there_is_no_stream(world: World, contents: Contents) -> None:
    world.allowed = lambda _: False
    with pytest.raises(StatusError) as refused:
        await world.kinds.arrivals.ensure_stream("shop", "app", world.ask(ALICE))
    assert refused.value.message == (
        'imagestreams.image.openshift.io is forbidden: User "alice" cannot create resource "imagestreams" '
        'in API group "image.openshift.io" in the namespace "shop"'
    )
    assert not contents.exists("shop", "app")


async def test_there_is_no_stream_without_a_namespace(world: World, contents: Contents) -> None:
    with pytest.raises(StatusError, match='namespaces "nowhere" not found'):
        await world.kinds.arrivals.ensure_stream("nowhere", "app", world.ask(ALICE))


async def test_two_first_pushes_at_once_make_one_stream(world: World, contents: Contents) -> None:
    ask: Ask = world.ask()
    await asyncio.gather(*(world.kinds.arrivals.ensure_stream("shop", "app", ask) for _ in range(5)))
    assert contents.exists("shop", "app")
