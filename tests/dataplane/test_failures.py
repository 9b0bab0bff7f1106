"""Failures of every room become errors of the protocol; a sick disk is a 503, and work goes on when it is well."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from roadstead.base import errors
from roadstead.blobs.store import DigestMismatch
from roadstead.dataplane import failures
from roadstead.kube import status
from roadstead.kube.status import GroupResource, StatusError
from roadstead.oci.digest import EMPTY, Digest
from roadstead.oci.errors import OciError, OciErrors
from roadstead.oci.reference import parse_reference, parse_repository
from roadstead.testing.builders import Content, image, index
from roadstead.testing.registry_client import Answer, House, Streamed, house_at, with_digest

STREAMS = GroupResource("image.openshift.io", "imagestreams")
NAMESPACES = GroupResource("", "namespaces")


def raised(what: object, *arguments: object) -> errors.Failure:
    with pytest.raises(errors.Failure) as caught:
        what(*arguments)  # type: ignore[operator]  # any function
    return caught.value


@pytest.mark.parametrize(
    ("failure", "code", "http"),
    [
        (raised(Digest.parse, "x"), "DIGEST_INVALID", 400),
        (DigestMismatch(EMPTY, EMPTY), "DIGEST_INVALID", 400),
        (raised(parse_reference, ".x"), "TAG_INVALID", 400),
        (raised(parse_repository, "A/b"), "NAME_INVALID", 400),
        (raised(parse_repository, "a"), "NAME_INVALID", 400),
        (errors.OutOfRange("x"), "RANGE_INVALID", 416),
        (errors.TooLarge("x"), "SIZE_INVALID", 413),
        (errors.Unsupported("x"), "UNSUPPORTED", 405),
        (errors.Denied("x"), "DENIED", 403),
        (errors.NotFound("thing", "x"), "NAME_UNKNOWN", 404),
        (errors.Conflict("thing", "x", "y"), "UNAVAILABLE", 503),
        (errors.Expired("x"), "UNAVAILABLE", 503),
        (errors.Unavailable("x"), "UNAVAILABLE", 503),
        (errors.StorageFull("x", retry_after=30), "UNAVAILABLE", 503),
        (errors.StorageReadOnly("x"), "UNAVAILABLE", 503),
        (errors.Invalid("x"), "NAME_INVALID", 400),
        (errors.Failure("x"), "UNKNOWN", 500),
        (OciError("BLOB_UNKNOWN", "x"), "BLOB_UNKNOWN", 404),
        (OciErrors([OciError("TAG_INVALID"), OciError("UNKNOWN")]), "TAG_INVALID", 400),
        (status.forbidden(STREAMS, "web", "no"), "DENIED", 403),
        (status.not_found(NAMESPACES, "shop"), "DENIED", 403),
        (status.not_found(STREAMS, "web"), "NAME_UNKNOWN", 404),
        (status.conflict(STREAMS, "web", "changed"), "UNAVAILABLE", 503),
        (status.internal("exceeded quota: x"), "DENIED", 403),
        (status.internal("the storage sleeps"), "UNAVAILABLE", 503),
    ],
    ids=lambda each: type(each).__name__ if isinstance(each, Exception) else str(each),
)
def test_every_failure_has_its_code_and_its_status(failure: errors.Failure, code: str, http: int) -> None:
    found = failures.coded(failure)
    assert (found.errors[0].code, found.status) == (code, http)
    if not isinstance(failure, StatusError | OciErrors):
        assert found.errors[0].message == failure.message
    reply = failures.reply(found)
    headers = dict(reply.headers)
    assert headers["Content-Type"] == "application/json"
    assert ("Retry-After" in headers) == (http == 503)


def test_a_full_disk_says_when_to_come_again() -> None:
    reply = failures.reply(failures.coded(errors.StorageFull("full", retry_after=30)))
    assert dict(reply.headers)["Retry-After"] == "30"


can_mount = pytest.mark.skipif(os.geteuid() != 0 or shutil.which("mount") is None, reason="mounting needs root")


@pytest.fixture
def disk(furnished: Path, tmp_path: Path) -> Iterator[Path]:
    """The furnished folder on a disk of a few megabytes."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", place], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("no file system can be mounted here")
    try:
        yield Path(shutil.copytree(furnished, place / "data"))
    finally:
        subprocess.run(["umount", "-l", place], check=True)


def fill(disk: Path) -> Path:
    """Takes every byte that is left."""
    filler = disk.parent / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (65_536, 4096, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                continue
    return filler


def assert_sick(answer: Answer, words: str) -> None:
    assert (answer.status, answer.code) == (503, "UNAVAILABLE"), answer
    assert int(answer.headers["Retry-After"]) >= 1
    assert words in answer.message
    assert "Traceback" not in answer.message


IMAGE = image()
BIG = Content(os.urandom(2 << 20))


@can_mount
async def test_a_full_disk_is_503_until_there_is_space_again(disk: Path) -> None:
    async with house_at(disk) as house:
        await house.admin.push("shop/web", IMAGE, "v1")
        started = await house.admin.start("shop/web")
        filler = fill(disk)
        assert_sick(await house.admin.patch(started.location, Streamed(*[BIG.data[:65_536]] * 64)), "full")
        assert_sick(await house.admin.put_manifest("shop/web", index_of(5000), "v2"), "full")
        assert (await house.admin.get("/v2/shop/web/manifests/v1")).body == IMAGE.data
        assert (await house.admin.get(f"/v2/shop/web/blobs/{IMAGE.blobs[1].digest}")).status == 200
        assert (await house.admin.get("/v2/shop/web/manifests/v2")).status == 404
        filler.unlink()
        assert (await house.admin.delete(started.location.partition("?")[0])).status == 204
        assert house.leftovers() == []
        assert (await house.admin.push_blob("shop/web", BIG)).status == 201
        await house.admin.push("shop/web", index_of(5000), "v2")


def index_of(count: int) -> Content:
    """A manifest of hundreds of kilobytes."""
    return index(annotations={f"key-{number}": "x" * 60 for number in range(count)})


@can_mount
async def test_an_upload_that_filled_the_disk_goes_on_from_what_was_kept(disk: Path) -> None:
    async with house_at(disk) as house:
        started = await house.admin.start("shop/web")
        filler = fill(disk)
        assert_sick(await house.admin.patch(started.location, BIG.data), "full")
        filler.unlink()
        state = await house.admin.get(started.location)
        kept = (house.folder / "uploads" / state.headers["Docker-Upload-UUID"] / "data").stat().st_size
        answer = await house.admin.patch(state.location, BIG.data[kept:], Content_Range=f"{kept}-{len(BIG.data) - 1}")
        assert answer.status == 202, answer
        assert (await house.admin.put(with_digest(answer.location, BIG.digest))).status == 201


@contextmanager
def frozen(folder: Path) -> Iterator[None]:
    """Nothing can be written to where bytes lie; the log beside it goes on."""
    places = [folder / name for name in ("blobs", "uploads", "tmp")]
    try:
        for place in places:
            subprocess.run(["mount", "--bind", place, place], check=True)
            subprocess.run(["mount", "-o", "remount,bind,ro", place], check=True)
        yield
    finally:
        for place in places:
            subprocess.run(["umount", "-l", place], check=False)


@can_mount
async def test_a_disk_that_takes_no_writes_is_503_and_can_still_be_read(disk: Path) -> None:
    async with house_at(disk) as house:
        await house.admin.push("shop/web", IMAGE, "v1")
        started = await house.admin.start("shop/web")
        with frozen(disk):
            words = "the blob storage does not accept writes"
            assert_sick(await house.admin.start("shop/web"), words)
            assert_sick(await house.admin.patch(started.location, b"x"), words)
            assert_sick(await house.admin.put(with_digest(started.location, EMPTY_DIGEST)), words)
            assert_sick(await house.admin.delete(started.location), words)
            assert_sick(await house.admin.put_manifest("shop/web", image(annotations={}), "v2"), words)
            assert (await house.admin.get("/v2/shop/web/manifests/v1")).body == IMAGE.data
        assert (await house.admin.put(with_digest(started.location, EMPTY_DIGEST))).status == 201
        assert (await house.admin.push_blob("shop/web", BIG)).status == 201
        await house.admin.push("shop/web", image("after"), "v2")
        assert house.leftovers() == []


EMPTY_DIGEST = str(EMPTY)


async def test_an_error_holds_no_path_of_ours(house: House) -> None:
    for target in ("manifests/x", f"blobs/{EMPTY_DIGEST}", "blobs/uploads/x", "tags/list?n=x", "referrers/x"):
        answer = await house.admin.get(f"/v2/shop/web/{target}")
        assert answer.status >= 400
        assert str(house.folder).encode() not in answer.body
        assert b"File " not in answer.body
