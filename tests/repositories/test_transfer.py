"""A blob on its way: stored as it comes, read by all who wait, whole or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadstead.blobs.filesystem import FilesystemBlobs
from roadstead.blobs.memory import MemoryBlobs, MemoryUploads
from roadstead.blobs.store import DigestMismatch
from roadstead.blobs.uploads import FilesystemUploads
from roadstead.oci.digest import Digest
from roadstead.repositories import transfer as transfers
from roadstead.repositories.transfer import Transfer

BODY = bytes(range(256)) * 300
DIGEST = Digest.of(BODY)


async def chunks(*parts: bytes, breaks: bool = False) -> AsyncIterator[bytes]:
    for part in parts:
        yield part
        await asyncio.sleep(0)
    if breaks:
        raise ConnectionError("the other side is gone")


async def begun(size: int = len(BODY)) -> tuple[Transfer, MemoryBlobs]:
    blobs = MemoryBlobs()
    transfer = await Transfer.begin(DIGEST, MemoryUploads(blobs))
    transfer.size = size
    return transfer, blobs


async def whole(transfer: Transfer, start: int = 0, length: int | None = None) -> bytes:
    reader = transfer.reader()
    try:
        return b"".join([piece async for piece in reader.read(start, length)])
    finally:
        reader.close()


async def test_readers_get_the_bytes_and_the_blob_is_kept() -> None:
    transfer, blobs = await begun()
    reading = [asyncio.create_task(whole(transfer)) for _ in range(5)]
    await transfer.take(chunks(BODY[:1000], BODY[1000:]))
    await transfer.keep()
    assert await asyncio.gather(*reading) == [BODY] * 5
    assert await blobs.get(DIGEST, len(BODY)) == BODY


@pytest.mark.parametrize(("start", "length"), [(0, None), (0, 1000), (500, 40_000), (len(BODY) - 1, None)])
async def test_the_last_byte_of_what_is_asked_for_waits_for_the_digest(start: int, length: int | None) -> None:
    transfer, _ = await begun()
    await transfer.take(chunks(BODY))
    reading = asyncio.create_task(whole(transfer, start, length))
    await asyncio.sleep(0.01)
    assert not reading.done()
    await transfer.keep()
    assert await reading == BODY[start : None if length is None else start + length]


async def test_wrong_bytes_are_refused_and_readers_are_cut_off() -> None:
    transfer, blobs = await begun()
    reading = asyncio.create_task(whole(transfer))
    await transfer.take(chunks(BODY[:-1], b"!"))
    with pytest.raises(DigestMismatch):
        await transfer.keep()
    await transfer.drop()
    with pytest.raises(ConnectionAbortedError):
        await reading
    assert await blobs.get(DIGEST, len(BODY)) is None


async def test_another_may_bring_the_rest() -> None:
    transfer, _ = await begun()
    reading = asyncio.create_task(whole(transfer))
    with pytest.raises(ConnectionError):
        await transfer.take(chunks(BODY[:5000], breaks=True))
    assert transfer.received == 5000
    await transfer.take(chunks(BODY[5000:]))
    await transfer.keep()
    assert await reading == BODY


async def test_a_reader_that_comes_late_reads_what_is_stored_and_then_follows() -> None:
    transfer, _ = await begun()
    await transfer.take(chunks(BODY[:40_000]))
    late = asyncio.create_task(whole(transfer))
    await transfer.take(chunks(BODY[40_000:]))
    await transfer.keep()
    assert await late == BODY


async def test_a_size_that_is_told_only_by_the_end_is_known_then() -> None:
    transfer, _ = await begun(size=-1)
    await transfer.take(chunks(BODY))
    await transfer.keep()
    assert transfer.size == len(BODY)


async def test_the_empty_blob_is_whole_at_once() -> None:
    digest, blobs = Digest.of(b""), MemoryBlobs()
    transfer = await Transfer.begin(digest, MemoryUploads(blobs))
    transfer.size = 0
    assert await whole(transfer) == b""
    await transfer.keep()
    assert await blobs.get(digest, 0) == b""


async def test_dropping_twice_or_after_the_end_is_harmless() -> None:
    transfer, blobs = await begun()
    await transfer.take(chunks(BODY))
    await transfer.keep()
    await transfer.drop()
    assert await blobs.get(DIGEST, len(BODY)) == BODY


async def test_a_reader_left_open_does_not_keep_the_file_when_the_others_are_gone(tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as executor:
        blobs = FilesystemBlobs(tmp_path / "store", executor)
        transfer = await Transfer.begin(DIGEST, FilesystemUploads(blobs))
        transfer.size = len(BODY)
        reader = transfer.reader()
        await transfer.take(chunks(BODY))
        await transfer.keep()
        assert b"".join([piece async for piece in reader.read(100, 50)]) == BODY[100:150]
        reader.close()
        reader.close()
        assert await blobs.get(DIGEST, len(BODY)) == BODY


@given(
    sizes=st.lists(st.integers(1, 40_000), min_size=1, max_size=8),
    starts=st.lists(st.integers(0, len(BODY)), min_size=1, max_size=4),
    batch=st.sampled_from([1, 1000, 50_000]),
    breaks=st.sets(st.integers(0, 7)),
)
def test_however_the_bytes_come_every_reader_gets_its_part_of_them(
    sizes: list[int], starts: list[int], batch: int, breaks: set[int]
) -> None:
    parts, at = [], 0
    for size in sizes:
        parts.append(BODY[at : at + size])
        at += size
    parts.append(BODY[at:])

    async def run() -> None:
        transfer, blobs = await begun()
        reading = [asyncio.create_task(whole(transfer, start)) for start in starts]
        for number, part in enumerate(each for each in parts if each):
            try:
                await transfer.take(chunks(part, breaks=number in breaks))
            except ConnectionError:
                pass
        await transfer.keep()
        assert await asyncio.gather(*reading) == [BODY[start:] for start in starts]
        assert await blobs.get(DIGEST, len(BODY)) == BODY

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transfers, "BATCH", batch)
        patch.setattr(transfers, "MOST_UNWRITTEN", 2 * batch)
        asyncio.run(run())
