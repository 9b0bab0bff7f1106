"""The filesystem uploads keep the contract, and what is special to files and threads."""

import asyncio
import os
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadstead.base.errors import NotFound, StorageFull
from roadstead.blobs import uploads as module
from roadstead.blobs.filesystem import FilesystemBlobs
from roadstead.blobs.store import BlobStore, DigestMismatch, Uploads
from roadstead.blobs.uploads import BATCH, FilesystemUploads
from roadstead.oci.digest import Digest
from roadstead.testing.blob_contract import BODY, UploadsContract, kept, offset_of, pieces

LARGE = b"".join(number.to_bytes(8) for number in range((3 * BATCH + 4096) // 8))


class TestFilesystemUploads(UploadsContract):
    pass


def test_the_driver_has_the_shape_of_both_ports(blobs: FilesystemBlobs, uploads: FilesystemUploads) -> None:
    ports: tuple[BlobStore, Uploads] = blobs, uploads
    assert ports


def folder_of(blobs: FilesystemBlobs, id: str) -> Path:
    return Path(blobs.folders.root) / "uploads" / id


def restarted(blobs: FilesystemBlobs, threads: ThreadPoolExecutor) -> FilesystemUploads:
    return FilesystemUploads(FilesystemBlobs(blobs.folders.root, threads))


@pytest.mark.parametrize("piece", [1000, 64 << 10, BATCH, 5 * BATCH])
async def test_a_body_of_several_batches_arrives_whole(
    blobs: FilesystemBlobs, uploads: FilesystemUploads, piece: int
) -> None:
    id = await uploads.start({})
    parts = [LARGE[at : at + piece] for at in range(0, len(LARGE), piece)]
    assert await uploads.append(id, 0, pieces(*parts)) == len(LARGE)
    await uploads.finish(id, Digest.of(LARGE))
    assert await kept(blobs, Digest.of(LARGE)) == LARGE
    assert list((Path(blobs.folders.root) / "uploads").iterdir()) == []


@given(
    cuts=st.lists(st.integers(0, len(BODY)), max_size=12).map(sorted),
    ends=st.lists(st.sampled_from(["append", "broken", "cancelled", "restart", "same"]), min_size=13, max_size=13),
    batch=st.sampled_from([1, 100, 4096, BATCH]),
)
def test_any_split_into_chunks_appends_and_interruptions_gives_the_same_blob(
    tmp_path_factory: pytest.TempPathFactory,
    threads: ThreadPoolExecutor,
    cuts: list[int],
    ends: list[str],
    batch: int,
) -> None:
    parts = [BODY[start:end] for start, end in zip([0, *cuts], [*cuts, len(BODY)], strict=True)]
    errors = {"broken": ConnectionError(), "cancelled": asyncio.CancelledError()}

    async def story() -> None:
        blobs = FilesystemBlobs(tmp_path_factory.getbasetemp() / "splits", threads)
        uploads, waiting = FilesystemUploads(blobs), list[bytes]()
        id = await uploads.start({})
        for part, end in zip(parts, ends, strict=False):
            waiting.append(part)
            if end == "same":
                continue
            try:
                await uploads.append(id, await offset_of(uploads, id), pieces(*waiting, then=errors.get(end)))
            except (ConnectionError, asyncio.CancelledError):
                assert end in errors
            waiting.clear()
            if end == "restart":
                uploads = restarted(blobs, threads)
        await uploads.append(id, await offset_of(uploads, id), pieces(*waiting))
        assert await uploads.finish(id, Digest.of(BODY)) == len(BODY)
        assert await kept(blobs, Digest.of(BODY)) == BODY

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BATCH", batch)
        asyncio.run(story())


@given(bit=st.integers(0, len(BODY) * 8 - 1), while_away=st.booleans())
def test_any_flipped_bit_is_found(
    tmp_path_factory: pytest.TempPathFactory, threads: ThreadPoolExecutor, bit: int, while_away: bool
) -> None:
    flipped = bytearray(BODY)
    flipped[bit // 8] ^= 1 << bit % 8

    async def story() -> None:
        blobs = FilesystemBlobs(tmp_path_factory.getbasetemp() / "flips", threads)
        uploads = FilesystemUploads(blobs)
        id = await uploads.start({})
        await uploads.append(id, 0, pieces(BODY if while_away else bytes(flipped)))
        if while_away:
            (folder_of(blobs, id) / "data").write_bytes(flipped)
            uploads = restarted(blobs, threads)
        with pytest.raises(DigestMismatch):
            await uploads.finish(id, Digest.of(BODY))
        assert await blobs.size(Digest.of(BODY)) is None

    asyncio.run(story())


async def test_an_upload_goes_on_after_a_restart(
    blobs: FilesystemBlobs, uploads: FilesystemUploads, threads: ThreadPoolExecutor
) -> None:
    id = await uploads.start({"repository": "shop/web"})
    await uploads.append(id, 0, pieces(BODY[:4000]))
    again = restarted(blobs, threads)
    assert await again.recover() == 0
    upload = await again.status(id)
    assert upload is not None
    assert (upload.offset, upload.note) == (4000, {"repository": "shop/web"})
    await again.append(id, 4000, pieces(BODY[4000:]))
    await again.finish(id, Digest.of(BODY))
    assert await kept(blobs, Digest.of(BODY)) == BODY


async def test_hashes_beyond_those_kept_are_made_again_from_the_file(
    uploads: FilesystemUploads, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LIVE_KEPT", 2)
    ids = [await uploads.start({}) for _ in range(5)]
    for id in ids:
        await uploads.append(id, 0, pieces(BODY))
    for id in ids:
        assert await uploads.finish(id, Digest.of(BODY)) == len(BODY)


async def test_no_more_than_two_batches_are_in_memory(
    uploads: FilesystemUploads, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = written = most = 0
    write = os.write

    def counting(fd: int, data: memoryview) -> int:
        nonlocal written
        done = write(fd, data)
        written += done
        return done

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken, most
        for _ in range(12):
            yield bytes(BATCH // 2)
            taken += BATCH // 2
            most = max(most, taken - written)

    id = await uploads.start({})
    monkeypatch.setattr(os, "write", counting)
    await uploads.append(id, 0, endless())
    assert written == 6 * BATCH
    assert most <= 2 * BATCH + BATCH // 2


async def test_a_cancelled_append_leaves_no_thread_behind_and_keeps_what_came(
    blobs: FilesystemBlobs, uploads: FilesystemUploads
) -> None:
    id = await uploads.start({})
    hanging = asyncio.Event()

    async def stuck() -> AsyncIterator[bytes]:
        yield LARGE
        hanging.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(uploads.append(id, 0, stuck()))
    await hanging.wait()
    task.cancel()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await offset_of(uploads, id) == len(LARGE)
    await uploads.finish(id, Digest.of(LARGE))
    assert await kept(blobs, Digest.of(LARGE)) == LARGE


async def test_a_sweep_goes_by_the_last_write(blobs: FilesystemBlobs, uploads: FilesystemUploads) -> None:
    now = datetime.now(UTC)
    old, resumed, fresh = [await uploads.start({}) for _ in range(3)]
    for id in (old, resumed):
        long_ago = (now - timedelta(days=8)).timestamp()
        os.utime(folder_of(blobs, id) / "data", (long_ago, long_ago))
    await uploads.append(resumed, 0, pieces(b"more"))
    (Path(blobs.folders.root) / "uploads" / "lost+found").mkdir()
    assert await uploads.sweep(now - timedelta(days=7)) == [old]
    assert [await uploads.status(id) is None for id in (old, resumed, fresh)] == [True, False, False]
    assert not folder_of(blobs, old).exists()


async def test_recovery_removes_uploads_half_made_or_half_removed(
    blobs: FilesystemBlobs, uploads: FilesystemUploads
) -> None:
    assert await uploads.recover() == 0
    unmade, finished, torn, whole = [await uploads.start({}) for _ in range(4)]
    (folder_of(blobs, unmade) / "note.json").unlink()
    (folder_of(blobs, finished) / "data").unlink()
    (folder_of(blobs, torn) / "note.json").write_bytes(b'{"repos')
    assert await uploads.recover() == 3
    assert [path.name for path in folder_of(blobs, whole).parent.iterdir()] == [whole]


async def test_an_upload_cancelled_while_it_is_finished_makes_no_blob(
    blobs: FilesystemBlobs, uploads: FilesystemUploads, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = await uploads.start({})
    await uploads.append(id, 0, pieces(BODY))
    sync = os.fsync

    def cancelled_meanwhile(fd: int) -> None:
        (folder_of(blobs, id) / "data").unlink(missing_ok=True)
        sync(fd)

    monkeypatch.setattr(os, "fsync", cancelled_meanwhile)
    with pytest.raises(NotFound):
        await uploads.finish(id, Digest.of(BODY))
    assert await blobs.size(Digest.of(BODY)) is None


async def test_after_a_failed_sync_no_byte_is_claimed_to_be_stored(
    blobs: FilesystemBlobs, uploads: FilesystemUploads, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = await uploads.start({})
    await uploads.append(id, 0, pieces(BODY))

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageFull):
        await uploads.finish(id, Digest.of(BODY))
    monkeypatch.undo()
    assert await blobs.size(Digest.of(BODY)) is None
    assert await offset_of(uploads, id) == 0
    await uploads.append(id, 0, pieces(bytes(len(BODY))))
    with pytest.raises(DigestMismatch):
        await uploads.finish(id, Digest.of(BODY))
    await uploads.cancel(id)
    id = await uploads.start({})
    await uploads.append(id, 0, pieces(BODY))
    assert await uploads.finish(id, Digest.of(BODY)) == len(BODY)
