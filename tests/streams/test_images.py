"""How Images are made, filled, changed and refused (image-api contract, 4.3 to 4.5; registry contract, 6.4)."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roadstead.base.values import Json
from roadstead.kube.schema import conform
from roadstead.oci import manifest as oci
from roadstead.oci import mediatypes
from roadstead.oci.digest import Digest
from roadstead.streams import fill, images, schema1
from roadstead.streams.models_images import IMAGE

NOW = datetime(2026, 11, 23, 18, 49, 39, tzinfo=UTC)
STAMP = "2026-11-23T18:49:39Z"
OCI_IMAGE, OCI_INDEX = "application/vnd.oci.image.manifest.v1+json", "application/vnd.oci.image.index.v1+json"
OCI_LAYER, DOCKER_IMAGE = "application/vnd.oci.image.layer.v1.tar+gzip", mediatypes.DOCKER_MANIFEST
CONFIG = b'{"architecture":"amd64","created":"2026-01-02T03:04:05Z","config":{"Env":["A=b"]}}'
L1, L2 = (str(Digest.of(text)) for text in (b"one", b"two"))
REFERENCE = "reg:5000/ns/web@sha256:" + "ab" * 32


def image_manifest(
    layers: Sequence[tuple[str, int]] = ((L1, 100), (L2, 11)), config: bytes = CONFIG, **more: Any
) -> Json:
    return {
        "schemaVersion": 2,
        "mediaType": OCI_IMAGE,
        "config": {
            "mediaType": "application/vnd.oci.image.config.v1+json",
            "digest": str(Digest.of(config)),
            "size": len(config),
        },
        "layers": [{"mediaType": OCI_LAYER, "digest": digest, "size": size} for digest, size in layers],
        **more,
    }


def index_manifest(*platforms: Json | None) -> Json:
    child = {"mediaType": OCI_IMAGE, "digest": L1, "size": 417}
    entries = [child | ({"platform": platform} if platform else {}) for platform in platforms]
    return {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries}


def as_image(manifest: Json | None = None, config: bytes = CONFIG, **more: Any) -> Json:
    """An Image as clients send them: texts inside, named after its manifest."""
    text = orjson.dumps(manifest or image_manifest(config=config)).decode()
    return {
        "metadata": {"name": str(Digest.of(text.encode()))},
        "dockerImageReference": REFERENCE,
        "dockerImageManifest": text,
        "dockerImageConfig": config.decode(errors="replace"),
        **more,
    }


def order(of: Json) -> str | None:
    return (of["metadata"].get("annotations") or {}).get(fill.LAYERS_ORDER)


def made(manifest: Json, config: bytes | None = CONFIG) -> Json:
    body = orjson.dumps(manifest)
    return images.image_from_manifest(oci.parse(body, None), Digest.of(body), REFERENCE, config, NOW)


def test_an_image_is_filled_from_manifest_and_config() -> None:
    filled = fill.fill(as_image(), NOW)
    assert filled["dockerImageLayers"] == [
        {"name": L1, "size": 100, "mediaType": OCI_LAYER},
        {"name": L2, "size": 11, "mediaType": OCI_LAYER},
    ]
    assert filled["dockerImageManifestMediaType"] == OCI_IMAGE
    assert filled["dockerImageMetadata"] == {
        "kind": "DockerImage",
        "apiVersion": "image.openshift.io/1.0",
        "Id": str(Digest.of(CONFIG)),
        "Created": "2026-01-02T03:04:05Z",
        "ContainerConfig": {},
        "Config": {"Env": ["A=b"]},
        "Architecture": "amd64",
        "Size": len(CONFIG) + 111,
    }
    assert order(filled) == "ascending"


def test_a_layer_counts_once_and_one_that_is_the_config_does_not_count() -> None:
    layers = [(L1, 100), (L1, 100), (str(Digest.of(CONFIG)), len(CONFIG))]
    assert fill.fill(as_image(image_manifest(layers)), NOW)["dockerImageMetadata"]["Size"] == len(CONFIG) + 100


@pytest.mark.parametrize(
    ("own", "kept", "expected"),
    [(OCI_IMAGE, DOCKER_IMAGE, OCI_IMAGE), (None, OCI_IMAGE, OCI_IMAGE), (None, None, DOCKER_IMAGE)],
)
def test_the_media_type_is_the_manifests_own_or_the_one_known(own: str | None, kept: str | None, expected: str) -> None:
    manifest = {key: value for key, value in image_manifest().items() if own or key != "mediaType"}
    filled = fill.fill(as_image(manifest, dockerImageManifestMediaType=kept), NOW)
    assert filled["dockerImageManifestMediaType"] == expected


def test_without_a_manifest_there_is_nothing_to_fill() -> None:
    bare = {"metadata": {"name": "x"}, "dockerImageLayers": [{"name": L1, "size": 1}]}
    assert fill.fill(bare, NOW) is bare


@pytest.mark.parametrize(
    ("annotation", "media_type", "reversed_"),
    [
        ("ascending", OCI_IMAGE, False),
        ("descending", OCI_IMAGE, True),
        (None, OCI_IMAGE, True),
        (None, DOCKER_IMAGE, True),
        (None, schema1.MEDIA_TYPE, False),
        (None, schema1.SIGNED_MEDIA_TYPE, False),
    ],
)
def test_layers_end_up_base_first(annotation: str | None, media_type: str, reversed_: bool) -> None:
    layers = [{"name": L1, "size": 100}, {"name": L2, "size": 11}]
    image = as_image(dockerImageLayers=layers, dockerImageManifestMediaType=media_type)
    image["metadata"]["annotations"] = {fill.LAYERS_ORDER: annotation} if annotation else {}
    filled = fill.fill(image, NOW)
    assert filled["dockerImageLayers"] == (layers[::-1] if reversed_ else layers)
    assert order(filled) == "ascending"


def test_layers_of_an_unknown_order_are_not_touched() -> None:
    image = as_image(dockerImageLayers=[{"name": L1, "size": 1}])
    assert fill.fill(image, NOW) is image


def test_what_is_complete_is_not_read_again() -> None:
    known = {"Id": "x", "Size": 5}
    image = as_image(dockerImageLayers=[{"name": L1, "size": 1}], dockerImageManifestMediaType=OCI_IMAGE)
    image |= {"dockerImageMetadata": known, "dockerImageManifest": "not json"}
    assert fill.fill(image, NOW)["dockerImageMetadata"] == known


@pytest.mark.parametrize("media_type", [OCI_INDEX, None])
def test_an_index_is_known_by_its_own_digest_since_it_was_first_seen(media_type: str | None) -> None:
    manifest = {key: value for key, value in index_manifest().items() if media_type or key != "mediaType"}
    image = as_image(manifest, dockerImageManifestMediaType=OCI_INDEX)
    filled = fill.fill(image, NOW)
    assert (filled["dockerImageMetadata"]["Id"], filled["dockerImageMetadata"]["Created"]) == (
        image["metadata"]["name"],
        STAMP,
    )
    assert "dockerImageLayers" not in filled
    assert fill.fill(filled, NOW + timedelta(days=1)) == filled


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"dockerImageConfig": ""}, f'dockerImageConfig must not be empty for manifest type "{OCI_IMAGE}"'),
        ({"dockerImageManifest": "not json"}, "the body is not valid JSON"),
        ({"dockerImageManifest": "[]"}, "the JSON must be an object"),
        ({"dockerImageManifest": '{"schemaVersion": 2}'}, "the kind of manifest cannot be told"),
        ({"dockerImageManifest": '{"schemaVersion": 1, "fsLayers": [{}]}'}, "they must be pairs"),
        ({"dockerImageManifest": '{"schemaVersion": 1, "history": "x"}'}, "must be a list of objects"),
    ],
)
def test_what_cannot_be_read_says_why(more: Json, why: str) -> None:
    with pytest.raises(fill.Unreadable, match=re.escape(why)):
        fill.fill(as_image(**more), NOW)


def schema1_manifest() -> Json:
    def told(**facts: Any) -> Json:
        return {"v1Compatibility": orjson.dumps(facts).decode()}

    return {
        "schemaVersion": 1,
        "fsLayers": [{"blobSum": L2}, {"blobSum": L1}],
        "history": [told(id="new", author="me", Size=11, created="2026-01-02T03:04:05Z"), told(id="old", Size=100)],
    }


def test_the_oldest_kind_of_manifest_is_read_newest_first() -> None:
    filled = fill.fill(as_image(schema1_manifest()), NOW)
    assert [(each["name"], each["size"]) for each in filled["dockerImageLayers"]] == [(L1, 100), (L2, 11)]
    assert filled["dockerImageManifestMediaType"] == schema1.MEDIA_TYPE
    facts = filled["dockerImageMetadata"]
    assert (facts["Id"], facts["Author"], facts["Size"]) == ("new", "me", 111)


def test_a_pushed_image_needs_no_texts() -> None:
    image = made(image_manifest())
    assert image["metadata"]["annotations"] == {
        "openshift.io/image.managed": "true",
        "image.openshift.io/manifestBlobStored": "true",
        "image.openshift.io/dockerLayersOrder": "ascending",
    }
    filled = fill.fill(as_image(), NOW)
    for key in ("dockerImageLayers", "dockerImageMetadata", "dockerImageManifestMediaType"):
        assert image[key] == filled[key]
    assert "dockerImageManifest" not in image
    assert images.validate(image) == []
    assert images.prepare_create(image, NOW) == image
    assert conform(IMAGE, image).value == image


def test_a_pushed_index_lists_its_children() -> None:
    image = made(index_manifest({"architecture": "arm64", "os": "linux", "variant": "v8"}, None), None)
    assert image["dockerImageManifests"] == [
        {
            "digest": L1,
            "mediaType": OCI_IMAGE,
            "manifestSize": 417,
            "architecture": "arm64",
            "os": "linux",
            "variant": "v8",
        },
        {"digest": L1, "mediaType": OCI_IMAGE, "manifestSize": 417, "architecture": "unknown", "os": "unknown"},
    ]
    assert order(image) == ""
    assert image["dockerImageMetadata"]["Created"] == STAMP
    assert images.validate(image) == []
    assert conform(IMAGE, image).value == image


@pytest.mark.parametrize("config", [b"{}", b"\xff\x00", b"", b'"text"', b"[1]", b"[" * 5000, None])
def test_an_artifact_makes_an_image_that_spoils_nothing(config: bytes | None) -> None:
    manifest = image_manifest([], config or b"", artifactType="application/vnd.example.note")
    image = made(manifest, config)
    assert image["dockerImageMetadata"]["Id"] == manifest["config"]["digest"]
    assert "dockerImageLayers" not in image
    assert images.validate(image) == []
    assert conform(IMAGE, image).value == image


def test_creating_fills_and_drops_texts_only_when_the_blobs_are_kept() -> None:
    sent = as_image()
    created = images.prepare_create(sent, NOW)
    assert created["dockerImageManifest"] == sent["dockerImageManifest"]
    assert created["dockerImageMetadata"]["Architecture"] == "amd64"
    kept = {**sent, "metadata": {**sent["metadata"], "annotations": {fill.BLOB_STORED: "true"}}}
    created = images.prepare_create(kept, NOW)
    assert "dockerImageManifest" not in created
    assert "dockerImageConfig" not in created
    assert created["dockerImageMetadata"]["Architecture"] == "amd64"


def test_creating_an_index_notes_its_children() -> None:
    created = images.prepare_create(as_image(index_manifest({"architecture": "arm64", "os": "linux"})), NOW)
    assert [child["architecture"] for child in created["dockerImageManifests"]] == ["arm64"]


def test_an_unreadable_image_is_kept_as_it_came() -> None:
    sent = as_image(dockerImageManifest="not json")
    assert images.prepare_create(sent, NOW) == {**sent, "dockerImageMetadataVersion": "1.0"}


def test_the_mark_of_managed_signatures_is_taken_off() -> None:
    marked = {"metadata": {"name": "a", "annotations": {images.MANAGED_SIGNATURE: "true"}}}
    mixed = {"metadata": {"name": "b", "annotations": {images.MANAGED_SIGNATURE: "true", "x": "y"}}}
    plain = {"metadata": {"name": "c"}}
    created = images.prepare_create({"metadata": {"name": "i"}, "signatures": [marked, mixed, plain]}, NOW)
    assert created["signatures"] == [
        {"metadata": {"name": "a"}},
        {"metadata": {"name": "b", "annotations": {"x": "y"}}},
        {"metadata": {"name": "c"}},
    ]


def test_what_is_derived_from_content_cannot_be_changed() -> None:
    old = images.prepare_create(as_image(dockerImageSignatures=["c2ln"]), NOW)
    new = {
        **old,
        "metadata": {**old["metadata"], "labels": {"a": "b"}},
        "dockerImageReference": "q.test/other",
        "dockerImageMetadata": {"Id": "forged"},
        "dockerImageMetadataVersion": "pre012",
        "dockerImageLayers": [],
        "dockerImageSignatures": ["Zm9yZ2Vk"],
        "dockerImageManifest": '{"forged": true}',
        "dockerImageConfig": "{}",
    }
    updated = images.prepare_update(new, old, NOW)
    assert updated == {**old, "metadata": new["metadata"], "dockerImageReference": "q.test/other"}


def test_texts_may_be_taken_away_and_given_back() -> None:
    old = images.prepare_create(as_image(), NOW)
    bare = {key: value for key, value in old.items() if key not in ("dockerImageManifest", "dockerImageConfig")}
    assert images.prepare_update(bare, old, NOW) == bare
    assert images.prepare_update(old, bare, NOW) == old
    forged = {**bare, "dockerImageConfig": CONFIG.decode()}
    assert images.prepare_update(forged, bare, NOW) == bare
    odd = {**bare, "metadata": {"name": "no-digest"}}
    assert images.prepare_update({**odd, "dockerImageManifest": "x"}, odd, NOW) == odd


def test_marking_an_image_as_stored_drops_its_texts() -> None:
    old = images.prepare_create(as_image(), NOW)
    annotations = {**old["metadata"]["annotations"], fill.BLOB_STORED: "true"}
    updated = images.prepare_update({**old, "metadata": {**old["metadata"], "annotations": annotations}}, old, NOW)
    assert "dockerImageManifest" not in updated


def test_views_show_an_image_filled_and_without_texts() -> None:
    shown = images.embedded(as_image(), NOW)
    assert shown["dockerImageMetadata"]["Architecture"] == "amd64"
    assert not {"dockerImageManifest", "dockerImageConfig"} & shown.keys()


CHILD = {"digest": L1, "mediaType": OCI_IMAGE, "manifestSize": 1, "architecture": "a", "os": "o"}


@pytest.mark.parametrize(
    ("more", "errors"),
    [
        ({}, []),
        ({"dockerImageReference": ""}, ["dockerImageReference: Required value"]),
        ({"dockerImageReference": "a b"}, ['dockerImageReference: Invalid value: "a b": invalid reference format']),
        (
            {"signatures": [{"metadata": {"name": "i@s"}, "type": "T"}]},
            ["signatures[0].content: Required value"],
        ),
        ({"dockerImageManifests": [CHILD]}, []),
        (
            {"dockerImageManifests": [{**CHILD, "digest": "sha256:ab"}]},
            [
                'dockerImageManifests[0].digest: Invalid value: "sha256:ab": '
                "digest does not conform with OCI image specification"
            ],
        ),
        ({"dockerImageManifests": [{**CHILD, "digest": f"see md5:{'a' * 32} there"}]}, []),
        (
            {"dockerImageManifests": [CHILD, {**CHILD, "mediaType": "text"}]},
            ['dockerImageManifests[1].mediaType: Invalid value: "text": media type does not conform to RFC6838'],
        ),
        (
            {"dockerImageManifests": [{**CHILD, "architecture": "", "os": ""}]},
            ["dockerImageManifests[0].architecture: Required value", "dockerImageManifests[0].os: Required value"],
        ),
        (
            {"dockerImageManifests": [{**CHILD, "manifestSize": -1}]},
            ["dockerImageManifests[0].size: Invalid value: -1: manifest size cannot be negative"],
        ),
        (
            {"dockerImageManifests": [CHILD], "dockerImageLayers": [{"name": "x"}]},
            [
                'dockerImageLayers: Invalid value: [{"Name":"x","LayerSize":0,"MediaType":""}]: '
                "dockerImageLayers should not be set when dockerImageManifests is set"
            ],
        ),
    ],
)
def test_images_that_are_refused(more: Json, errors: list[str]) -> None:
    image = {"metadata": {"name": "i"}, "dockerImageReference": REFERENCE, **more}
    assert [str(each) for each in images.validate(image)] == errors
    assert [str(each) for each in images.validate(image, "image.")] == [f"image.{each}" for each in errors]


_KEYS = ["schemaVersion", "mediaType", "config", "layers", "digest", "size", "fsLayers", "history", "Env", "created"]
_json = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 2**66) | st.sampled_from(["", L1, OCI_IMAGE, "2026-01-02T03:04:05Z"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_KEYS), inner, max_size=5),
    max_leaves=12,
)


@given(_json, _json)
@settings(max_examples=200)
def test_whatever_the_texts_hold_an_image_comes_out_and_filling_twice_changes_nothing(one: Any, two: Any) -> None:
    image = as_image(dockerImageManifest=str(orjson_text(one)), dockerImageConfig=str(orjson_text(two)))
    created = images.prepare_create(image, NOW)
    assert images.prepare_create(created, NOW) == created


@given(st.lists(st.tuples(st.sampled_from([L1, L2]), st.integers(0, 500)), max_size=4), _json)
@settings(max_examples=100)
def test_filling_is_done_at_once(layers: list[tuple[str, int]], document: Any) -> None:
    config = orjson_text(document).encode()
    filled = fill.fill(as_image(image_manifest(layers, config), config), NOW)
    assert fill.fill(filled, NOW + timedelta(days=1)) == filled
    assert conform(IMAGE, filled).value == filled


def orjson_text(value: Any) -> str:
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        return "{}"
