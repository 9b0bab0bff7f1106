"""Manifests of every kind: pushed, pulled, moved, deleted, refused."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from roadstead.base.settings import Settings
from roadstead.oci.mediatypes import DOCKER_LIST, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST
from roadstead.testing.builders import (
    DOCKER_FOREIGN_LAYER,
    DOCKER_LAYER,
    OCI_CONFIG,
    OCI_FOREIGN_LAYER,
    Content,
    artifact,
    config,
    docker_image,
    docker_list,
    image,
    index,
    layer,
    manifest,
)
from roadstead.testing.registry_client import ADDRESS, Answer, House, Streamed, house_at

WEB = "/v2/shop/web/manifests"
ABSENT = layer("nobody pushed this")

KINDS: dict[str, Content] = {
    "OCI image": image(),
    "sha384": image(algorithm="sha384"),
    "sha512": image(algorithm="sha512"),
    "Docker image": docker_image(),
    "no layers": image(layers=0),
    "artifact": artifact(),
    "artifact without layers": artifact(layers=0),
    "artifact with a config of its own": image(config=layer("own", "application/vnd.test.config").described()),
    "index": index(image("one"), image("two"), image("three")),
    "sparse index": index(image("not here")),
    "empty index": index(),
    "nested index": index(index(image("deep")), image("flat")),
    "Docker list": docker_list(docker_image("one"), docker_image("two")),
    "unknown fields": image(future={"a": [1, None, 1.5e300], "": "\u00e9\U0001f600"}),
}


def blobs_of(name: str) -> tuple[Content, ...]:
    extra = (layer("own", "application/vnd.test.config"),) if "config of its own" in name else ()
    return (*KINDS[name].blobs, *extra)


async def push_blobs(house: House, blobs: tuple[Content, ...], repository: str = "shop/web") -> None:
    for blob in blobs:
        assert (await house.admin.push_blob(repository, blob)).status == 201


@pytest.mark.parametrize("name", KINDS)
async def test_what_is_pushed_by_tag_is_pulled_byte_for_byte_by_tag_and_by_digest(house: House, name: str) -> None:
    pushed, builder = KINDS[name], house.person("builder")
    await push_blobs(house, blobs_of(name))
    answer = await builder.put_manifest("shop/web", pushed, "v1")
    digest = Content(pushed.data).digest  # a tag says nothing of an algorithm
    assert answer.status == 201, answer
    assert answer.headers["Location"] == f"{ADDRESS}{WEB}/{digest}"
    assert answer.headers["Content-Length"] == "0"
    for reference in ("v1", digest):
        for method in ("GET", "HEAD"):
            pulled = await builder.ask(method, f"{WEB}/{reference}")
            assert (pulled.status, pulled.body, pulled.digest) == (200, pushed.data, digest)
            assert pulled.headers["Content-Type"] == pushed.media_type
            assert pulled.headers["ETag"] == f'"{digest}"'
    assert await house.history("web", "v1") == [digest]


@pytest.mark.parametrize("name", KINDS)
async def test_what_is_pushed_by_digest_is_pullable_without_any_tag(house: House, name: str) -> None:
    pushed = KINDS[name]
    await push_blobs(house, blobs_of(name))
    answer = await house.admin.put_manifest("shop/web", pushed)
    assert (answer.status, answer.digest) == (201, pushed.digest), answer
    assert (await house.admin.get(f"{WEB}/{pushed.digest}")).body == pushed.data
    assert (await house.admin.get("/v2/shop/web/tags/list")).json["tags"] == []


async def test_a_tag_gets_the_digest_of_the_algorithm_the_client_names(house: House) -> None:
    pushed = image(algorithm="sha512")
    await push_blobs(house, pushed.blobs)
    answer = await house.admin.put(f"{WEB}/v1?digest-algorithm=sha512", pushed.data, Content_Type=pushed.media_type)
    assert (answer.status, answer.digest) == (201, pushed.digest)
    assert (await house.admin.head(f"{WEB}/v1")).digest == pushed.digest
    refused = await house.admin.put(f"{WEB}/v1?digest-algorithm=md5", pushed.data, Content_Type=pushed.media_type)
    assert (refused.status, refused.code) == (400, "DIGEST_INVALID")
    assert "sha256, sha384, sha512" in refused.message


async def test_one_push_by_digest_sets_many_tags_and_names_each(house: House) -> None:
    pushed, tags = image(), [f"1.{number}" for number in range(25)]
    await push_blobs(house, pushed.blobs)
    query = "&".join(f"tag={tag}" for tag in [*tags, "1.0"])
    answer = await house.admin.put(f"{WEB}/{pushed.digest}?{query}", pushed.data, Content_Type=pushed.media_type)
    assert (answer.status, answer.headers.getall("OCI-Tag")) == (201, tags)
    assert (await house.admin.get("/v2/shop/web/tags/list")).json["tags"] == sorted(tags)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("tag=ok&tag=.bad", "TAG_INVALID"),
        ("tag=" + "x" * 129, "TAG_INVALID"),
        ("tag=", "TAG_INVALID"),
        ("&".join(f"tag=t{number}" for number in range(101)), "TAG_INVALID"),
        ("&".join(f"tag=t{number}" for number in range(1000)), "NAME_INVALID"),
    ],
)
async def test_no_tag_is_set_when_one_of_them_is_wrong(house: House, query: str, code: str) -> None:
    pushed = image()
    await push_blobs(house, pushed.blobs)
    answer = await house.admin.put(f"{WEB}/{pushed.digest}?{query}", pushed.data, Content_Type=pushed.media_type)
    assert (answer.status, answer.code) == (400, code)
    assert (await house.admin.get("/v2/shop/web/tags/list")).json["tags"] == []


async def test_a_tag_moves_and_the_same_push_again_adds_no_history(house: House) -> None:
    first, second = image("one"), image("two")
    for pushed in (first, second, second, second):
        await house.admin.push("shop/web", pushed, "v1")
    assert await house.history("web", "v1") == [second.digest, first.digest]
    assert (await house.admin.get(f"{WEB}/v1")).body == second.data
    assert (await house.admin.get(f"{WEB}/{first.digest}")).body == first.data


async def test_an_answer_to_a_push_with_a_subject_names_it_and_the_subject_need_not_exist(house: House) -> None:
    missing = image("never pushed")
    answer = await house.admin.push("shop/web", artifact(missing))
    assert answer.headers["OCI-Subject"] == missing.digest
    assert "OCI-Subject" not in (await house.admin.push("shop/web", artifact())).headers


SPARSE = manifest(
    {
        "mediaType": OCI_MANIFEST,
        "config": config("s").described(),
        "layers": [layer("s").described(), ABSENT.described()],
    },
    (config("s"), layer("s")),
)


async def test_an_image_that_lacks_a_layer_is_kept_with_a_warning(house: House) -> None:
    answer = await house.admin.push("shop/web", SPARSE, "v1")
    assert answer.headers["Warning"] == '299 - "sparse image: 1 of its layers are not in shop/web"'
    assert (await house.admin.get(f"{WEB}/v1")).body == SPARSE.data


async def test_without_sparse_images_every_missing_blob_is_named(
    folder: Path, settings: Callable[..., Settings]
) -> None:
    async with house_at(folder, settings(sparse_images=False)) as house:
        await push_blobs(house, SPARSE.blobs)
        answer = await house.admin.put_manifest("shop/web", SPARSE, "v1")
        assert (answer.status, answer.code, answer.error["detail"]) == (400, "MANIFEST_BLOB_UNKNOWN", ABSENT.digest)


FOREIGN = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"


@pytest.mark.parametrize("way", ["sparse image", "foreign layer", "index"])
async def test_nobody_gets_at_content_of_others_by_naming_it_in_a_manifest(house: House, way: str) -> None:
    theirs, own = image("theirs"), image("own")
    await house.admin.push("other/origin", theirs, "v1")
    await push_blobs(house, own.blobs)
    secret = theirs.blobs[-1]
    described = secret.described()
    if way == "index":
        pushed, named = index(theirs), theirs.digest
    else:
        if way == "foreign layer":
            described |= {"mediaType": FOREIGN, "urls": ["https://quay.test/layer"]}
        head, part = own.blobs[:2]
        fields = {"config": head.described(), "layers": [part.described(), described]}
        pushed, named = manifest({"mediaType": OCI_MANIFEST, **fields}), secret.digest
    answer = await house.admin.put_manifest("shop/web", pushed, "v1")
    assert (answer.status, answer.code, answer.error["detail"]) == (400, "MANIFEST_BLOB_UNKNOWN", named)
    for blob in (*theirs.blobs, theirs):
        assert (await house.admin.get(f"/v2/shop/web/blobs/{blob.digest}")).code in ("BLOB_UNKNOWN", "NAME_UNKNOWN")
    assert (await house.admin.get(f"{WEB}/{theirs.digest}")).status == 404


async def test_an_image_without_its_blobs_is_refused_with_every_digest_that_is_missing(house: House) -> None:
    pushed = image(layers=3)
    answer = await house.admin.put_manifest("shop/web", pushed, "v1")
    assert answer.status == 400
    errors = answer.json["errors"]
    assert {each["code"] for each in errors} == {"MANIFEST_BLOB_UNKNOWN"}
    assert {each["detail"] for each in errors} == {blob.digest for blob in pushed.blobs}
    assert (await house.admin.get(f"{WEB}/v1")).status == 404


async def test_blobs_of_another_repository_do_not_count_as_here(house: House) -> None:
    pushed = image()
    await push_blobs(house, pushed.blobs, "other/secret")
    assert (await house.person("builder").put_manifest("shop/web", pushed, "v1")).code == "MANIFEST_BLOB_UNKNOWN"


async def test_a_size_that_is_not_the_blobs_is_refused_in_words_people_search_for(house: House) -> None:
    part, head = layer("x"), config("x")
    lying = manifest(
        {"mediaType": OCI_MANIFEST, "config": head.described(), "layers": [part.described(size=1)]}, (head, part)
    )
    await push_blobs(house, lying.blobs)
    answer = await house.admin.put_manifest("shop/web", lying, "v1")
    assert (answer.status, answer.code) == (400, "SIZE_INVALID")
    size = len(part.data)
    words = f"has the size ({size}) different from the one specified in the manifest (1)"
    assert answer.message == f"the blob {part.digest} {words}"


@pytest.mark.parametrize(
    ("media_type", "layer_type", "urls", "status"),
    [
        (OCI_MANIFEST, OCI_FOREIGN_LAYER, None, 201),
        (OCI_MANIFEST, OCI_FOREIGN_LAYER + "+gzip", ["https://foreign.test/layer"], 201),
        (OCI_MANIFEST, "application/vnd.oci.image.layer.v1.tar", ["https://foreign.test/layer"], 400),
        (DOCKER_MANIFEST, DOCKER_FOREIGN_LAYER, ["https://foreign.test/layer"], 201),
        (DOCKER_MANIFEST, DOCKER_FOREIGN_LAYER, None, 400),
        (DOCKER_MANIFEST, DOCKER_FOREIGN_LAYER, ["file:///etc/passwd"], 400),
        (DOCKER_MANIFEST, DOCKER_LAYER, ["https://foreign.test/layer"], 400),
    ],
)
async def test_layers_that_may_not_be_distributed_may_stay_elsewhere(
    house: House, media_type: str, layer_type: str, urls: list[str] | None, status: int
) -> None:
    head, entry = config("f"), ABSENT.described(mediaType=layer_type)
    if urls is not None:
        entry["urls"] = urls
    pushed = manifest({"mediaType": media_type, "config": head.described(), "layers": [entry]}, (head,))
    await push_blobs(house, pushed.blobs)
    answer = await house.admin.put_manifest("shop/web", pushed, "v1")
    assert answer.status == status, answer


HOSTILE_CONFIGS = {
    "not UTF-8": b"\xff\xfe\x00",
    "empty": b"",
    "null": b"null",
    "a list": b"[]",
    "wrong types": b'{"created":5,"config":[],"rootfs":"x","history":{},"os":{},"architecture":[1]}',
    "deep": b"[" * 5000 + b"]" * 5000,
    "names twice": b'{"os":"linux","os":"plan9"}',
    "huge numbers": b'{"config":{"a":1' + b"0" * 5000 + b"}}",
    "a lone surrogate": b'{"os":"\\ud800"}',
}


@pytest.mark.parametrize("name", HOSTILE_CONFIGS)
async def test_a_config_nobody_can_read_spoils_neither_the_push_nor_the_stream(house: House, name: str) -> None:
    head = Content(HOSTILE_CONFIGS[name], OCI_CONFIG)
    pushed = manifest({"mediaType": OCI_MANIFEST, "config": head.described(), "layers": []}, (head,))
    await house.admin.push("shop/web", pushed, "odd")
    await house.admin.push("shop/web", image(), "v1")
    assert (await house.admin.get(f"{WEB}/odd")).body == pushed.data
    assert (await house.admin.get("/v2/shop/web/tags/list")).json["tags"] == ["odd", "v1"]


GOOD = orjson.loads(image().data)
ENTRY = GOOD["layers"][0]


def changed(**fields: object) -> bytes:
    return orjson.dumps({**GOOD, **fields})


def twice(name: str) -> bytes:
    return image().data.replace(b"{", b'{"' + name.encode() + b'": null,', 1)


HOSTILE = {
    "nothing": (b"", "the body is not valid JSON"),
    "half": (image().data[:-20], "the body is not valid JSON"),
    "not UTF-8": (b'{"schemaVersion":2,"\xff":1}', "the body is not valid JSON"),
    "a list": (b"[]", "the JSON must be an object"),
    "a name twice": (twice("schemaVersion"), "twice in one object"),
    "a lookalike": (changed(Layers=[]), "differs from 'layers' in case only"),
    "schema 1": (b'{"schemaVersion":1,"fsLayers":[]}', "schema 1 are not accepted"),
    "no version": (changed(schemaVersion=None), "schemaVersion: must be the number 2"),
    "a version that is true": (changed(schemaVersion=True), "schemaVersion: must be the number 2|schema 1"),
    "layers an object": (changed(layers={}), "layers: must be a list"),
    "config a text": (changed(config="x"), "config: must be an object"),
    "no config": (changed(config=None), "config: must be given"),
    "a negative size": (changed(layers=[{**ENTRY, "size": -1}]), "layers[0].size: must be a whole number"),
    "a broken size": (changed(layers=[{**ENTRY, "size": 1.5}]), "layers[0].size: must be a whole number"),
    "an endless size": (changed(layers=[{**ENTRY, "size": 2**63}]), "layers[0].size: must be a whole number"),
    "a size that is true": (changed(layers=[{**ENTRY, "size": True}]), "layers[0].size: must be a whole number"),
    "no digest": (changed(layers=[{**ENTRY, "digest": None}]), "layers[0].digest: must be a text"),
    "a short digest": (changed(layers=[{**ENTRY, "digest": "sha256:ab"}]), "sha256 has 64 hexadecimal digits"),
    "an upper digest": (changed(layers=[{**ENTRY, "digest": "sha256:" + "A" * 64}]), "lower-case"),
    "md5": (changed(layers=[{**ENTRY, "digest": "md5:" + "a" * 32}]), "algorithm 'md5' is not supported"),
    "a path for a digest": (changed(layers=[{**ENTRY, "digest": "sha256:../../etc"}]), "must be written"),
    "a mediaType of another kind": (changed(mediaType=OCI_INDEX), "does not belong in|send the same type in both"),
    "both kinds": (changed(manifests=[]), "manifests: does not belong in"),
    "99990 layers": (changed(layers=[{}] * 99_990), "layers: has 99990 entries"),
    "10001 layers": (changed(layers=[{"digest": "x"}] * 10_001), "layers: has 10001 entries; at most 10000"),
    "100001 annotations": (changed(annotations={str(n): "" for n in range(100_001)}), "annotations: has 100001"),
    "annotations that nest": (changed(annotations={"a": {}}), "annotations['a']: must be a text"),
    "deep": (changed(x=0).replace(b'"x":0', b'"x":' + b"[" * 900 + b"]" * 900), "nested deeper than the 64 levels"),
    "deeper": (changed(x=0).replace(b'"x":0', b'"x":' + b"[" * 90_000 + b"]" * 90_000), "not valid JSON|nested"),
    "brackets": (changed(x=0).replace(b'"x":0', b'"x":[' + b"[]," * 110_000 + b"0]"), "opening brackets"),
    "data that lies": (changed(layers=[{**ENTRY, "data": "eA=="}]), "layers[0].data: is not the content"),
    "a subject that is a text": (changed(subject="sha256:x"), "subject: must be an object"),
    "urls of numbers": (changed(layers=[{**ENTRY, "urls": [1]}]), "layers[0].urls[0]: must be a text"),
}


@pytest.fixture
async def stocked(house: House) -> House:
    await push_blobs(house, image().blobs)
    return house


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_manifest_that_breaks_a_rule_is_refused_by_name_of_the_rule(stocked: House, name: str) -> None:
    body, rule = HOSTILE[name]
    answer = await stocked.admin.put(f"{WEB}/v1", body, Content_Type=OCI_MANIFEST)
    assert (answer.status, answer.code) in ((400, "MANIFEST_INVALID"), (413, "SIZE_INVALID")), answer
    assert any(part in answer.message or re.search(part, answer.message) for part in rule.split("|")), answer.message
    assert len(answer.body) < 2000
    assert (await stocked.admin.get(f"{WEB}/v1")).status == 404
    assert stocked.leftovers() == []


async def test_a_manifest_may_have_four_mebibytes_and_no_byte_more(stocked: House) -> None:
    room = 4 * 1024 * 1024
    padded = image(filler="")
    padded = Content(
        padded.data.replace(b'"filler": ""', b'"filler": "%s"' % (b"x" * (room - len(padded.data)))), OCI_MANIFEST
    )
    assert len(padded.data) == room
    assert (await stocked.admin.put_manifest("shop/web", padded, "v1")).status == 201
    for body in (padded.data + b" ", Streamed(*[b" " * 65536] * 100)):
        answer = await stocked.admin.put(f"{WEB}/v2", body, Content_Type=OCI_MANIFEST)
        assert (answer.status, answer.code) == (413, "SIZE_INVALID")
        assert "4194304" in answer.message


async def test_a_client_that_breaks_off_in_a_manifest_leaves_nothing(stocked: House) -> None:
    with pytest.raises(ConnectionError):
        await stocked.admin.put(f"{WEB}/v1", Streamed(image().data[:50], breaks=True), Content_Type=OCI_MANIFEST)
    assert (await stocked.admin.get(f"{WEB}/v1")).status == 404


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        (OCI_MANIFEST, 201),
        (OCI_MANIFEST.upper() + "; charset=utf-8", 201),
        ("application/json", 201),
        ("", 201),
        (OCI_INDEX, 400),
        (DOCKER_MANIFEST, 400),
        ("application/vnd.docker.distribution.manifest.v1+prettyjws", 400),
        ("image/png", 400),
        ("\udcff", 400),
    ],
)
async def test_the_content_type_must_agree_with_the_document(stocked: House, content_type: str, status: int) -> None:
    answer = await stocked.admin.put(f"{WEB}/v1", image().data, Content_Type=content_type)
    assert answer.status == status, answer
    assert answer.code in ("", "MANIFEST_INVALID")


@pytest.mark.parametrize(
    "reference", ["sha256:ab", "sha256:" + "0" * 63, "sha256:" + "F" * 64, "md5:" + "0" * 32, "v:1"]
)
async def test_whatever_has_a_colon_is_meant_as_a_digest(stocked: House, reference: str) -> None:
    for method in ("GET", "HEAD", "PUT", "DELETE"):
        answer = await stocked.admin.ask(method, f"{WEB}/{reference}", image().data if method == "PUT" else b"")
        assert (answer.status, answer.code) == (400, "DIGEST_INVALID"), method


@pytest.mark.parametrize("algorithm", ["sha256", "sha384", "sha512"])
async def test_a_digest_that_is_not_of_the_bytes_is_refused_with_the_one_that_is(
    stocked: House, algorithm: str
) -> None:
    wrong = Content(b"other", OCI_MANIFEST, algorithm=algorithm)
    answer = await stocked.admin.put(f"{WEB}/{wrong.digest}", image().data, Content_Type=OCI_MANIFEST)
    assert (answer.status, answer.code) == (400, "DIGEST_INVALID")
    assert Content(image().data, algorithm=algorithm).digest in answer.message
    assert (await stocked.admin.get(f"{WEB}/{wrong.digest}")).status == 404


async def test_a_tag_that_is_none_is_refused_when_written_and_unknown_when_read(stocked: House) -> None:
    for tag in (".x", "-x", "x" * 129, "a%2Fb", "%00", "a%20b", "%ff", "a%0Ab"):
        put = await stocked.admin.put(f"{WEB}/{tag}", image().data, Content_Type=OCI_MANIFEST)
        assert (put.status, put.code) == (400, "TAG_INVALID"), tag
        for method in ("GET", "DELETE"):
            assert (await stocked.admin.ask(method, f"{WEB}/{tag}")).code == "MANIFEST_UNKNOWN", tag
    longest = "_" + "X" * 127
    assert (await stocked.admin.put_manifest("shop/web", image(), longest)).status == 201


async def test_unknown_things_say_what_is_unknown(house: House) -> None:
    absent = image("absent").digest
    for url, code, detail in (
        ("/v2/shop/nothing/manifests/v1", "NAME_UNKNOWN", None),
        (f"{WEB}/v1", "MANIFEST_UNKNOWN", {"Tag": "v1"}),
        (f"{WEB}/{absent}", "MANIFEST_UNKNOWN", {"Name": "shop/web", "Revision": absent}),
        (f"/v2/shop/nothing/manifests/{absent}", "MANIFEST_UNKNOWN", {"Name": "shop/nothing", "Revision": absent}),
    ):
        answer = await house.admin.get(url)
        assert (answer.status, answer.code, answer.error.get("detail")) == (404, code, detail)


async def test_a_digest_of_another_repository_is_unknown_here(house: House) -> None:
    secret = image("secret")
    await house.admin.push("other/secret", secret, "v1")
    assert (await house.person("builder").get(f"{WEB}/{secret.digest}")).code == "MANIFEST_UNKNOWN"


@pytest.mark.parametrize("quote", ['"{}"', "{}", 'W/"{}"', '"sha256:0", "{}"', "*"])
async def test_a_client_that_has_it_gets_304_and_one_that_asks_for_what_is_not_here_404(
    house: House, quote: str
) -> None:
    pushed = image()
    await house.admin.push("shop/web", pushed, "v1")
    for reference in ("v1", pushed.digest):
        same = await house.admin.get(f"{WEB}/{reference}", If_None_Match=quote.format(pushed.digest))
        assert (same.status, same.body, same.headers["ETag"]) == (304, b"", f'"{pushed.digest}"')
    other = image("other").digest
    assert (await house.admin.get(f"{WEB}/v1", If_None_Match=f'"{other}"')).status == 200
    assert (await house.admin.get(f"{WEB}/{other}", If_None_Match=f'"{other}"')).status == 404


ACCEPTS = [
    ("OCI image", None, 200),
    ("OCI image", "*/*", 200),
    ("OCI image", "application/*;q=0.1", 200),
    ("OCI image", f"{DOCKER_MANIFEST}, {OCI_MANIFEST}", 200),
    ("OCI image", DOCKER_MANIFEST, 404),
    ("OCI image", "text/html", 404),
    ("index", OCI_MANIFEST, 404),
    ("index", OCI_INDEX, 200),
    ("Docker image", OCI_MANIFEST, 200),
    ("Docker list", DOCKER_LIST, 200),
]


@pytest.mark.parametrize(("kind", "accept", "status"), ACCEPTS)
async def test_a_tag_is_negotiated_and_a_digest_never(house: House, kind: str, accept: str | None, status: int) -> None:
    pushed = KINDS[kind]
    await house.admin.push("shop/web", pushed, "v1")
    headers = {} if accept is None else {"Accept": accept}
    answer = await house.admin.ask("GET", f"{WEB}/v1", headers=headers)
    assert answer.status == status
    if status == 404:
        assert "found, but accept header does not support OCI" in answer.message
    assert (await house.admin.ask("GET", f"{WEB}/{pushed.digest}", headers=headers)).body == pushed.data


async def test_an_old_client_gets_the_linux_image_of_a_docker_list(house: House) -> None:
    one, two = docker_image("one"), docker_image("two")
    for child in (one, two):
        await house.admin.push("shop/web", child)
    await house.admin.push("shop/web", docker_list(one, two), "v1")
    answer = await house.admin.get(f"{WEB}/v1", Accept=DOCKER_MANIFEST)
    assert (answer.status, answer.digest, answer.body) == (200, one.digest, one.data)


async def test_an_old_client_is_told_when_the_linux_image_of_a_list_is_not_here(house: House) -> None:
    await house.admin.push("shop/web", docker_list(docker_image("absent")), "v1")
    assert (await house.admin.get(f"{WEB}/v1", Accept=DOCKER_MANIFEST)).code == "MANIFEST_UNKNOWN"


ONE, TWO = image("one"), image("two")
NOWHERE = image("nowhere").digest

CONDITIONS = [
    # what the tag is at now, the header, whether TWO is let in
    (None, {"If_None_Match": "*"}, True),
    (ONE, {"If_None_Match": "*"}, False),
    (ONE, {"If_None_Match": f'"{ONE.digest}"'}, False),
    (ONE, {"If_None_Match": f'W/"{ONE.digest}"'}, False),
    (ONE, {"If_None_Match": f'"{TWO.digest}"'}, True),
    (ONE, {"If_Match": "*"}, True),
    (None, {"If_Match": "*"}, False),
    (ONE, {"If_Match": f'"{ONE.digest}"'}, True),
    (ONE, {"If_Match": ONE.digest}, True),
    (ONE, {"If_Match": f'"{NOWHERE}", "{ONE.digest}"'}, True),
    (ONE, {"If_Match": f'"{NOWHERE}"'}, False),
    (ONE, {"If_Match": f'W/"{ONE.digest}"'}, False),
    (None, {"If_Match": f'"{ONE.digest}"'}, False),
    (ONE, {"If_Match": ""}, False),
    (ONE, {"If_Match": f'"{ONE.digest}"', "If_None_Match": f'"{ONE.digest}"'}, False),
]


@pytest.mark.parametrize(("there", "headers", "let_in"), CONDITIONS)
async def test_a_tag_is_written_only_where_the_client_expects_it(
    house: House, there: Content | None, headers: dict[str, str], let_in: bool
) -> None:
    await push_blobs(house, TWO.blobs)
    if there is not None:
        await house.admin.push("shop/web", there, "v1")
    answer = await house.admin.put_manifest("shop/web", TWO, "v1", **headers)
    now = await house.admin.head(f"{WEB}/v1")
    if let_in:
        assert (answer.status, now.digest) == (201, TWO.digest)
        return
    assert (answer.status, answer.code) == (412, "DENIED")
    assert "precondition failed" in answer.message
    assert answer.error["detail"] == {"Tag": "v1", "Digest": there.digest if there else None}
    assert answer.digest == now.digest == (there.digest if there else "")
    assert answer.headers.get("ETag", "") == (f'"{there.digest}"' if there else "")


async def test_of_several_tags_all_must_be_where_the_client_expects_them(house: House) -> None:
    await house.admin.push("shop/web", ONE, "v1")
    await push_blobs(house, TWO.blobs)
    target = f"{WEB}/{TWO.digest}?tag=new&tag=v1"
    answer = await house.admin.put(target, TWO.data, Content_Type=TWO.media_type, If_None_Match="*")
    assert (answer.status, answer.error["detail"]["Tag"]) == (412, "v1")
    assert (await house.admin.get("/v2/shop/web/tags/list")).json["tags"] == ["v1"]


async def test_a_tag_is_deleted_at_once_and_only_once(house: House) -> None:
    await house.admin.push("shop/web", ONE, "v1")
    await house.admin.push("shop/web", ONE, "v2")
    assert (await house.person("editor").delete(f"{WEB}/v1")).status == 202
    assert (await house.admin.get(f"{WEB}/v1")).code == "MANIFEST_UNKNOWN"
    assert (await house.admin.get("/v2/shop/web/tags/list")).json["tags"] == ["v2"]
    assert (await house.admin.delete(f"{WEB}/v1")).code == "MANIFEST_UNKNOWN"
    assert (await house.admin.get(f"{WEB}/{ONE.digest}")).status == 200


async def test_a_digest_is_deleted_once_no_tag_needs_it(house: House) -> None:
    child, parent = image("child"), index(image("child"))
    await house.admin.push("shop/web", child)
    await house.admin.push("shop/web", parent, "v1")
    for digest in (parent.digest, child.digest):
        refused = await house.admin.delete(f"{WEB}/{digest}")
        assert (refused.status, refused.code) == (405, "UNSUPPORTED")
        assert "delete the tag first" in refused.message
    assert (await house.admin.delete(f"{WEB}/v1")).status == 202
    for digest in (parent.digest, child.digest):
        assert (await house.admin.delete(f"{WEB}/{digest}")).status == 202
        assert (await house.admin.get(f"{WEB}/{digest}")).code == "MANIFEST_UNKNOWN"
        assert (await house.admin.delete(f"{WEB}/{digest}")).code == "MANIFEST_UNKNOWN"


async def test_what_was_deleted_can_be_pushed_again(house: House) -> None:
    for _ in range(2):
        await house.admin.push("shop/web", ONE)
        assert (await house.admin.delete(f"{WEB}/{ONE.digest}")).status == 202
        assert (await house.admin.get(f"{WEB}/{ONE.digest}")).status == 404


async def test_what_a_deleted_stream_held_is_gone_and_stays_gone_from_its_successor(house: House) -> None:
    await house.admin.push("shop/web", ONE, "v1")
    await house.delete("imagestreams", "shop", "web")
    assert (await house.admin.get(f"{WEB}/v1")).code == "NAME_UNKNOWN"
    assert (await house.admin.delete(f"{WEB}/{ONE.digest}")).code == "MANIFEST_UNKNOWN"
    await house.create("imagestreams", "shop", "web")
    for url in (f"{WEB}/{ONE.digest}", f"/v2/shop/web/blobs/{ONE.blobs[0].digest}"):
        assert (await house.admin.get(url)).status == 404


async def test_a_first_push_makes_the_stream_with_the_callers_own_right(house: House) -> None:
    for reference, name in (("v1", "shop/fresh"), ("", "shop/fresher")):
        answer = await house.person("builder").push(name, ONE, reference)
        assert answer.status == 201
        assert (await house.admin.get(f"/v2/{name}/tags/list")).status == 200


async def test_a_pusher_who_may_not_make_streams_is_told_what_to_do(house: House) -> None:
    for reference in ("v1", ""):
        pusher = house.person("pusher")
        for blob in ONE.blobs:
            await pusher.push_blob("shop/fresh", blob)
        answer = await pusher.put_manifest("shop/fresh", ONE, reference)
        assert (answer.status, answer.code) == (403, "DENIED")
        assert 'User "pusher" cannot create resource "imagestreams"' in answer.message
        assert "kubectl create rolebinding" in answer.message
        assert "-n shop" in answer.message


async def test_a_namespace_that_is_missing_is_named_with_the_command_that_makes_it(house: House) -> None:
    for blob in ONE.blobs:
        await house.admin.push_blob("nowhere/app", blob)
    answer = await house.admin.put_manifest("nowhere/app", ONE, "v1")
    assert (answer.status, answer.code) == (403, "DENIED")
    assert 'namespaces "nowhere" not found' in answer.message
    assert "kubectl create namespace nowhere" in answer.message


async def test_limits_of_the_namespace_are_told_in_their_own_words(house: House) -> None:
    await house.admin.push("shop/web", ONE, "v1")
    await push_blobs(house, TWO.blobs)
    await house.limit("ImageStream", {"openshift.io/images": "1"})
    answer = await house.admin.put_manifest("shop/web", TWO, "v2")
    assert_denied(answer, "openshift.io/images exceeds the maximum limit per openshift.io/ImageStream (2 > 1)")


async def test_an_image_over_the_size_limit_is_denied_and_by_digest_it_goes_nowhere(house: House) -> None:
    await push_blobs(house, ONE.blobs)
    await house.limit("Image", {"storage": "500"})
    answer = await house.admin.put_manifest("shop/web", ONE, "v1")
    assert_denied(answer, "requested usage of storage exceeds the maximum limit per openshift.io/Image (")


async def test_a_quota_on_streams_denies_the_push_that_would_make_one_too_many(house: House) -> None:
    await house.create("resourcequotas", "shop", "few", spec={"hard": {"openshift.io/imagestreams": "1"}})
    await push_blobs(house, ONE.blobs, "shop/second")
    answer = await house.person("builder").put_manifest("shop/second", ONE, "v1")
    assert_denied(answer, "exceeded quota: few, requested: openshift.io/imagestreams=1, used:")


def assert_denied(answer: Answer, words: str) -> None:
    assert (answer.status, answer.code) == (403, "DENIED"), answer
    assert words in answer.message
    assert words in str(answer.error["detail"])


async def test_pushes_at_once_to_one_stream_all_arrive(house: House) -> None:
    images = [image(str(number), layers=1) for number in range(8)]
    pushes = [house.admin.push("shop/web", each, f"t{number}") for number, each in enumerate(images)]
    await asyncio.gather(*pushes)
    for number, each in enumerate(images):
        assert (await house.admin.get(f"{WEB}/t{number}")).body == each.data


async def test_a_manifest_whose_file_is_damaged_is_unknown_until_it_is_pushed_again(house: House) -> None:
    await house.admin.push("shop/web", ONE, "v1")
    hexdigits = ONE.digest.removeprefix("sha256:")
    (house.folder / "blobs" / "sha256" / hexdigits[:2] / hexdigits).write_bytes(b"{}")
    assert (await house.admin.get(f"{WEB}/v1")).code == "MANIFEST_UNKNOWN"
    assert (await house.admin.put_manifest("shop/web", ONE, "v1")).status == 201
    assert (await house.admin.get(f"{WEB}/v1")).body == ONE.data


async def test_a_manifest_destroyed_by_the_pruner_is_gone_at_once(
    folder: Path, settings: Callable[..., Settings]
) -> None:
    async with house_at(folder, settings(blob_grace_seconds=0)) as house:
        await house.admin.push("shop/web", ONE, "v1")
        assert (await house.admin.get(f"{WEB}/v1")).status == 200
        assert (await house.admin.delete(f"/admin/blobs/{ONE.digest}")).status == 204
        assert (await house.admin.get(f"{WEB}/v1")).code == "MANIFEST_UNKNOWN"
