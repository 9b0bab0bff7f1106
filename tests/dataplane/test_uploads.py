"""Uploads: whole, in chunks, streamed, mounted; resumed, cancelled, refused."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator
from urllib.parse import quote

import pytest

from roadstead.testing.builders import Content, image
from roadstead.testing.registry_client import ADDRESS, Answer, Client, House, Streamed, house_at, with_digest

UPLOADS = "/v2/shop/web/blobs/uploads/"
DATA = bytes(range(256)) * 1000
BLOB = Content(DATA)
URL = f"/v2/shop/web/blobs/{BLOB.digest}"
OTHER = Content(b"other bytes").digest
BIG = os.urandom(5 << 20)


async def assert_kept(client: Client, blob: Content = BLOB, repository: str = "shop/web") -> None:
    answer = await client.get(f"/v2/{repository}/blobs/{blob.digest}")
    assert (answer.status, answer.body) == (200, blob.data)


def range_of(answer: Answer) -> int:
    """How many bytes the answer says are kept, as far as it can say."""
    found = re.fullmatch(r"0-([0-9]+)", answer.headers["Range"])
    assert found is not None
    return int(found[1]) + 1


async def test_a_new_upload_says_where_it_goes_on(house: House) -> None:
    for target in (UPLOADS, UPLOADS.rstrip("/")):
        answer = await house.person("pusher").post(target)
        assert answer.status == 202
        uuid = answer.headers["Docker-Upload-UUID"]
        assert re.fullmatch(re.escape(f"{ADDRESS}{UPLOADS}{uuid}?_state=") + r"[\w.=-]+", answer.headers["Location"])
        assert (answer.headers["Range"], answer.headers["Content-Length"]) == ("0-0", "0")


@pytest.mark.parametrize("algorithm", ["sha256", "sha384", "sha512"])
@pytest.mark.parametrize("declared", ["", "?digest-algorithm=sha256", "?digest-algorithm=sha512"])
async def test_the_digest_at_the_end_decides_whatever_algorithm_was_declared(
    house: House, algorithm: str, declared: str
) -> None:
    blob = Content(DATA, algorithm=algorithm)
    started = await house.admin.start("shop/web", declared)
    answer = await house.admin.put(with_digest(started.location, blob.digest), DATA)
    assert (answer.status, answer.digest, answer.body) == (201, blob.digest, b"")
    assert answer.headers["Location"] == f"{ADDRESS}/v2/shop/web/blobs/{blob.digest}"
    await assert_kept(house.admin, blob)
    assert house.leftovers() == []


async def test_an_algorithm_nobody_knows_is_refused_before_any_byte(house: House) -> None:
    for query in ("?digest-algorithm=md5", "?digest-algorithm=", "?digest-algorithm=%ff", "?digest=md5:" + "0" * 32):
        answer = await house.admin.start("shop/web", query)
        if query.endswith("="):
            assert answer.status in (202, 400)
            continue
        assert (answer.status, answer.code) == (400, "DIGEST_INVALID")
        assert "sha256, sha384, sha512" in answer.message


@pytest.mark.parametrize("body", [DATA, Streamed(DATA[:9], DATA[9:])], ids=["with a length", "chunked"])
async def test_a_whole_blob_in_one_post(house: House, body: bytes | Streamed) -> None:
    answer = await house.admin.post(f"{UPLOADS}?digest={BLOB.digest}", body)
    assert (answer.status, answer.digest, answer.location) == (201, BLOB.digest, URL)
    await assert_kept(house.admin)
    assert house.leftovers() == []


async def test_a_post_with_a_digest_and_no_body_is_an_upload_like_any_other(house: House) -> None:
    started = await house.admin.post(f"{UPLOADS}?digest={BLOB.digest}")
    assert started.status == 202
    assert (await house.admin.put(with_digest(started.location, BLOB.digest), DATA)).status == 201


async def test_one_post_whose_bytes_lie_or_break_off_leaves_nothing(house: House) -> None:
    answer = await house.admin.post(f"{UPLOADS}?digest={OTHER}", DATA)
    assert (answer.status, answer.code) == (400, "DIGEST_INVALID")
    assert BLOB.digest in answer.message
    with pytest.raises(ConnectionError):
        await house.admin.post(f"{UPLOADS}?digest={BLOB.digest}", Streamed(DATA[:100], breaks=True))
    assert house.leftovers() == []
    assert (await house.admin.head(URL)).status == 404


async def test_chunks_in_order_each_told_where_the_next_one_begins(house: House) -> None:
    at, answer = 0, await house.admin.start("shop/web")
    for size in (1, 255, 100_000, 155_744):
        chunk = DATA[at : at + size]
        answer = await house.admin.patch(answer.location, chunk, Content_Range=f"{at}-{at + size - 1}")
        at += size
        assert (answer.status, range_of(answer), answer.headers["Content-Length"]) == (202, at, "0")
        status = await house.admin.get(answer.location)
        assert (status.status, range_of(status), status.body) == (204, at, b"")
        assert status.headers["Docker-Upload-UUID"] == answer.headers["Docker-Upload-UUID"]
    finished = await house.admin.put(with_digest(answer.location, BLOB.digest))
    assert finished.status == 201
    await assert_kept(house.admin)


async def test_a_stream_without_length_or_range_and_an_empty_end(house: House) -> None:
    """As docker, podman and oc do it."""
    blob, started = Content(BIG), await house.admin.start("shop/web")
    pieces = [BIG[at : at + 65_536] for at in range(0, len(BIG), 65_536)]
    sent = await house.admin.patch(started.location, Streamed(*pieces), Content_Type="text/whatever")
    assert (sent.status, range_of(sent)) == (202, len(BIG))
    assert (await house.admin.put(with_digest(sent.location, blob.digest))).status == 201
    await assert_kept(house.admin, blob)


async def test_the_last_chunk_may_come_with_the_end(house: House) -> None:
    started = await house.admin.start("shop/web")
    sent = await house.admin.patch(started.location, DATA[:1000])
    end = f"1000-{len(DATA) - 1}"
    wrong = await house.admin.put(
        with_digest(sent.location, BLOB.digest), DATA[999:], Content_Range=f"999-{len(DATA) - 1}"
    )
    assert (wrong.status, wrong.code) == (416, "RANGE_INVALID")
    answer = await house.admin.put(with_digest(sent.location, BLOB.digest), DATA[1000:], Content_Range=end)
    assert answer.status == 201, answer
    await assert_kept(house.admin)


async def test_a_digest_may_come_first_in_an_address_built_from_the_uuid_alone(house: House) -> None:
    uuid = (await house.admin.start("shop/web")).headers["Docker-Upload-UUID"]
    assert (await house.admin.patch(f"{UPLOADS}{uuid}", DATA)).status == 202
    assert (await house.admin.put(f"{UPLOADS}{uuid}?digest={quote(BLOB.digest)}")).status == 201


OUT_OF_ORDER = ["11-20", "9-18", "0-9", "100000000-100000009", "9" * 5000 + "-" + "9" * 5000]


@pytest.mark.parametrize("content_range", OUT_OF_ORDER, ids=range(len(OUT_OF_ORDER)))
async def test_a_chunk_out_of_order_is_416_and_the_upload_goes_on_from_where_it_was(
    house: House, content_range: str
) -> None:
    started = await house.admin.start("shop/web")
    sent = await house.admin.patch(started.location, DATA[:10], Content_Range="0-9")
    wrong = await house.admin.patch(sent.location, b"x" * 10, Content_Range=content_range)
    assert (wrong.status, wrong.code) == (416, "RANGE_INVALID")
    assert "the upload holds 10 bytes" in wrong.message
    status = await house.admin.get(sent.location)
    assert (status.status, range_of(status)) == (204, 10)
    answer = await house.admin.patch(status.location, DATA[10:], Content_Range=f"10-{len(DATA) - 1}")
    assert (await house.admin.put(with_digest(answer.location, BLOB.digest))).status == 201


@pytest.mark.parametrize("content_range", ["x", "0", "5-0", "bytes 0-9/10", "-", "0-9-", "\udcff-1", "\u0661-\u0662"])
async def test_a_content_range_that_is_none_is_416_by_rule(house: House, content_range: str) -> None:
    started = await house.admin.start("shop/web")
    answer = await house.admin.patch(started.location, b"x" * 10, Content_Range=content_range)
    assert (answer.status, answer.code) == (416, "RANGE_INVALID")
    assert "Content-Range" in answer.message


@pytest.mark.parametrize("body", [b"123", Streamed(b"1", b"23"), b"12345678", Streamed(b"1234", b"5678")])
async def test_a_chunk_must_have_the_length_its_range_says(house: House, body: bytes | Streamed) -> None:
    started = await house.admin.start("shop/web")
    answer = await house.admin.patch(started.location, body, Content_Range="0-4")
    assert (answer.status, answer.code) == (400, "SIZE_INVALID")
    assert "the Content-Range spans 5 bytes" in answer.message
    assert range_of(await house.admin.get(started.location)) <= 5


async def test_an_old_state_is_416_and_the_new_one_is_told(house: House) -> None:
    started = await house.admin.start("shop/web")
    await house.admin.patch(started.location, DATA[:1000])
    for method, target in (("PATCH", started.location), ("PUT", with_digest(started.location, BLOB.digest))):
        answer = await house.admin.ask(method, target, DATA[1000:])
        assert (answer.status, answer.code) == (416, "RANGE_INVALID")
        assert "holds 1000 bytes" in answer.message
    status = await house.admin.get(started.location)
    assert (await house.admin.put(with_digest(status.location, BLOB.digest), DATA[1000:])).status == 201


STATES = [
    "x",
    "0",
    "0.",
    ".",
    "-1.AAAA",
    "0.AAAAAAAAAAAAAAAAAAAA",
    "\u0660.x",
    "0.\u00e9",
    "0.\udcff",
    "9" * 5000 + ".x",
    "%00",
]


@pytest.mark.parametrize("state", STATES, ids=range(len(STATES)))
async def test_a_state_that_is_not_ours_is_refused(house: House, state: str) -> None:
    started = await house.admin.start("shop/web")
    target = f"{started.location.partition('=')[0]}={state if state.isascii() else state}"
    for method in ("PATCH", "PUT", "DELETE"):
        answer = await house.admin.ask(method, with_digest(target, BLOB.digest), DATA)
        assert (answer.status, answer.code) == (404, "BLOB_UPLOAD_INVALID"), method
    assert (await house.admin.get(target)).status == 204


async def test_a_state_of_another_upload_is_refused(house: House) -> None:
    one, two = await house.admin.start("shop/web"), await house.admin.start("shop/web")
    mixed = f"{one.location.partition('=')[0]}={two.location.partition('=')[2]}"
    assert (await house.admin.patch(mixed, DATA)).code == "BLOB_UPLOAD_INVALID"


@pytest.mark.parametrize(
    "digest", ["", "x", "sha256:", "sha256:ab", "md5:" + "0" * 32, "sha256:" + "F" * 64, "%ff:%00"]
)
async def test_an_end_without_a_digest_is_refused_and_keeps_the_bytes(house: House, digest: str) -> None:
    started = await house.admin.start("shop/web")
    sent = await house.admin.patch(started.location, DATA)
    answer = await house.admin.put(with_digest(sent.location, digest))
    assert (answer.status, answer.code) == (400, "DIGEST_INVALID")
    assert answer.error["detail"] == ("digest parsing failed" if digest else "digest missing")
    assert (await house.admin.put(with_digest(sent.location, BLOB.digest))).status == 201


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
async def test_a_digest_that_lies_is_refused_and_the_right_one_then_accepted(house: House, algorithm: str) -> None:
    started = await house.admin.start("shop/web")
    wrong = Content(b"other", algorithm=algorithm).digest
    answer = await house.admin.put(with_digest(started.location, wrong), DATA)
    assert (answer.status, answer.code) == (400, "DIGEST_INVALID")
    assert Content(DATA, algorithm=algorithm).digest in answer.message
    assert (await house.admin.head(f"/v2/shop/web/blobs/{wrong}")).status == 404
    status = await house.admin.get(started.location)
    assert (await house.admin.put(with_digest(status.location, BLOB.digest))).status == 201


async def test_a_cancelled_upload_is_gone(house: House) -> None:
    started = await house.admin.start("shop/web")
    sent = await house.admin.patch(started.location, DATA)
    assert (await house.admin.delete(sent.location)).status == 204
    assert house.leftovers() == []
    for method in ("GET", "PATCH", "PUT", "DELETE"):
        answer = await house.admin.ask(method, with_digest(sent.location, BLOB.digest), DATA)
        assert (answer.status, answer.code) == (404, "BLOB_UPLOAD_UNKNOWN")


async def test_a_finished_upload_is_over(house: House) -> None:
    started = await house.admin.start("shop/web")
    target = with_digest(started.location, BLOB.digest)
    assert (await house.admin.put(target, DATA)).status == 201
    assert (await house.admin.put(target, DATA)).code == "BLOB_UPLOAD_UNKNOWN"
    assert (await house.admin.get(target)).code == "BLOB_UPLOAD_UNKNOWN"


@pytest.mark.parametrize(
    "upload", ["x", "..", "%2e%2e", "%2Fetc", "0" * 36, "12345678-1234-1234-1234-123456789012", "%00", "\udcff"]
)
async def test_an_id_that_never_was_is_unknown(house: House, upload: str) -> None:
    for method in ("GET", "PATCH", "PUT", "DELETE"):
        answer = await house.admin.ask(method, f"{UPLOADS}{upload}?digest={BLOB.digest}", DATA)
        assert (answer.status, answer.code) == (404, "BLOB_UPLOAD_UNKNOWN"), method


async def test_an_upload_belongs_to_one_caller_and_one_repository(house: House) -> None:
    started = await house.person("pusher").start("shop/web")
    path = started.location.partition("?")[0]
    elsewhere = path.replace("/shop/web/", "/shop/app/")
    for who, target in (("builder", path), ("builder", started.location), ("pusher", elsewhere)):
        for method in ("GET", "PATCH", "PUT", "DELETE"):
            answer = await house.person(who).ask(method, target, DATA)
            assert answer.code in ("BLOB_UPLOAD_UNKNOWN", "DIGEST_INVALID"), (who, method)
    assert (await house.admin.get(path)).code == "BLOB_UPLOAD_UNKNOWN"
    assert (await house.person("pusher").get(path)).headers["Range"] == "0-0"


@pytest.mark.parametrize("before", [0, 1, 3_000_000])
async def test_a_client_that_breaks_off_goes_on_from_what_arrived(house: House, before: int) -> None:
    blob, started = Content(BIG), await house.admin.start("shop/web")
    with pytest.raises(ConnectionError):
        await house.admin.patch(started.location, Streamed(BIG[:before], breaks=True))
    status = await house.admin.get(started.location)
    assert range_of(status) == max(before, 1)
    answer = await house.admin.patch(status.location, BIG[before:], Content_Range=f"{before}-{len(BIG) - 1}")
    assert (await house.admin.put(with_digest(answer.location, blob.digest))).status == 201
    await assert_kept(house.admin, blob)


async def test_an_upload_survives_a_restart_of_the_server(house: House) -> None:
    started = await house.person("pusher").start("shop/web")
    sent = await house.person("pusher").patch(started.location, DATA[:100_000])
    await house.app.close()
    async with house_at(house.folder) as again:
        status = await again.person("pusher").get(sent.location)
        assert (status.status, range_of(status)) == (204, 100_000)
        assert (await again.person("builder").get(sent.location)).code == "BLOB_UPLOAD_UNKNOWN"
        answer = await again.person("pusher").put(with_digest(sent.location, BLOB.digest), DATA[100_000:])
        assert answer.status == 201
        await assert_kept(again.admin)
        assert again.leftovers() == []


class Held:
    """A body that waits in the middle."""

    def __init__(self, *pieces: bytes) -> None:
        self._pieces, self.waiting, self.go_on = pieces, asyncio.Event(), asyncio.Event()

    async def chunks(self) -> AsyncIterator[bytes]:
        yield self._pieces[0]
        self.waiting.set()
        await self.go_on.wait()
        for piece in self._pieces[1:]:
            yield piece


async def test_a_second_writer_is_told_to_try_again_and_harms_nothing(house: House) -> None:
    started, body = await house.admin.start("shop/web"), Held(DATA[:1000], DATA[1000:])
    writing = asyncio.create_task(house.admin.patch(started.location, body))
    await body.waiting.wait()
    for method in ("PATCH", "PUT"):
        second = await house.admin.ask(method, with_digest(started.location, BLOB.digest), DATA)
        assert (second.status, second.code) == (503, "UNAVAILABLE")
        assert int(second.headers["Retry-After"]) >= 1
        assert "another request is writing" in second.message
    body.go_on.set()
    sent = await writing
    assert (await house.admin.put(with_digest(sent.location, BLOB.digest))).status == 201


async def test_an_upload_cancelled_under_a_writer_is_unknown_to_it(house: House) -> None:
    for method in ("PATCH", "PUT"):
        started, body = await house.admin.start("shop/web"), Held(DATA[:1000], DATA[1000:])
        target = with_digest(started.location, BLOB.digest)
        writing = asyncio.create_task(house.admin.ask(method, target, body))
        await body.waiting.wait()
        assert (await house.admin.delete(started.location)).status == 204
        body.go_on.set()
        answer = await writing
        assert (answer.status, answer.code) == (404, "BLOB_UPLOAD_UNKNOWN")
        assert house.leftovers() == []


async def test_the_same_blob_uploaded_twice_at_once_succeeds_twice(house: House) -> None:
    pushed = await asyncio.gather(*(house.admin.push_blob("shop/web", BLOB) for _ in range(6)))
    assert {each.status for each in pushed} == {201}
    await assert_kept(house.admin)
    assert house.leftovers() == []


async def test_a_blob_larger_than_the_limit_is_denied_as_soon_as_it_is(house: House) -> None:
    await house.limit("Image", {"storage": "1Mi"})
    started = await house.person("builder").start("shop/web")
    endless = Endless()
    answer = await house.person("builder").patch(started.location, endless)
    assert (answer.status, answer.code) == (403, "DENIED")
    assert "requested usage of storage exceeds the maximum limit per openshift.io/Image" in answer.message
    assert "1048576" in answer.message
    assert "kubectl describe limitrange -n shop" in answer.message
    assert endless.sent <= (1 << 20) + 2 * 65_536
    for body in (bytes(2 << 20), Streamed(bytes(2 << 20))):
        whole = await house.person("builder").post(f"{UPLOADS}?digest={Content(bytes(2 << 20)).digest}", body)
        assert (whole.status, whole.code) == (403, "DENIED")
        fresh = await house.person("builder").start("shop/web")
        end = await house.person("builder").put(with_digest(fresh.location, OTHER), body)
        assert (end.status, end.code) == (403, "DENIED")
    assert (await house.person("builder").push_blob("shop/web", BLOB)).status == 201


class Endless:
    """A body that never ends."""

    def __init__(self) -> None:
        self.sent = 0

    async def chunks(self) -> AsyncIterator[bytes]:
        while True:
            self.sent += 65_536
            yield bytes(65_536)


MOUNT = f"?mount={BLOB.digest}"


async def mount(client: Client, query: str) -> Answer:
    return await client.start("shop/web", query)


async def test_a_blob_is_mounted_from_where_the_caller_may_read_it(house: House) -> None:
    await house.allow("system:image-puller", "pusher", "other")
    await house.admin.push_blob("other/base", BLOB)
    for query in (f"{MOUNT}&from=other/base", f"{MOUNT}&from=other%2Fbase&origin=quay.io"):
        answer = await mount(house.person("pusher"), query)
        assert (answer.status, answer.digest, answer.location) == (201, BLOB.digest, URL)
        await assert_kept(house.person("puller"))
        await house.admin.delete(URL)


async def test_without_a_source_any_repository_the_caller_may_read_will_do(house: House) -> None:
    await house.admin.push_blob("other/base", BLOB)
    assert (await mount(house.person("pusher"), MOUNT)).status == 202
    await house.allow("system:image-puller", "pusher", "other")
    assert (await mount(house.person("pusher"), MOUNT)).status == 201
    assert (await mount(house.person("pusher"), MOUNT)).status == 201


async def test_a_mount_from_where_the_caller_may_not_read_tells_nothing(house: House) -> None:
    """Every answer is a plain new upload: no header, no code and no size differs from that for a blob never pushed."""
    await house.admin.push_blob("other/secret", BLOB)
    absent = await mount(house.person("pusher"), f"?mount={OTHER}&from=other/secret")
    for source in ("other/secret", "other/nothing", "nowhere/at-all"):
        hidden = await mount(house.person("pusher"), f"{MOUNT}&from={source}")
        assert (hidden.status, hidden.body, hidden.headers.keys()) == (202, b"", absent.headers.keys())
        assert BLOB.digest not in str(dict(hidden.headers))
    assert (await house.person("pusher").get(URL)).code == "BLOB_UNKNOWN"


@pytest.mark.parametrize(
    "query",
    [
        "?mount=x&from=shop/web",
        "?mount=md5:0&from=shop/web",
        "?mount=&from=shop/web",
        f"{MOUNT}&from=one",
        f"{MOUNT}&from=a/b/c",
        f"{MOUNT}&from=../../etc",
        f"{MOUNT}&from=Shop/Web",
        f"{MOUNT}&from=%ff",
        f"{MOUNT}&from=\udcff",
        f"{MOUNT}&from=shop/{'x' * 300}",
        "?from=shop/web",
    ],
    ids=range(11),
)
async def test_a_mount_that_cannot_be_becomes_an_upload(house: House, query: str) -> None:
    answer = await mount(house.admin, query)
    assert answer.status == 202, answer
    assert (await house.admin.put(with_digest(answer.location, BLOB.digest), DATA)).status == 201


async def test_a_mount_from_the_stream_of_an_image_works_too(house: House) -> None:
    pushed = image("base")
    await house.admin.push("other/base", pushed, "v1")
    for blob in pushed.blobs:
        answer = await mount(house.admin, f"?mount={blob.digest}&from=other/base")
        assert answer.status == 201
