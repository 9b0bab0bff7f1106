"""The signature extension of older clients."""

from __future__ import annotations

import base64

import orjson
import pytest

from roadstead.testing.builders import image
from roadstead.testing.registry_client import Answer, House

IMAGE = image("signed")
URL = f"/extensions/v2/shop/web/signatures/{IMAGE.digest}"
CONTENT = base64.b64encode(b"a signature").decode()


def signature(short: str = "one", **fields: object) -> bytes:
    sent = {"schemaVersion": 2, "name": f"{IMAGE.digest}@{short}", "type": "atomic", "content": CONTENT}
    return orjson.dumps({**sent, **fields})


@pytest.fixture
async def signed(house: House) -> House:
    await house.admin.push("shop/web", IMAGE, "v1")
    return house


async def sign(house: House, body: bytes, url: str = URL) -> Answer:
    return await house.admin.put(url, body)


async def test_an_image_without_signatures_has_an_empty_list(signed: House) -> None:
    answer = await signed.person("puller").get(URL)
    assert (answer.status, answer.json) == (200, {"signatures": []})
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert answer.headers["X-Registry-Supports-Signatures"] == "1"


async def test_a_signature_comes_back_as_it_was_written(signed: House) -> None:
    answer = await sign(signed, signature())
    assert (answer.status, answer.body) == (201, b"")
    [shown] = (await signed.person("puller").get(URL)).json["signatures"]
    assert shown == orjson.loads(signature())


async def test_a_signature_without_type_is_shown_as_containers_image_wants_it(signed: House) -> None:
    assert (await sign(signed, signature(type=""))).status == 201
    [shown] = (await signed.admin.get(URL)).json["signatures"]
    assert shown["type"] == "atomic"


async def test_the_same_signature_again_exists_already(signed: House) -> None:
    await sign(signed, signature())
    for again in (signature(), signature("two")):
        answer = await sign(signed, again)
        assert (answer.status, answer.code) == (409, "SIGNATURE_EXISTS")
    other = base64.b64encode(b"another").decode()
    assert (await sign(signed, signature("two", content=other))).status == 201
    assert len((await signed.admin.get(URL)).json["signatures"]) == 2


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b"[" * 100_000,
        signature(schemaVersion=1),
        signature(schemaVersion="2"),
        signature(name=None),
        signature(name=5),
        signature(name=""),
        signature(name=IMAGE.digest),
        signature(name=f"{IMAGE.digest}@"),
        signature(name=f"{IMAGE.digest}@a@b"),
        signature(name=f"{image('other').digest}@one"),
        signature(type=[1]),
        signature(type="x" * 10_000, content=""),
        signature(content="not base64!"),
        signature(content=None),
    ],
    ids=range(17),
)
async def test_a_signature_that_is_none_is_refused(signed: House, body: bytes) -> None:
    answer = await sign(signed, body)
    assert (answer.status, answer.code) == (400, "SIGNATURE_INVALID"), answer
    assert (await signed.admin.get(URL)).json == {"signatures": []}


async def test_a_signature_without_end_is_413(signed: House) -> None:
    answer = await sign(signed, signature(content="A" * 300_000))
    assert (answer.status, answer.code) == (413, "SIZE_INVALID")


async def test_an_image_that_is_not_in_the_repository_is_404_whoever_else_has_it(signed: House) -> None:
    """Signatures of images of others must not show through, nor whether there are such images."""
    secret = image("secret")
    await signed.admin.push("other/secret", secret, "v1")
    for content in (secret, image("absent")):
        url = f"/extensions/v2/shop/web/signatures/{content.digest}"
        answer = await signed.person("puller").get(url)
        assert (answer.status, answer.body) == (404, b"")
        assert (await sign(signed, signature(name=f"{content.digest}@x"), url)).status == 404


async def test_an_image_pushed_by_digest_can_be_signed(house: House) -> None:
    await house.admin.push("shop/web", IMAGE)
    assert (await sign(house, signature())).status == 201


async def test_signing_takes_the_right_to_push_and_to_sign(signed: House) -> None:
    assert (await signed.person("builder").put(URL, signature())).status == 401
    await signed.allow("system:image-signer", "builder")
    assert (await signed.person("builder").put(URL, signature())).status == 201
    await signed.allow("system:image-signer", "puller")
    assert (await signed.person("puller").put(URL, signature("two"))).status == 401


@pytest.mark.parametrize("digest", ["x", "sha256:ab", "md5:" + "0" * 32])
async def test_a_digest_that_is_none_is_refused(house: House, digest: str) -> None:
    for method in ("GET", "PUT"):
        answer = await house.admin.ask(method, f"/extensions/v2/shop/web/signatures/{digest}", signature())
        assert (answer.status, answer.code) == (400, "DIGEST_INVALID")


async def test_other_methods_are_405_and_empty(house: House) -> None:
    for method in ("HEAD", "DELETE", "POST"):
        answer = await house.admin.ask(method, URL)
        assert (answer.status, answer.body, "Allow" in answer.headers) == (405, b"", False)
