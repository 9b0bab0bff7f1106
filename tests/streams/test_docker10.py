"""What Images say about the inside of images (image-api contract, section 4.2)."""

from typing import Any

import pytest

from roadstead.base.values import Json
from roadstead.kube.schema import TypeMismatch, conform
from roadstead.streams import docker10
from roadstead.streams.models_images import IMAGE

HEAD = {"kind": "DockerImage", "apiVersion": "image.openshift.io/1.0"}
EMPTY: Json = {**HEAD, "Id": "", "Created": None, "ContainerConfig": {}}


def read(sent: Any) -> Any:
    return conform(IMAGE, {"dockerImageMetadata": sent}).value["dockerImageMetadata"]


@pytest.mark.parametrize("sent", [None, {}, {"kind": "DockerImage"}, {"apiVersion": "1.0"}, {"Unknown": 1}])
def test_metadata_is_never_absent(sent: Json | None) -> None:
    assert read(sent) == EMPTY
    assert conform(IMAGE, {}).value["dockerImageMetadata"] == EMPTY


def test_known_keys_are_kept_and_empty_ones_left_out() -> None:
    sent = {
        **HEAD,
        "Id": "sha256:1",
        "Created": "2024-01-01T01:00:00.5+01:00",
        "Author": "",
        "Config": {"Env": ["A=b"], "Cmd": [], "Memory": 0, "ExposedPorts": {"80/tcp": {"x": 1}}, "Healthcheck": {}},
        "Architecture": "amd64",
        "Size": 300,
        "History": [],
    }
    assert read(sent) == {
        **HEAD,
        "Id": "sha256:1",
        "Created": "2024-01-01T00:00:00Z",
        "ContainerConfig": {},
        "Config": {"Env": ["A=b"], "ExposedPorts": {"80/tcp": {}}},
        "Architecture": "amd64",
        "Size": 300,
    }
    assert read(read(sent)) == read(sent)


def test_the_old_version_is_converted() -> None:
    old = {"id": "1", "container_config": {"User": "x"}, "docker_version": "1.2", "created": "0001-01-01T00:00:00Z"}
    expected = {**EMPTY, "Id": "1", "ContainerConfig": {"User": "x"}, "DockerVersion": "1.2"}
    assert read(old) == expected
    assert read({**old, "apiVersion": "image.openshift.io/pre012"}) == expected
    assert read({**old, "apiVersion": "pre012"}) == expected


@pytest.mark.parametrize("sent", [{"apiVersion": "2.0"}, {"Id": 1}, {"Config": []}, "text", [1], {"Created": "now"}])
def test_what_does_not_fit_is_refused(sent: Any) -> None:
    with pytest.raises(TypeMismatch):
        read(sent)


def test_an_unknown_version_is_named() -> None:
    with pytest.raises(TypeMismatch, match='no kind "DockerImage" is registered for version "2.0" in scheme'):
        read({"apiVersion": "2.0"})


def test_a_config_document_becomes_metadata() -> None:
    document = {
        "architecture": "amd64",
        "os": "linux",
        "created": "2026-01-02T03:04:05.123456789Z",
        "author": "fixture",
        "config": {"Env": ["PATH=/bin"], "Cmd": ["/hello"], "Volumes": {"/data": {}}, "Labels": {"a": "b"}},
        "rootfs": {"type": "layers"},
    }
    assert docker10.from_config(document, "sha256:c", 10561) == {
        **EMPTY,
        "Id": "sha256:c",
        "Created": "2026-01-02T03:04:05Z",
        "Author": "fixture",
        "Config": {"Env": ["PATH=/bin"], "Cmd": ["/hello"], "Volumes": {"/data": {}}, "Labels": {"a": "b"}},
        "Architecture": "amd64",
        "Size": 10561,
    }


@pytest.mark.parametrize("document", [None, [], "text", 1, {}, {"config": "x"}, {"created": "now", "author": 5}])
def test_a_document_that_is_no_image_config_leaves_the_rest_unknown(document: Any) -> None:
    assert docker10.from_config(document, "sha256:c", 2) == {**EMPTY, "Id": "sha256:c", "Size": 2}


def test_one_wrong_field_does_not_hide_the_others() -> None:
    found = docker10.from_config({"config": {"Env": "A=b", "User": "u", "Cmd": ["x", 1]}}, "c", 2**70)
    assert found["Config"] == {"User": "u"}
    assert found["Size"] == 2**63 - 1
