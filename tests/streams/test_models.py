"""The shapes of streams and images, held against what a real server shows (image-api contract, 6.1, 10 to 12, 21)."""

from typing import Any

import pytest

from roadstead.base.values import Json
from roadstead.kube.schema import Shape, TypeMismatch, conform
from roadstead.kube.strategic import strategic_merge
from roadstead.streams import models_images, models_streams
from roadstead.streams.docker10 import EMPTY

TAG: Json = {
    "name": "v1",
    "annotations": None,
    "from": {"kind": "DockerImage", "name": "q.test/a/web:v1"},
    "generation": 1,
    "importPolicy": {"importMode": "Legacy"},
    "referencePolicy": {"type": "Source"},
}
HISTORY: Json = {
    "tag": "v1",
    "items": [
        {
            "created": "2026-11-23T18:49:39Z",
            "dockerImageReference": "q.test/a/web:v1",
            "image": "",
            "generation": 1,
        }
    ],
}
FAILED: Json = {
    "tag": "v2",
    "items": None,
    "conditions": [
        {
            "type": "ImportSuccess",
            "status": "False",
            "lastTransitionTime": "2026-11-23T18:07:48Z",
            "reason": "NotFound",
            "message": "not found",
            "generation": 1,
        }
    ],
}
NO_IMAGE = {"metadata": {}, "dockerImageMetadata": EMPTY, "dockerImageMetadataVersion": "1.0"}


@pytest.mark.parametrize(
    ("shape", "shown"),
    [
        (
            models_streams.IMAGE_STREAM,
            {
                "spec": {"lookupPolicy": {"local": False}, "tags": [TAG]},
                "status": {"dockerImageRepository": "reg/ns/web", "tags": [HISTORY, FAILED]},
            },
        ),
        (
            models_streams.IMAGE_STREAM_TAG,
            {"tag": None, "generation": 1, "lookupPolicy": {"local": False}, "image": NO_IMAGE},
        ),
        (models_streams.IMAGE_TAG, {"spec": TAG, "status": None, "image": None}),
        (models_streams.IMAGE_TAG, {"spec": None, "status": HISTORY, "image": NO_IMAGE}),
        (models_streams.IMAGE_STREAM_IMAGE, {"image": NO_IMAGE}),
        (models_streams.IMAGE_STREAM_MAPPING, {"image": NO_IMAGE, "tag": "v1"}),
    ],
)
def test_what_a_real_server_shows_is_in_shape(shape: Shape, shown: Json) -> None:
    whole = {"kind": shape.name, "apiVersion": "image.openshift.io/v1", "metadata": {"name": "web"}, **shown}
    assert conform(shape, whole).value == whole


@pytest.mark.parametrize(
    ("shape", "fields"),
    [
        (
            models_streams.IMAGE_STREAM,
            {"spec": {"lookupPolicy": {"local": False}}, "status": {"dockerImageRepository": ""}},
        ),
        (
            models_streams.IMAGE_STREAM_TAG,
            {"tag": None, "generation": 0, "lookupPolicy": {"local": False}, "image": NO_IMAGE},
        ),
        (models_streams.IMAGE_TAG, {"spec": None, "status": None, "image": None}),
        (models_streams.IMAGE_STREAM_LAYERS, {"blobs": {}, "images": {}}),
        (models_images.IMAGE, {"dockerImageMetadata": EMPTY, "dockerImageMetadataVersion": "1.0"}),
        (models_images.IMAGE_SIGNATURE, {"type": "", "content": None}),
    ],
)
def test_what_is_never_left_out(shape: Shape, fields: Json) -> None:
    expected = {"metadata": {}, **fields}
    assert conform(shape, {}).value == expected
    assert conform(shape, dict.fromkeys(shape.fields)).value == expected


def test_what_oc_sends_is_accepted() -> None:
    sent: dict[str, Any] = {
        "metadata": {"name": "app:x"},
        "tag": {"name": "", "annotations": {}, "generation": None, "referencePolicy": {"type": ""}},
        "generation": 0,
        "lookupPolicy": {"local": False},
        "image": {"metadata": {}, "dockerImageMetadata": None},
    }
    kept = conform(models_streams.IMAGE_STREAM_TAG, sent)
    assert kept.unknown == []
    assert kept.value["tag"]["referencePolicy"] == {"type": "Source"}
    assert kept.value["tag"]["annotations"] == {}


def test_unknown_fields_are_told() -> None:
    sent = {"spec": {"tags": [{"foo": 1}], "bar": 2}}
    assert conform(models_streams.IMAGE_STREAM, sent).unknown == ["spec.tags[0].foo", "spec.bar"]


def test_tags_merge_by_name_and_signatures_by_the_name_in_their_metadata() -> None:
    stream: Json = {"spec": {"tags": [TAG]}, "status": {"tags": [HISTORY]}}
    patch = {"spec": {"tags": [{"name": "v1", "reference": True}, {"name": "v2"}]}, "status": {"tags": [FAILED]}}
    merged = strategic_merge(stream, patch, models_streams.IMAGE_STREAM)
    assert {each["name"]: each.get("reference") for each in merged["spec"]["tags"]} == {"v1": True, "v2": None}
    assert {each["tag"] for each in merged["status"]["tags"]} == {"v1", "v2"}
    image: Json = {"signatures": [{"metadata": {"name": "i@s"}, "type": "T"}], "dockerImageMetadata": {"Id": "1"}}
    patch = {"signatures": [{"metadata": {"name": "i@s"}, "type": "U"}], "dockerImageMetadata": {"Size": 1}}
    merged = strategic_merge(image, patch, models_images.IMAGE)
    assert merged["signatures"] == [{"metadata": {"name": "i@s"}, "type": "U"}]
    assert merged["dockerImageMetadata"] == {"Size": 1}


@pytest.mark.parametrize(
    ("shape", "value", "wanted"),
    [
        (models_streams.TAG_REFERENCE, {"importPolicy": {"importMode": 1}}, "v1.ImportModeType"),
        (models_streams.TAG_REFERENCE, {"referencePolicy": {"type": 1}}, "v1.TagReferencePolicyType"),
        (models_images.SIGNATURE_CONDITION, {"status": 1}, "v1.ConditionStatus"),
        (models_images.IMAGE, {"dockerImageMetadata": {"Config": 1}}, "docker10.DockerConfig"),
        (models_images.IMAGE, {"dockerImageMetadata": {"Config": {"Volumes": {"/v": 1}}}}, "struct {}"),
        (models_images.IMAGE, {"metadata": {"uid": 1}}, "types.UID"),
    ],
)
def test_a_wrong_type_is_told_by_its_name_in_go(shape: Shape, value: Json, wanted: str) -> None:
    with pytest.raises(TypeMismatch, match=f"cannot unmarshal number into Go struct field .* of type {wanted}$"):
        conform(shape, value)
