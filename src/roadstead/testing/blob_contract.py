"""What every blob store and every uploads driver must do: subclass in a test, with fixtures `blobs` and `uploads`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from roadstead.base.errors import Conflict, NotFound, OutOfRange, TooLarge
from roadstead.blobs.store import BlobStore, DigestMismatch, Uploads
from roadstead.oci.digest import EMPTY, Digest

BODY = bytes(range(256)) * 40
HOSTILE_IDS = ["", ".", "..", "../blobs", "a/b", "x\0y", "%2e%2e", "not-a-uuid", "6B0D3B1E-0000-4000-8000-000000000000"]
UNKNOWN_ID = "6b0d3b1e-0000-4000-8000-000000000000"


async def pieces(*parts: bytes, then: BaseException | None = None) -> AsyncIterator[bytes]:
    """A stream of these parts, which may end in an error."""
    for part in parts:
        yield part
    if then is not None:
        raise then


async def kept(blobs: BlobStore, digest: Digest) -> bytes | None:
    """All bytes of a blob as its readers get them."""
    opened = await blobs.open(digest)
    if opened is None:
        return None
    try:
        return b"".join([piece async for piece in opened.read()])
    finally:
        opened.close()


async def offset_of(uploads: Uploads, id: str) -> int:
    """The number of bytes an upload holds."""
    upload = await uploads.status(id)
    assert upload is not None
    return upload.offset


class BlobStoreContract:
    """Duties of a BlobStore."""

    async def test_what_was_put_can_be_read_whole_and_in_part(self, blobs: BlobStore) -> None:
        digest = Digest.of(BODY)
        await blobs.put(digest, BODY)
        opened = await blobs.open(digest)
        assert opened is not None
        assert opened.size == len(BODY) == await blobs.size(digest)
        assert await blobs.get(digest, limit=len(BODY)) == BODY
        for start, length in [(0, None), (0, 0), (5, 1), (300, 700), (len(BODY) - 3, 3), (len(BODY) - 3, 99)]:
            end = None if length is None else start + length
            assert b"".join([piece async for piece in opened.read(start, length)]) == BODY[start:end]
        assert [piece async for piece in opened.read(len(BODY), 5)] == []
        opened.close()
        opened.close()

    @pytest.mark.parametrize("algorithm", ["sha256", "sha384", "sha512"])
    async def test_the_empty_blob_is_a_blob(self, blobs: BlobStore, algorithm: str) -> None:
        digest = Digest.of(b"", algorithm)
        await blobs.put(digest, b"")
        assert await blobs.size(digest) == 0
        assert await blobs.get(digest, limit=0) == b""
        assert await kept(blobs, digest) == b""

    async def test_a_blob_never_put_is_absent_everywhere(self, blobs: BlobStore) -> None:
        digest = Digest.of(b"never")
        assert await blobs.size(digest) is None
        assert await blobs.open(digest) is None
        assert await blobs.get(digest, limit=10) is None
        assert await blobs.delete(digest) is False
        assert [found async for found in blobs.walk()] == []

    async def test_other_bytes_than_the_digest_names_are_refused_and_not_kept(self, blobs: BlobStore) -> None:
        digest = Digest.of(BODY)
        with pytest.raises(DigestMismatch) as refused:
            await blobs.put(digest, BODY + b"!")
        assert refused.value.expected == digest
        assert refused.value.found == Digest.of(BODY + b"!")
        assert await blobs.size(digest) is None

    async def test_get_reads_no_more_than_its_limit(self, blobs: BlobStore) -> None:
        await blobs.put(Digest.of(BODY), BODY)
        with pytest.raises(TooLarge, match=str(len(BODY))):
            await blobs.get(Digest.of(BODY), limit=len(BODY) - 1)

    async def test_an_open_blob_stays_readable_when_it_is_deleted(self, blobs: BlobStore) -> None:
        digest = Digest.of(BODY)
        await blobs.put(digest, BODY)
        opened = await blobs.open(digest)
        assert opened is not None
        assert await blobs.delete(digest) is True
        assert await blobs.size(digest) is None
        assert b"".join([piece async for piece in opened.read()]) == BODY
        opened.close()

    async def test_a_blob_put_twice_or_again_after_a_loss_is_there(self, blobs: BlobStore) -> None:
        digest = Digest.of(BODY)
        await asyncio.gather(blobs.put(digest, BODY), blobs.put(digest, BODY))
        await blobs.delete(digest)
        await blobs.put(digest, BODY)
        assert await kept(blobs, digest) == BODY

    async def test_a_walk_meets_every_blob_once_and_bears_deletions_on_the_way(self, blobs: BlobStore) -> None:
        bodies = [str(number).encode() for number in range(40)]
        before = datetime.now(UTC) - timedelta(minutes=1)
        for body in bodies:
            await blobs.put(Digest.of(body), body)
        met = {}
        async for found in blobs.walk():
            assert found.digest not in met
            assert before < found.modified < datetime.now(UTC) + timedelta(minutes=1)
            met[found.digest] = found.size
            await blobs.delete(found.digest)
        assert met == {Digest.of(body): len(body) for body in bodies}
        assert [found async for found in blobs.walk()] == []


class UploadsContract:
    """Duties of Uploads, together with the store its blobs end in."""

    async def test_an_upload_becomes_a_blob_and_is_then_gone(self, blobs: BlobStore, uploads: Uploads) -> None:
        id = await uploads.start({})
        assert await uploads.append(id, 0, pieces(BODY[:100])) == 100
        assert await uploads.append(id, 100, pieces(BODY[100:200], b"", BODY[200:])) == len(BODY)
        assert await blobs.size(Digest.of(BODY)) is None
        assert await uploads.finish(id, Digest.of(BODY)) == len(BODY)
        assert await kept(blobs, Digest.of(BODY)) == BODY
        assert await uploads.status(id) is None
        with pytest.raises(NotFound):
            await uploads.finish(id, Digest.of(BODY))

    async def test_an_upload_without_bytes_becomes_the_empty_blob(self, blobs: BlobStore, uploads: Uploads) -> None:
        id = await uploads.start({})
        assert await uploads.append(id, 0, pieces()) == 0
        assert await uploads.finish(id, EMPTY) == 0
        assert await kept(blobs, EMPTY) == b""

    async def test_status_tells_offset_note_and_start(self, uploads: Uploads) -> None:
        note = {"repository": "shop/web", "caller": {"name": "ärla"}, "algorithm": "sha256"}
        id = await uploads.start(note)
        note["caller"] = "changed later"
        await uploads.append(id, 0, pieces(b"abc"))
        upload = await uploads.status(id)
        assert upload is not None
        assert (upload.id, upload.offset) == (id, 3)
        assert upload.note == {"repository": "shop/web", "caller": {"name": "ärla"}, "algorithm": "sha256"}
        assert abs(upload.started - datetime.now(UTC)) < timedelta(minutes=1)

    @pytest.mark.parametrize("offset", [0, 2, 4])
    async def test_bytes_that_do_not_follow_are_refused_with_the_size_held(self, uploads: Uploads, offset: int) -> None:
        id = await uploads.start({})
        await uploads.append(id, 0, pieces(b"abc"))
        for parts in [(), (b"def",)]:
            with pytest.raises(OutOfRange, match="holds 3 bytes"):
                await uploads.append(id, offset, pieces(*parts))
        assert await offset_of(uploads, id) == 3

    @pytest.mark.parametrize("cut", [ConnectionError("gone"), asyncio.CancelledError()], ids=["broken", "cancelled"])
    async def test_bytes_before_a_broken_connection_stay(
        self, blobs: BlobStore, uploads: Uploads, cut: BaseException
    ) -> None:
        id = await uploads.start({})
        with pytest.raises(type(cut)):
            await uploads.append(id, 0, pieces(BODY[:700], BODY[700:900], then=cut))
        assert await offset_of(uploads, id) == 900
        await uploads.append(id, 900, pieces(BODY[900:]))
        await uploads.finish(id, Digest.of(BODY))
        assert await kept(blobs, Digest.of(BODY)) == BODY

    async def test_other_bytes_than_the_digest_names_leave_the_upload_as_it_is(
        self, blobs: BlobStore, uploads: Uploads
    ) -> None:
        id = await uploads.start({})
        await uploads.append(id, 0, pieces(BODY))
        wrong = Digest.of(b"something else")
        with pytest.raises(DigestMismatch) as refused:
            await uploads.finish(id, wrong)
        assert (refused.value.expected, refused.value.found) == (wrong, Digest.of(BODY))
        assert await blobs.size(wrong) is None
        assert await blobs.size(Digest.of(BODY)) is None
        assert await uploads.finish(id, Digest.of(BODY)) == len(BODY)

    @pytest.mark.parametrize("announced", [None, "sha256", "sha512", "md5", 7])
    @pytest.mark.parametrize("asked", ["sha256", "sha384", "sha512"])
    async def test_the_digest_at_the_end_chooses_the_algorithm(
        self, blobs: BlobStore, uploads: Uploads, announced: object, asked: str
    ) -> None:
        id = await uploads.start({} if announced is None else {"algorithm": announced})
        await uploads.append(id, 0, pieces(BODY))
        await uploads.finish(id, Digest.of(BODY, asked))
        assert await kept(blobs, Digest.of(BODY, asked)) == BODY

    async def test_an_upload_stops_at_its_limit(self, uploads: Uploads) -> None:
        id = await uploads.start({})
        assert await uploads.append(id, 0, pieces(b"1234"), limit=6) == 4
        with pytest.raises(TooLarge):
            await uploads.append(id, 4, pieces(b"5", b"6", b"7"), limit=6)
        held = await offset_of(uploads, id)
        assert 4 <= held <= 6
        assert await uploads.append(id, held, pieces(b"123456"[held:]), limit=6) == 6
        assert await uploads.finish(id, Digest.of(b"123456")) == 6

    async def test_only_one_request_writes_to_an_upload(self, uploads: Uploads) -> None:
        id = await uploads.start({})
        arriving: asyncio.Queue[bytes] = asyncio.Queue()

        async def slowly() -> AsyncIterator[bytes]:
            while chunk := await arriving.get():
                yield chunk

        first = asyncio.create_task(uploads.append(id, 0, slowly()))
        await asyncio.sleep(0)
        with pytest.raises(Conflict):
            await uploads.append(id, 0, pieces(b"x"))
        with pytest.raises(Conflict):
            await uploads.finish(id, EMPTY)
        assert await uploads.sweep(datetime.now(UTC) + timedelta(hours=1)) == []
        for chunk in (b"abc", b""):
            arriving.put_nowait(chunk)
        assert await first == 3
        assert await uploads.append(id, 3, pieces(b"d")) == 4

    async def test_an_upload_is_followed_while_it_grows_and_after_its_end(self, uploads: Uploads) -> None:
        id = await uploads.start({})
        followed = await uploads.follow(id)
        assert await followed.read(0, 10) == b""
        offset = await uploads.append(id, 0, pieces(BODY[:300]))
        assert await followed.read(100, 1000) == BODY[100:300]
        await uploads.append(id, offset, pieces(BODY[300:]))
        await uploads.finish(id, Digest.of(BODY))
        assert await followed.read(0, len(BODY)) == BODY
        followed.close()
        followed.close()

    async def test_a_cancelled_upload_stays_readable_to_who_follows_it(self, uploads: Uploads) -> None:
        id = await uploads.start({})
        await uploads.append(id, 0, pieces(BODY))
        followed = await uploads.follow(id)
        await uploads.cancel(id)
        assert await followed.read(5, 5) == BODY[5:10]
        followed.close()
        with pytest.raises(NotFound):
            await uploads.follow(id)

    @pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
    async def test_the_digest_of_what_is_held_can_be_asked(self, uploads: Uploads, algorithm: str) -> None:
        id = await uploads.start({})
        await uploads.append(id, 0, pieces(BODY[:300]))
        assert await uploads.digest(id, algorithm) == Digest.of(BODY[:300], algorithm)
        await uploads.append(id, 300, pieces(BODY[300:]))
        assert await uploads.digest(id, algorithm) == Digest.of(BODY, algorithm)

    async def test_two_uploads_of_the_same_bytes_both_succeed(self, blobs: BlobStore, uploads: Uploads) -> None:
        ids = [await uploads.start({}) for _ in range(8)]
        await asyncio.gather(*(uploads.append(id, 0, pieces(BODY[:50], BODY[50:])) for id in ids))
        sizes = await asyncio.gather(*(uploads.finish(id, Digest.of(BODY)) for id in ids))
        assert sizes == [len(BODY)] * 8
        assert await kept(blobs, Digest.of(BODY)) == BODY

    async def test_a_cancelled_upload_is_gone(self, uploads: Uploads) -> None:
        id = await uploads.start({})
        await uploads.append(id, 0, pieces(BODY))
        assert await uploads.cancel(id) is True
        assert await uploads.cancel(id) is False
        assert await uploads.status(id) is None
        with pytest.raises(NotFound):
            await uploads.append(id, len(BODY), pieces(b"more"))

    async def test_a_running_append_notices_that_its_upload_was_cancelled(self, uploads: Uploads) -> None:
        id = await uploads.start({})

        async def cancelled_on_the_way() -> AsyncIterator[bytes]:
            yield b"some"
            assert await uploads.cancel(id)
            yield b"more"

        with pytest.raises(NotFound):
            await uploads.append(id, 0, cancelled_on_the_way())
        assert await uploads.status(id) is None

    async def test_a_sweep_drops_only_what_is_idle(self, uploads: Uploads) -> None:
        ids = {await uploads.start({}) for _ in range(3)}
        assert await uploads.sweep(datetime.now(UTC) - timedelta(hours=1)) == []
        assert set(await uploads.sweep(datetime.now(UTC) + timedelta(hours=1))) == ids
        assert [await uploads.status(id) for id in ids] == [None, None, None]

    @pytest.mark.parametrize("id", [*HOSTILE_IDS, UNKNOWN_ID])
    async def test_an_id_never_given_out_is_simply_unknown(self, uploads: Uploads, id: str) -> None:
        assert await uploads.status(id) is None
        assert await uploads.cancel(id) is False
        for parts in [(), (b"x",)]:
            with pytest.raises(NotFound):
                await uploads.append(id, 0, pieces(*parts))
        with pytest.raises(NotFound):
            await uploads.finish(id, EMPTY)
