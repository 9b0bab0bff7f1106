"""Lists that are too long to be held in memory are sent while they are read."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncGenerator

import orjson
import pytest

from roadstead.apimachinery import listing, longlists
from roadstead.base.values import Json
from tests.apimachinery.world import BOATS, Answer, World

COUNT = 23


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Long begins early."""
    monkeypatch.setattr(listing, "BATCH", 4)
    monkeypatch.setattr(listing, "LONG", 8)


@pytest.fixture
async def fleet(small: World) -> World:
    """More boats than that."""
    for number in range(COUNT):
        await small.make(f"b{number:02}", spec={"colour": "red" if number % 2 else "blue"})
    return small


async def text(answer: Answer) -> bytes:
    body = answer.reply.body
    assert isinstance(body, AsyncGenerator), "it is sent in pieces"
    return b"".join([piece async for piece in body])


def names(found: Json) -> list[str]:
    return [each["metadata"]["name"] for each in found["items"]]


async def test_a_long_list_is_whole_and_of_one_revision(fleet: World) -> None:
    answer = await fleet.ask("GET", BOATS)
    await fleet.ask("DELETE", f"{BOATS}/b22")
    await fleet.make("later")
    found = orjson.loads(await text(answer))
    assert (found["kind"], found["metadata"]) == ("BoatList", {"resourceVersion": str(COUNT)})
    assert names(found) == [f"b{number:02}" for number in range(COUNT)]


async def test_selectors_choose_in_long_lists_too(fleet: World) -> None:
    answer = await fleet.ask("GET", f"{BOATS}?fieldSelector=spec.colour%3Dred")
    assert names(orjson.loads(await text(answer))) == [f"b{number:02}" for number in range(1, COUNT, 2)]


async def test_a_long_list_is_compressed_on_its_way(fleet: World) -> None:
    answer = await fleet.ask("GET", BOATS, headers={"Accept-Encoding": "gzip"})
    assert answer.header("Content-Encoding") == "gzip"
    assert len(names(orjson.loads(gzip.decompress(await text(answer))))) == COUNT


async def test_a_long_list_is_worked_out_piece_by_piece_as_a_table_too(fleet: World) -> None:
    answer = await fleet.ask("GET", BOATS, headers={"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io"})
    table = orjson.loads(await text(answer))
    assert (table["kind"], table["metadata"]) == ("Table", {"resourceVersion": str(COUNT)})
    assert [column["name"] for column in table["columnDefinitions"]][:1] == ["Name"]
    assert [row["cells"][0] for row in table["rows"]] == [f"b{number:02}" for number in range(COUNT)]


async def test_a_long_list_of_metadata_is_sent_in_pieces(fleet: World) -> None:
    wanted = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
    found = orjson.loads(await text(await fleet.ask("GET", BOATS, headers={"Accept": wanted})))
    assert (found["kind"], found["metadata"]) == ("PartialObjectMetadataList", {"resourceVersion": str(COUNT)})
    assert names(found) == [f"b{number:02}" for number in range(COUNT)]


@pytest.mark.parametrize(("bound", "most"), [("AT_ONCE", 5), ("BYTES_AT_ONCE", 1500)])
@pytest.mark.parametrize("wanted", ["Table", "PartialObjectMetadataList"])
async def test_others_have_their_turn_between_the_pieces_of_a_table(
    fleet: World, monkeypatch: pytest.MonkeyPatch, wanted: str, bound: str, most: int
) -> None:
    monkeypatch.setattr(listing, "LONG", COUNT + 1)
    monkeypatch.setattr(longlists, bound, most)
    answer = await fleet.ask("GET", BOATS, headers={"Accept": f"application/json;as={wanted};v=v1;g=meta.k8s.io"})
    assert isinstance(answer.reply.body, AsyncGenerator)
    pieces = [piece async for piece in answer.reply.body]
    assert COUNT > len(pieces) > 4
    found = orjson.loads(b"".join(pieces))
    assert len(found.get("rows") or found["items"]) == COUNT


async def test_others_have_their_turn_while_large_objects_are_made_ready(
    fleet: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "LONG", COUNT + 1)
    monkeypatch.setattr(listing, "BATCH", COUNT + 1)
    monkeypatch.setattr(listing, "BYTES_AT_ONCE", 1000)
    turns, sleep = 0, asyncio.sleep

    async def counted(seconds: float) -> None:
        nonlocal turns
        turns += 1
        await sleep(seconds)

    monkeypatch.setattr(asyncio, "sleep", counted)
    assert names((await fleet.ask("GET", BOATS)).json) == [f"b{number:02}" for number in range(COUNT)]
    assert turns > 3


async def test_a_list_with_a_limit_is_sent_at_once(fleet: World) -> None:
    assert len((await fleet.ask("GET", f"{BOATS}?limit=20")).json["items"]) == 20


async def test_a_long_list_whose_past_is_forgotten_breaks_off(fleet: World) -> None:
    answer = await fleet.ask("GET", BOATS)
    await fleet.make("later")
    await fleet.store.compact(fleet.store.revision())
    with pytest.raises(ConnectionResetError, match="too old"):
        await text(answer)


async def test_everything_in_a_long_collection_is_deleted(fleet: World) -> None:
    answer = await fleet.ask("DELETE", BOATS)
    assert len(answer.json["items"]) == COUNT
    assert (await fleet.ask("GET", BOATS)).json["items"] == []
