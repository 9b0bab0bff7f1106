"""Manifests are read as what everybody else would read in them, or refused by rule."""

import base64
import dataclasses

import orjson
import pytest

from roadstead.base.values import Json
from roadstead.oci.digest import Digest
from roadstead.oci.errors import OciError
from roadstead.oci.manifest import Descriptor, Limits, Manifest, distributable, parse, referrer_descriptor
from roadstead.oci.mediatypes import ACCEPTED, DOCKER_LIST, DOCKER_MANIFEST, DOCKER_SCHEMA1, OCI_INDEX, OCI_MANIFEST
from tests.oci.documents import (
    CONFIG,
    FOREIGN,
    LAYER,
    NONDISTRIBUTABLE,
    described,
    docker_image,
    docker_list,
    image,
    index,
    without,
    written,
)

PRETTY = "application/vnd.docker.distribution.manifest.v1+prettyjws"


def read(document: object, content_type: str | None = None) -> Manifest:
    return parse(written(document), content_type)


def refused(document: object, content_type: str | None = None) -> OciError:
    with pytest.raises(OciError) as refusal:
        read(document, content_type)
    assert (refusal.value.code, refusal.value.status) == ("MANIFEST_INVALID", 400)
    return refusal.value


def test_an_image_is_read_whole_and_its_bytes_are_kept() -> None:
    more: Json = {
        "annotations": {"a": "b"},
        "artifactType": "x/y",
        "subject": described(b"s", OCI_INDEX),
        "later": [None],
    }
    body = orjson.dumps(image(**more), option=orjson.OPT_INDENT_2)
    assert parse(body, OCI_MANIFEST) == Manifest(
        OCI_MANIFEST,
        "image",
        body,
        config=Descriptor(CONFIG, Digest.of(b"{}"), 2),
        layers=(Descriptor(LAYER, Digest.of(b"1"), 1), Descriptor(LAYER, Digest.of(b"22"), 2)),
        subject=Descriptor(OCI_INDEX, Digest.of(b"s"), 1),
        artifact_type="x/y",
        annotations={"a": "b"},
    )


def test_an_index_is_read_whole() -> None:
    platform = {"os": "linux", "architecture": "arm64", "variant": "v8", "os.features": ["x"], "later": 1}
    child = described(b"c", OCI_MANIFEST, platform=platform, urls=["https://a/b"], annotations={"k": "v"})
    nested = described(b"n", OCI_INDEX, artifactType="x/y", data=base64.b64encode(b"n").decode())
    manifest = read(index(manifests=[child, nested]))
    assert (manifest.kind, manifest.config, manifest.layers) == ("index", None, ())
    assert manifest.manifests == (
        Descriptor(OCI_MANIFEST, Digest.of(b"c"), 1, ("https://a/b",), {"k": "v"}, None, platform),
        Descriptor(OCI_INDEX, Digest.of(b"n"), 1, artifact_type="x/y", data=b"n"),
    )


@pytest.mark.parametrize("document", [image(), index(), docker_image(), docker_list()])
@pytest.mark.parametrize(
    "spelling", ["{}", "{}; charset=utf-8", " {} ;x", "", None, "application/json", "text/plain; charset=utf-8"]
)
def test_the_type_is_taken_from_the_header_or_from_the_document(document: Json, spelling: str | None) -> None:
    header = spelling and spelling.format(document["mediaType"])
    assert read(document, header).media_type == document["mediaType"]


def test_the_header_is_read_in_any_case() -> None:
    assert read(image(), OCI_MANIFEST.upper()).media_type == OCI_MANIFEST


@pytest.mark.parametrize(
    ("document", "header", "media_type"),
    [
        (without(image(), "mediaType"), OCI_MANIFEST, OCI_MANIFEST),
        (without(index(), "mediaType"), OCI_INDEX, OCI_INDEX),
        (without(image(), "mediaType"), None, OCI_MANIFEST),
        (without(image(), "mediaType", "layers"), None, OCI_MANIFEST),
        (without(index(), "mediaType"), None, OCI_INDEX),
        (without(index(manifests=[]), "mediaType"), "application/octet-stream", OCI_INDEX),
        (image(mediaType=None), None, OCI_MANIFEST),
        (image(mediaType=""), OCI_MANIFEST, OCI_MANIFEST),
    ],
)
def test_a_document_that_does_not_say_its_type_is_told_by_its_fields(
    document: Json, header: str | None, media_type: str
) -> None:
    assert read(document, header).media_type == media_type


@pytest.mark.parametrize(
    ("document", "header", "rule"),
    [
        (image(), OCI_INDEX, f"mediaType: is {OCI_MANIFEST}, but the Content-Type says {OCI_INDEX}"),
        (docker_image(), OCI_MANIFEST, "send the same type in both"),
        (image(), "application/vnd.acme+json", "the Content-Type 'application/vnd.acme+json' is not that of"),
        (without(image(), "mediaType"), "application/vnd.acme+json", "accepted are"),
        (
            image("application/vnd.oci.artifact.manifest.v1+json"),
            None,
            f"kept here; accepted are {', '.join(ACCEPTED)}",
        ),
        (image(mediaType=5), None, "mediaType: must be a media type"),
        (without(docker_image(), "mediaType"), DOCKER_MANIFEST, "mediaType: must be given in Docker manifests"),
        (without(docker_list(), "mediaType"), DOCKER_LIST, "mediaType: must be given in Docker manifests"),
        ({"schemaVersion": 2}, None, "the kind of manifest cannot be told"),
        (without(image(manifests=[]), "mediaType"), None, "the kind of manifest cannot be told"),
        (image(manifests=[]), None, "manifests: does not belong in"),
        (index(layers=[]), None, "layers: does not belong in"),
        (index(config=described()), None, "config: does not belong in"),
        (index(config=5), None, "config: does not belong in"),
        (without(image(), "mediaType"), OCI_INDEX, "config: does not belong in"),
        (without(index(), "mediaType"), OCI_MANIFEST, "manifests: does not belong in"),
    ],
)
def test_a_type_that_is_unknown_or_contradicts_itself_is_refused(document: Json, header: str | None, rule: str) -> None:
    assert rule in refused(document, header).message


@pytest.mark.parametrize("header", [*sorted(DOCKER_SCHEMA1), PRETTY + "; charset=utf-8"])
def test_schema_1_is_refused_by_name_whatever_the_body(header: str) -> None:
    with pytest.raises(OciError, match="schema 1 are not accepted; push the image as OCI"):
        parse(b"\xff", header)


@pytest.mark.parametrize(
    "document", [{"schemaVersion": 1, "name": "a", "fsLayers": []}, {"schemaVersion": 1}, image(fsLayers=[])]
)
def test_schema_1_is_refused_by_name_without_a_header(document: Json) -> None:
    assert "schema 1 are not accepted" in refused(document).message


@pytest.mark.parametrize(
    ("document", "path"),
    [
        (image(schemaVersion=3), "schemaVersion"),
        (image(schemaVersion="2"), "schemaVersion"),
        (image(schemaVersion=2.0), "schemaVersion"),
        (image(schemaVersion=None), "schemaVersion"),
        (without(image(), "schemaVersion"), "schemaVersion"),
        (without(image(), "config"), "config"),
        (image(config=None), "config"),
        (image(config=[]), "config"),
        (image(config="sha256:0"), "config"),
        (image(layers={}), "layers"),
        (image(layers="x"), "layers"),
        (image(layers=[None]), "layers[0]"),
        (image(layers=[described(), 5]), "layers[1]"),
        (image(layers=[described(), {}]), "layers[1].mediaType"),
        (image(layers=[described(mediaType=None)]), "layers[0].mediaType"),
        (image(layers=[described(mediaType="")]), "layers[0].mediaType"),
        (image(layers=[described(mediaType="a/b\r\nX: y")]), "layers[0].mediaType"),
        (image(layers=[described(mediaType="a/b\0")]), "layers[0].mediaType"),
        (image(layers=[described(mediaType="a/" + "b" * 254)]), "layers[0].mediaType"),
        (image(layers=[without(described(), "digest")]), "layers[0].digest"),
        (image(layers=[described(digest=7)]), "layers[0].digest"),
        (image(layers=[described(digest="sha256:ab")]), "layers[0].digest"),
        (image(layers=[described(digest="sha256:" + "A" * 64)]), "layers[0].digest"),
        (image(layers=[described(digest="md5:" + "a" * 32)]), "layers[0].digest"),
        (image(layers=[without(described(), "size")]), "layers[0].size"),
        (image(layers=[described(size=-1)]), "layers[0].size"),
        (image(layers=[described(size=True)]), "layers[0].size"),
        (image(layers=[described(size=1.0)]), "layers[0].size"),
        (image(layers=[described(size="1")]), "layers[0].size"),
        (image(layers=[described(size=None)]), "layers[0].size"),
        (image(layers=[described(size=2**63)]), "layers[0].size"),
        (image(layers=[described(urls="https://a")]), "layers[0].urls"),
        (image(layers=[described(urls=["https://a", None])]), "layers[0].urls[1]"),
        (image(layers=[described(annotations=[])]), "layers[0].annotations"),
        (image(layers=[described(annotations={"k": 1})]), "layers[0].annotations['k']"),
        (image(layers=[described(artifactType=[])]), "layers[0].artifactType"),
        (image(layers=[described(data=5)]), "layers[0].data"),
        (image(layers=[described(data="eA")]), "layers[0].data"),
        (image(layers=[described(data="\u00e9===")]), "layers[0].data"),
        (image(layers=[described(b"x", data="eQ==")]), "layers[0].data"),
        (image(layers=[described(b"x", data="eA==", size=2)]), "layers[0].data"),
        (image(config=described(b"{}", CONFIG, Size=1)), "config.'Size'"),
        (image(subject="sha256:ab"), "subject"),
        (image(subject=described(size=-5)), "subject.size"),
        (image(artifactType=5), "artifactType"),
        (image(annotations="x"), "annotations"),
        (image(annotations={"a": None}), "annotations['a']"),
        (image(annotations={"\n" + "a" * 500: {}}), "annotations['\\n" + "a" * 159 + "']"),
        (image(Layers=[]), "'Layers'"),
        ({**image(), "\u017fubject": {}}, "'\\u017fubject'"),
        (index(manifests={"a": 1}), "manifests"),
        (index(manifests=[described(platform="linux/amd64")]), "manifests[0].platform"),
        (index(manifests=[described(platform={"os": 1})]), "manifests[0].platform.os"),
        (index(manifests=[described(platform={"os.version": []})]), "manifests[0].platform.os.version"),
        (index(manifests=[described(platform={"os.features": "x"})]), "manifests[0].platform.os.features"),
        (index(manifests=[described(platform={"os.features": [1]})]), "manifests[0].platform.os.features[0]"),
        (index(manifests=[described(platform={"OS": "linux"})]), "manifests[0].platform.'OS'"),
        (docker_image(config=described(urls=["https://a/b"])), "config.urls"),
        (docker_image(layers=[described(urls=["https://a/b"])]), "layers[0].urls"),
        (docker_image(layers=[described(media_type=FOREIGN)]), "layers[0].urls"),
        (docker_image(layers=[described(media_type=FOREIGN, urls=["ftp://a/b"])]), "layers[0].urls"),
        (docker_image(layers=[described(media_type=FOREIGN, urls=["https:///b"])]), "layers[0].urls"),
        (docker_image(layers=[described(media_type=FOREIGN, urls=["https://a", "b"])]), "layers[0].urls"),
        (docker_image(layers=[described(media_type=FOREIGN, urls=["https://a/#b"])]), "layers[0].urls"),
    ],
)
def test_a_field_that_breaks_a_rule_is_named_by_its_path(document: Json, path: str) -> None:
    refusal = refused(document)
    assert refusal.detail == {"field": path}
    assert refusal.message.startswith(f"manifest invalid: {path}: ")


@pytest.mark.parametrize(
    "document",
    [
        image(layers=[]),
        image(layers=None),
        without(image(), "layers"),
        image(config=described(b"{}", "application/vnd.oci.empty.v1+json", data="e30=")),
        image(layers=[described(urls=["https://a/b"])]),
        image(layers=[described(media_type=NONDISTRIBUTABLE)]),
        image(layers=[described(urls=None, annotations=None, platform=None, data=None, artifactType=None)]),
        image(layers=[described(b"", data="")]),
        image(layers=[described(size=2**63 - 1)]),
        image(annotations={"nul": "\0", "": ""}, subject=None, artifactType=None, manifests=None),
        image(artifactType=""),
        index(manifests=[]),
        index(manifests=None),
        index(manifests=[described(media_type=OCI_MANIFEST)]),
        index(manifests=[described(platform={})]),
        index(manifests=[described(platform={"os": None})]),
        index(config=None, layers=None),
        docker_image(layers=[described(media_type=FOREIGN, urls=["HTTPS://a/b?c"])]),
        image(unknown={"mediaType": 5, "MEDIATYPE": [1.5, None, True]}, signatures=[]),
    ],
)
def test_what_the_specification_leaves_open_is_accepted(document: Json) -> None:
    assert read(document).body == written(document)


def test_names_given_twice_are_refused_anywhere() -> None:
    body = written(image()).replace(b'"size":2', b'"size":3,"size":2')
    with pytest.raises(OciError, match="the name 'size' twice in one object") as refusal:
        parse(body, OCI_MANIFEST)
    assert (refusal.value.code, refusal.value.detail) == ("MANIFEST_INVALID", {})


def test_a_body_over_the_limit_is_too_large_rather_than_invalid() -> None:
    body = written(image())
    assert parse(body, None, Limits(body_bytes=len(body)))
    with pytest.raises(OciError, match=f"has {len(body)} bytes; at most {len(body) - 1} are accepted") as refusal:
        parse(body, None, Limits(body_bytes=len(body) - 1))
    assert (refusal.value.code, refusal.value.status) == ("SIZE_INVALID", 413)


@pytest.mark.parametrize(
    ("document", "rule"),
    [
        (image(layers=[0] * 100_000), r"layers: has 100000 entries; at most 10000"),
        (image(layers=[described()] * 10_001), r"layers: has 10001 entries; at most 10000"),
        (index(manifests=[{}] * 100_000), "100002 opening brackets; at most 100000"),
        (image(annotations={str(n): "" for n in range(100_000)}), "annotations: has 100000 entries"),
        (image(layers=[described(urls=[""] * 100_000)]), r"layers\[0\].urls: has 100000 entries"),
    ],
)
def test_hundred_thousand_entries_are_refused(document: Json, rule: str) -> None:
    with pytest.raises(OciError, match=rule):
        read(document)


def test_an_index_of_thousands_is_accepted_within_the_limit() -> None:
    children = [described(str(n).encode(), OCI_MANIFEST) for n in range(10_000)]
    assert len(read(index(manifests=children)).manifests) == 10_000


def test_an_unknown_field_may_be_deep_but_not_bottomless() -> None:
    def nested(levels: int) -> bytes:
        return written(image()).replace(b'{"schema', b'{"x":' + b"[" * levels + b"]" * levels + b',"schema', 1)

    assert parse(nested(63), None)
    with pytest.raises(OciError, match="deeper than the 64 levels"):
        parse(nested(64), None)


@pytest.mark.parametrize(
    ("media_type", "here"),
    [
        (LAYER, True),
        (CONFIG, True),
        (FOREIGN, False),
        (NONDISTRIBUTABLE, False),
        ("application/vnd.oci.image.layer.nondistributable.v1.tar", False),
    ],
)
def test_only_layers_licensed_elsewhere_may_be_absent(media_type: str, here: bool) -> None:
    assert distributable(Descriptor(media_type, Digest.of(b""), 0)) is here


@pytest.mark.parametrize(
    ("document", "more"),
    [
        (image(), {"artifactType": CONFIG}),
        (docker_image(), {"artifactType": CONFIG}),
        (image(artifactType="a/b"), {"artifactType": "a/b"}),
        (image(artifactType="", annotations={"k": "v"}), {"artifactType": CONFIG, "annotations": {"k": "v"}}),
        (index(), {}),
        (index(artifactType="a/b", annotations={}), {"artifactType": "a/b"}),
    ],
)
def test_a_referrer_is_listed_with_its_artifact_type_and_annotations(document: Json, more: Json) -> None:
    digest = Digest.of(written(document))
    assert referrer_descriptor(read(document), digest, 77) == {
        "mediaType": document["mediaType"],
        "digest": str(digest),
        "size": 77,
        **more,
    }


def test_a_manifest_is_a_value() -> None:
    manifest = read(image())
    assert manifest == read(image())
    assert "body" not in repr(manifest)
    with pytest.raises(dataclasses.FrozenInstanceError):
        manifest.media_type = "x"  # type: ignore[misc]
