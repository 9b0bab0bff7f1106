"""What a remote manifest means for an import (image-api contract, 14.3)."""

from datetime import UTC, datetime

import pytest

from roadstead.base.errors import Invalid
from roadstead.importing import reading
from roadstead.oci.manifest import Manifest
from roadstead.streams import images
from roadstead.streams.schema1 import SIGNED_MEDIA_TYPE
from roadstead.testing import builders
from roadstead.testing.builders import Content

NOW = datetime(2026, 11, 23, 18, 49, 39, tzinfo=UTC)


def read(content: Content) -> Manifest:
    return reading.read(content.data, content.media_type)


def index_of(*platforms: str) -> Manifest:
    """An index with an entry for each os/architecture[/variant], "" without a platform."""
    entries = []
    for number, text in enumerate(platforms):
        entry = builders.image(f"{number}").described()
        if text:
            entry["platform"] = dict(zip(("os", "architecture", "variant"), text.split("/"), strict=False))
        entries.append(entry)
    return read(builders.manifest({"mediaType": "application/vnd.oci.image.index.v1+json", "manifests": entries}))


def taken(index: Manifest, architecture: str, system: str = "") -> int:
    return index.manifests.index(reading.chosen(index.manifests, architecture, system))


def test_the_platform_preferred_is_taken() -> None:
    index = index_of("linux/amd64", "linux/s390x", "windows/amd64")
    assert taken(index, "s390x") == 1
    assert taken(index, "amd64", "windows") == 2


def test_without_the_platform_preferred_amd64_linux_is_taken_and_else_the_first() -> None:
    assert taken(index_of("linux/arm64", "linux/amd64"), "s390x") == 1
    assert taken(index_of("", "linux/arm64"), "s390x") == 0


def test_an_empty_index_stands_for_nothing() -> None:
    with pytest.raises(Invalid, match="no manifests in manifest list"):
        reading.chosen((), "amd64", "")


def test_an_image_tells_what_its_config_says_and_keeps_the_texts_apart() -> None:
    content = builders.image("web")
    config = content.blobs[0]
    image = reading.single_image(read(content), content.digest, config.data)
    assert image["metadata"]["name"] == content.digest
    assert image["dockerImageMetadata"]["Id"] == config.digest
    assert image["dockerImageMetadata"]["Config"]["Labels"] == {"name": "web"}
    assert image["dockerImageManifest"] == content.data.decode()
    assert "dockerImageConfig" in image
    assert reading.without_texts(image).keys() & {"dockerImageManifest", "dockerImageConfig"} == set()


def test_an_index_kept_as_it_is_lists_its_entries_and_nothing_else() -> None:
    image = reading.index_image(index_of("linux/arm64/v8"), "sha256:" + "a" * 64, NOW)
    assert image["dockerImageMetadata"] == {
        "kind": "DockerImage",
        "apiVersion": "image.openshift.io/1.0",
        "Id": "sha256:" + "a" * 64,
        "Created": "2026-11-23T18:49:39Z",
        "ContainerConfig": {},
    }
    assert [(each["architecture"], each["variant"]) for each in image["dockerImageManifests"]] == [("arm64", "v8")]
    assert "dockerImageLayers" not in image


def test_an_entry_without_a_platform_makes_the_image_invalid_and_not_the_import() -> None:
    image = reading.index_image(index_of("linux/amd64", ""), "sha256:" + "a" * 64, NOW)
    placed = reading.placed(image, f"q.test/a@sha256:{'a' * 64}")
    assert [error.field for error in images.validate(placed)] == [
        "dockerImageManifests[1].architecture",
        "dockerImageManifests[1].os",
    ]


def test_an_index_with_too_many_entries_is_refused_by_number() -> None:
    with pytest.raises(Invalid, match="the index has 257 entries; at most 256"):
        reading.index_image(index_of(*["linux/amd64"] * 257), "sha256:" + "a" * 64, NOW)


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (b'{"schemaVersion": 1, "fsLayers": [], "history": []}', SIGNED_MEDIA_TYPE),
        (b'{"schemaVersion": 1, "fsLayers": [], "history": []}', "application/json"),
        (b'{"schemaVersion": 1}', ""),
    ],
)
def test_schema_1_is_refused_with_what_to_do(body: bytes, media_type: str) -> None:
    with pytest.raises(Invalid, match="schema 1, which is neither imported nor copied; push it there again"):
        reading.read(body, media_type)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"schemaVersion": 2}', b"\xff"])
def test_what_is_no_manifest_is_refused_by_name_of_the_rule(body: bytes) -> None:
    with pytest.raises(Invalid, match="manifest invalid"):
        reading.read(body, "application/vnd.oci.image.manifest.v1+json")
