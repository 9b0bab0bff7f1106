"""What people type for a place of images."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadstead.base.errors import Invalid
from roadstead.copying.names import InFile, InRegistry, Platform, parse

DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("text", "registry", "path", "reference"),
    [
        ("quay.io/team/web:v1", "quay.io", "team/web", "v1"),
        ("docker://quay.io/team/web", "quay.io", "team/web", "latest"),
        ("localhost:5000/a/b/c:v1", "localhost:5000", "a/b/c", "v1"),
        (f"quay.io/team/web:v1@{DIGEST}", "quay.io", "team/web", DIGEST),
        ("busybox", "", "busybox", "latest"),
        ("team/web:v1", "", "team/web", "v1"),
        ("dir:5000/web", "dir:5000", "web", "latest"),
    ],
)
def test_a_plain_name_is_in_a_registry(text: str, registry: str, path: str, reference: str) -> None:
    name = parse(text)
    assert isinstance(name, InRegistry)
    assert (name.spec.registry, name.path, name.reference) == (registry, path, reference)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("oci:out", InFile("oci", "out", "")),
        ("oci:/tmp/out:v1", InFile("oci", "/tmp/out", "v1")),
        (f"oci:out:{DIGEST}", InFile("oci", "out", DIGEST)),
        ("oci-archive:a.tar:v1", InFile("oci-archive", "a.tar", "v1")),
        ("docker-archive:a.tar:quay.io/team/web:v1", InFile("docker-archive", "a.tar", "quay.io/team/web:v1")),
    ],
)
def test_a_transport_names_a_file_and_an_image_in_it(text: str, expected: InFile) -> None:
    assert parse(text) == expected
    assert str(expected) == text


@pytest.mark.parametrize(
    "text",
    ["", "oci:", "oci-archive:", "dir:/tmp/x", "docker-daemon:web:v1", "https://quay.io/a/b", "Quay/Web", "quay.io"],
)
def test_what_is_no_place_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(Invalid, match="write docker://HOST/NAME"):
        parse(text)


@given(st.text(max_size=60))
def test_no_text_breaks_it(text: str) -> None:
    try:
        parse(text)
    except Invalid:
        pass


def test_a_platform_fits_what_it_names() -> None:
    arm = Platform.parse("linux/arm/v7")
    assert arm.fits({"os": "linux", "architecture": "arm", "variant": "v7"})
    assert not arm.fits({"os": "linux", "architecture": "arm", "variant": "v6"})
    assert Platform.parse("linux/arm").fits({"os": "linux", "architecture": "arm", "variant": "v7"})
    assert not Platform.parse("linux/arm").fits(None)


@pytest.mark.parametrize("text", ["linux", "a/b/c/d", "linux/", "linux/amd 64"])
def test_a_platform_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="OS/ARCHITECTURE"):
        Platform.parse(text)
