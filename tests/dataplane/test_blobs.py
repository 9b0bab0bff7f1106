"""Blobs: read whole and in parts, shown only where they belong, unlinked and destroyed."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from roadstead.apimachinery.ask import Ask
from roadstead.auth.users import AUTHENTICATED, User
from roadstead.base.settings import Settings
from roadstead.base.values import Json
from roadstead.base.web import FileSlice, request_for
from roadstead.blobs.filesystem import FileBlob
from roadstead.kube.status import StatusError
from roadstead.oci.digest import EMPTY_GZIP_TAR
from roadstead.oci.mediatypes import OCI_INDEX, OCI_MANIFEST
from roadstead.testing.builders import Content, image
from roadstead.testing.registry_client import Answer, House, house_at

BLOBS = "/v2/shop/web/blobs"
DATA = bytes(range(256)) * 4
BLOB = Content(DATA)
URL = f"{BLOBS}/{BLOB.digest}"
ABSENT = Content(b"nobody has this").digest


@pytest.fixture
async def stocked(house: House) -> House:
    assert (await house.admin.push_blob("shop/web", BLOB)).status == 201
    return house


@pytest.mark.parametrize("algorithm", ["sha256", "sha384", "sha512"])
async def test_a_blob_is_served_with_every_header_clients_look_at(house: House, algorithm: str) -> None:
    blob = Content(DATA, algorithm=algorithm)
    pushed = await house.admin.push_blob("shop/web", blob)
    assert (pushed.status, pushed.digest, pushed.headers["Content-Length"]) == (201, blob.digest, "0")
    assert pushed.location == f"{BLOBS}/{blob.digest}"
    for method in ("GET", "HEAD"):
        answer = await house.person("puller").ask(method, pushed.location)
        assert (answer.status, answer.length, answer.digest) == (200, len(DATA), blob.digest)
        assert answer.body == (DATA if method == "GET" else b"")
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert answer.headers["ETag"] == f'"{blob.digest}"'
        assert answer.headers["Cache-Control"] == "max-age=31536000"
        assert answer.headers["Accept-Ranges"] == "bytes"


async def test_the_empty_blob_is_a_blob_like_others(house: House) -> None:
    empty = Content(b"")
    assert (await house.admin.push_blob("shop/web", empty)).status == 201
    for headers in ({}, {"Range": "bytes=0-"}, {"Range": "bytes=-5"}, {"Range": "bytes=0-0,1-1"}):
        answer = await house.admin.ask("GET", f"{BLOBS}/{empty.digest}", headers=headers)
        assert (answer.status, answer.body, answer.length) == (200, b"", 0)
    monolithic = await house.admin.post(f"{BLOBS}/uploads/?digest={empty.digest}")
    assert (monolithic.status, monolithic.digest) == (201, empty.digest)


SINGLE = [
    ("bytes=0-0", 0, 1),
    ("bytes=500-599", 500, 600),
    ("bytes=1000-", 1000, 1024),
    ("bytes=-24", 1000, 1024),
    ("bytes=-5000", 0, 1024),
    ("bytes=1000-99999", 1000, 1024),
    ("bytes=0-" + "9" * 5000, 0, 1024),
    ("BYTES = 1-2", 1, 3),
    ("bytes=2000-3000,5-5", 5, 6),
]


@pytest.mark.parametrize(("header", "start", "end"), SINGLE, ids=range(len(SINGLE)))
async def test_one_range_is_answered_with_that_part(stocked: House, header: str, start: int, end: int) -> None:
    answer = await stocked.admin.get(URL, Range=header)
    assert (answer.status, answer.body, answer.length) == (206, DATA[start:end], end - start)
    assert answer.headers["Content-Range"] == f"bytes {start}-{end - 1}/1024"
    head = await stocked.admin.head(URL, Range=header)
    assert (head.status, head.length) == (206, end - start)
    assert head.headers["Content-Range"] == answer.headers["Content-Range"]


@pytest.mark.parametrize(
    ("header", "content_range"),
    [
        ("bytes=1024-", "bytes */1024"),
        ("bytes=5000-6000,7000-", "bytes */1024"),
        ("bytes=-0", "bytes */1024"),
        ("bytes=500-0", None),
        ("bytes=", None),
        ("bytes=a-b", None),
        ("bytes=1", None),
        ("bytes=--1", None),
        ("items=0-5", None),
        ("0-5", None),
        ("bytes=\udcff-", None),
        ("bytes=\u0661-\u0662", None),
    ],
    ids=range(12),
)
async def test_a_range_that_is_not_there_is_416_and_says_why(
    stocked: House, header: str, content_range: str | None
) -> None:
    answer = await stocked.admin.get(URL, Range=header)
    assert (answer.status, answer.code) == (416, "RANGE_INVALID")
    assert answer.headers.get("Content-Range") == content_range
    assert "range" in answer.message


async def test_several_ranges_are_answered_in_parts(stocked: House) -> None:
    answer = await stocked.admin.get(URL, Range="bytes=0-1, 512-513 ,-1")
    assert answer.status == 206
    assert parts_of(answer) == [
        ("bytes 0-1/1024", DATA[0:2]),
        ("bytes 512-513/1024", DATA[512:514]),
        ("bytes 1023-1023/1024", DATA[1023:]),
    ]
    assert len(answer.body) == answer.length
    head = await stocked.admin.head(URL, Range="bytes=0-1, 512-513 ,-1")
    assert (head.status, head.length, head.body) == (206, answer.length, b"")


def parts_of(answer: Answer) -> list[tuple[str, bytes]]:
    boundary = answer.headers["Content-Type"].removeprefix("multipart/byteranges; boundary=").encode()
    *parts, end = answer.body.split(b"\r\n--" + boundary)[1:]
    assert end == b"--\r\n"
    found = []
    for part in parts:
        head, _, data = part.partition(b"\r\n\r\n")
        content_range = re.search(rb"Content-Range: (.*)", head)
        assert content_range is not None
        found.append((content_range[1].decode(), data))
    return found


@pytest.mark.parametrize(
    "header", ["bytes=" + ",".join(["0-0"] * 33), "bytes=" + ",".join(["0-1023"] * 2)], ids=["many", "overlap"]
)
async def test_ranges_that_cost_more_than_the_whole_get_the_whole(stocked: House, header: str) -> None:
    answer = await stocked.admin.get(URL, Range=header)
    assert (answer.status, answer.body) == (200, DATA)


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        (f'"{BLOB.digest}"', 206),
        (BLOB.digest, 206),
        (f'W/"{BLOB.digest}"', 200),
        ('"other"', 200),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 200),
        ("", 200),
    ],
)
async def test_if_range_decides_between_part_and_whole(stocked: House, condition: str, status: int) -> None:
    answer = await stocked.admin.get(URL, Range="bytes=0-9", If_Range=condition)
    assert (answer.status, answer.body) == (status, DATA[:10] if status == 206 else DATA)


async def test_a_client_that_has_the_blob_gets_304_and_no_range(stocked: House) -> None:
    for tag in (f'"{BLOB.digest}"', BLOB.digest, f'W/"{BLOB.digest}"', "*"):
        for method in ("GET", "HEAD"):
            headers = {"If-None-Match": tag, "Range": "bytes=0-1"}
            answer = await stocked.admin.ask(method, URL, headers=headers)
            assert (answer.status, answer.body, answer.digest) == (304, b"", BLOB.digest)
    assert (await stocked.admin.get(URL, If_None_Match='"other"')).status == 200
    missing = await stocked.admin.get(f"{BLOBS}/{ABSENT}", If_None_Match=f'"{ABSENT}"')
    assert missing.status == 404


async def test_every_answer_that_sends_no_file_has_closed_it(stocked: House, monkeypatch: pytest.MonkeyPatch) -> None:
    closed: set[FileBlob] = set()
    close = FileBlob.close

    def noted(blob: FileBlob) -> None:
        closed.add(blob)
        close(blob)

    monkeypatch.setattr(FileBlob, "close", noted)
    cases: list[tuple[str, dict[str, str]]] = [
        ("HEAD", {}),
        ("HEAD", {"Range": "bytes=0-1,4-5"}),
        ("GET", {"If-None-Match": "*"}),
        ("GET", {"Range": "bytes=9999-"}),
        ("GET", {"Range": "nonsense"}),
        ("GET", {"Range": "bytes=0-1,4-5"}),
    ]
    for count, (method, headers) in enumerate(cases, start=1):
        await stocked.admin.ask(method, URL, headers=headers)
        assert len(closed) == count, (method, headers)


async def test_parts_nobody_asked_for_any_more_let_the_file_go(stocked: House) -> None:
    token = (stocked.folder / "admin.token").read_text().strip()
    headers = {"Authorization": f"Bearer {token}", "Range": "bytes=0-1,4-5"}
    reply = await stocked.app.registry(request_for("GET", URL, headers=headers))
    assert not isinstance(reply.body, bytes | FileSlice)
    await reply.body.aclose()  # type: ignore[attr-defined]  # bodies of several parts have it
    with pytest.raises(ValueError, match="closed"):
        async for _ in reply.body:
            pass


async def test_a_blob_that_is_deleted_while_it_is_sent_arrives_whole(
    folder: Path, settings: Callable[..., Settings]
) -> None:
    async with house_at(folder, settings(blob_grace_seconds=0)) as house:
        await house.admin.push_blob("shop/web", BLOB)
        token = (folder / "admin.token").read_text().strip()
        request = request_for("GET", URL, headers={"Authorization": f"Bearer {token}", "Range": "bytes=0-9,20-29"})
        reply = await house.app.registry(request)
        assert (await house.admin.delete(f"/admin/blobs/{BLOB.digest}")).status == 204
        assert not isinstance(reply.body, bytes | FileSlice)
        body = b"".join([piece async for piece in reply.body])
        assert DATA[20:30] in body


@pytest.mark.parametrize("digest", ["sha256:ab", "sha256:" + "F" * 64, "md5:" + "0" * 32, "x", "sha256%3A" + "g" * 64])
async def test_a_digest_that_is_none_is_refused_by_rule(house: House, digest: str) -> None:
    for method in ("GET", "HEAD", "DELETE"):
        for target in (f"{BLOBS}/{digest}", f"/admin/blobs/{digest}")[: 2 if method == "DELETE" else 1]:
            answer = await house.admin.ask(method, target)
            assert (answer.status, answer.code) == (400, "DIGEST_INVALID")


async def test_a_digest_may_be_written_with_an_escaped_colon(stocked: House) -> None:
    assert (await stocked.admin.get(URL.replace(":", "%3A"))).body == DATA


async def test_a_blob_shows_only_where_it_was_given_and_looks_absent_elsewhere(house: House) -> None:
    await house.admin.push_blob("other/secret", BLOB)
    hidden = await house.person("puller").get(URL)
    absent = await house.person("puller").get(f"{BLOBS}/{ABSENT}")
    assert (hidden.status, hidden.code) == (404, "BLOB_UNKNOWN")
    assert hidden.body.replace(BLOB.digest.encode(), b"") == absent.body.replace(ABSENT.encode(), b"")


async def test_an_image_brings_its_blobs_along_when_the_stream_gets_it_another_way(house: House) -> None:
    pushed = image("shared")
    await house.admin.push("other/origin", pushed, "v1")
    found = house.app.kinds.images.peek("", pushed.digest)
    assert found is not None
    await house.create("imagestreammappings", "shop", "web", tag="copied", image=found)
    for blob in (*pushed.blobs, pushed):
        assert (await house.person("puller").get(f"{BLOBS}/{blob.digest}")).body == blob.data
    assert (await house.person("puller").get("/v2/shop/web/manifests/copied")).body == pushed.data


async def announce(house: House, announced: Json) -> None:
    ask = Ask(user=User("editor", groups=(AUTHENTICATED,)), now=datetime.now(UTC), may=house.app.gate.decide)
    mapping = {"kind": "ImageStreamMapping", "apiVersion": "image.openshift.io/v1", "tag": "announced"}
    metadata = {"name": "web", "namespace": "shop"}
    await house.app.kinds.mappings.create("shop", {**mapping, "metadata": metadata, "image": announced}, ask)


async def test_nobody_gets_at_content_of_others_by_announcing_an_image_that_has_it(house: House) -> None:
    await house.admin.push("other/origin", (theirs := image("theirs")), "v1")
    await house.admin.push("shop/web", (own := image("own")), "v1")
    found = house.app.kinds.images.peek("", theirs.digest)
    assert found is not None
    made_up = {"metadata": {"name": ABSENT}, "dockerImageReference": f"quay.test/a/b@{ABSENT}"}
    layers = [{"name": theirs.blobs[-1].digest, "size": 1, "mediaType": "application/octet-stream"}]
    child = {"digest": theirs.digest, "mediaType": OCI_MANIFEST, "architecture": "amd64", "os": "linux"}
    children = [{**child, "manifestSize": 1}]
    for announced in (
        found,
        {"metadata": {"name": theirs.digest}, "dockerImageReference": f"quay.test/a/b@{theirs.digest}"},
        {**made_up, "dockerImageLayers": layers},
        {**made_up, "dockerImageManifests": children, "dockerImageManifestMediaType": OCI_INDEX},
        {**made_up, "dockerImageMetadata": {"Id": theirs.blobs[0].digest}},
    ):
        with pytest.raises(StatusError) as refused:
            await announce(house, announced)
        assert refused.value.code == 403
        assert "is here already, and not in shop/web" in refused.value.message
    await announce(house, {**made_up, "dockerImageLayers": [{**layers[0], "name": own.blobs[-1].digest}]})
    for blob in (*theirs.blobs, theirs):
        assert (await house.person("pusher").get(f"{BLOBS}/{blob.digest}")).code == "BLOB_UNKNOWN"


async def test_a_manifest_can_be_read_as_the_blob_it_is(house: House) -> None:
    pushed = image()
    await house.admin.push("shop/web", pushed)
    assert (await house.admin.get(f"{BLOBS}/{pushed.digest}")).body == pushed.data


async def test_the_empty_archive_old_clients_never_push_shows_everywhere_once_it_is_here(house: House) -> None:
    target = f"{BLOBS}/{EMPTY_GZIP_TAR}"
    assert (await house.admin.head(target)).status == 404
    data = bytes.fromhex("1f8b080000096e8800ff621805a360148c5800080000ffff2eafb5ef00040000")
    assert Content(data).digest == str(EMPTY_GZIP_TAR)
    await house.admin.push_blob("other/any", Content(data))
    assert (await house.admin.get(target)).body == data


async def test_a_deleted_blob_is_gone_at_once_and_only_here(house: House) -> None:
    for repository in ("shop/web", "other/any"):
        await house.admin.push_blob(repository, BLOB)
    assert (await house.admin.delete(URL)).status == 202
    assert (await house.admin.get(URL)).code == "BLOB_UNKNOWN"
    assert (await house.admin.head(URL)).status == 404
    assert (await house.admin.delete(URL)).code == "BLOB_UNKNOWN"
    assert (await house.admin.get(f"/v2/other/any/blobs/{BLOB.digest}")).body == DATA
    assert (await house.admin.push_blob("shop/web", BLOB)).status == 201
    assert (await house.admin.get(URL)).body == DATA


async def test_a_blob_visible_through_the_stream_alone_has_no_link_to_delete(house: House) -> None:
    pushed = image()
    await house.admin.push("shop/web", pushed, "v1")
    blob = f"{BLOBS}/{pushed.blobs[0].digest}"
    assert (await house.admin.delete(blob)).status == 202
    assert (await house.admin.delete(blob)).code == "BLOB_UNKNOWN"
    assert (await house.admin.get(blob)).status == 200


async def test_bytes_a_push_may_rely_on_are_not_destroyed(stocked: House) -> None:
    answer = await stocked.admin.delete(f"/admin/blobs/{BLOB.digest}")
    assert (answer.status, answer.code) == (409, "DENIED")
    assert "try again later" in answer.message
    assert (await stocked.admin.get(URL)).body == DATA


async def test_bytes_are_destroyed_whoever_links_them_and_a_new_push_heals(
    folder: Path, settings: Callable[..., Settings]
) -> None:
    async with house_at(folder, settings(blob_grace_seconds=0)) as house:
        await house.admin.push_blob("shop/web", BLOB)
        for _ in range(2):
            assert (await house.admin.delete(f"/admin/blobs/{BLOB.digest}")).status == 204
        assert (await house.admin.get(URL)).code == "BLOB_UNKNOWN"
        assert (await house.admin.push_blob("shop/web", BLOB)).status == 201
        assert (await house.admin.get(URL)).body == DATA


async def test_with_deletes_switched_off_nothing_is_deleted_and_the_setting_is_named(
    folder: Path, settings: Callable[..., Settings]
) -> None:
    async with house_at(folder, settings(deletes=False, blob_grace_seconds=0)) as house:
        pushed = image()
        await house.admin.push("shop/web", pushed, "v1")
        targets = ("manifests/v1", f"manifests/{pushed.digest}", f"blobs/{pushed.blobs[0].digest}")
        for target in (*(f"/v2/shop/web/{each}" for each in targets), f"/admin/blobs/{pushed.digest}"):
            answer = await house.admin.delete(target)
            assert (answer.status, answer.code) == (405, "UNSUPPORTED")
            assert "registry.deletes" in answer.message
        assert (await house.admin.get("/v2/shop/web/manifests/v1")).status == 200
