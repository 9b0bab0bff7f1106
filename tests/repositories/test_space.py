"""How many bytes may be on their way at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from roadstead.base.errors import Unavailable
from roadstead.remote.errors import Kind, RemoteFailure
from roadstead.repositories import space as spaces
from roadstead.repositories.space import Space, Turns


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def test_a_blob_takes_its_room_once_and_gives_it_back() -> None:
    space = Space(100)
    async with space.reserved() as room:
        await room.take(60)
        await room.take(60)
        assert space.free == 40
    assert space.free == 100


async def test_a_blob_waits_until_there_is_room() -> None:
    space, order = Space(100), []

    async def fetch(name: str, size: int) -> None:
        async with space.reserved() as room:
            await room.take(size)
            order.append(name)
            await asyncio.sleep(0.01)

    await asyncio.gather(fetch("first", 80), fetch("second", 80))
    assert order == ["first", "second"]
    assert space.free == 100


async def test_a_blob_larger_than_everything_is_refused_with_the_setting_that_says_so() -> None:
    async with Space(100).reserved() as room:
        with pytest.raises(RemoteFailure, match=r"pullthrough\.space_bytes") as refused:
            await room.take(101)
    assert refused.value.kind is Kind.TOO_LARGE


async def test_waiting_ends_with_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spaces, "WAIT_SECONDS", 0.01)
    space = Space(100)
    async with space.reserved() as first, space.reserved() as second:
        await first.take(100)
        with pytest.raises(Unavailable, match="no room"):
            await second.take(1)


async def test_more_bytes_than_were_told_are_not_taken() -> None:
    async with Space(100).reserved() as room:
        await room.take(10)
        with pytest.raises(RemoteFailure) as refused:
            assert [each async for each in room.limited(chunks(b"12345", b"67890", b"1"), 0)]
    assert refused.value.kind is Kind.TOO_LARGE


async def test_a_blob_of_unknown_size_may_have_what_is_left_for_such() -> None:
    async with Space(100).reserved() as room:
        await room.take(None)
        assert room.held == 100


async def test_blobs_take_turns() -> None:
    turns, running, most = Turns(4), set[int](), 0

    async def fetch(number: int) -> None:
        nonlocal most
        async with turns.turn(f"namespace{number % 3}"):
            running.add(number)
            most = max(most, len(running))
            await asyncio.sleep(0.001)
            running.remove(number)

    await asyncio.gather(*(fetch(number) for number in range(20)))
    assert most == 4


async def test_one_namespace_cannot_take_all_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spaces, "WAIT_SECONDS", 0.01)
    turns = Turns(4)
    async with turns.turn("slow"), turns.turn("slow"):
        with pytest.raises(Unavailable, match="too many blobs"):
            async with turns.turn("slow"):
                pass
        async with turns.turn("other"):
            pass
    async with turns.turn("slow"):
        pass
