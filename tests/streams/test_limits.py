"""Limits on streams and images (image-api contract, 15.2 and 15.3)."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadstead.base.values import Json
from roadstead.streams import limits, quantities
from roadstead.streams.quantities import NotAQuantity, Quantity

D = "sha256:" + "ab" * 32


def limit_range(kind: str, **most: Any) -> Json:
    names = {"images": limits.IMAGES, "tags": limits.IMAGE_TAGS, "storage": limits.STORAGE}
    return {"spec": {"limits": [{"type": "Pod", "max": {"storage": "1"}}, {"type": kind, "max": {
        names[key]: value for key, value in most.items()
    }}]}}  # fmt: skip


def stream(*sources: tuple[str, str], images: str = "", namespace: str = "") -> Json:
    tags = [
        {"name": str(number), "from": {"kind": kind, "name": name, "namespace": namespace}}
        for number, (kind, name) in enumerate(sources)
    ]
    entries = [{"tag": "t", "items": [{"image": image} for image in images]}] if images else []
    return {"metadata": {"name": "a", "namespace": "ns"}, "spec": {"tags": tags}, "status": {"tags": entries}}


@pytest.mark.parametrize(
    ("kind", "name", "key"),
    [
        ("DockerImage", "mysql", "docker.io/mysql"),
        ("DockerImage", "index.docker.io/library/mysql:latest", "docker.io/mysql"),
        ("DockerImage", "q.test/a:v1", "q.test/a:v1"),
        ("DockerImage", f"q.test/a@{D}", f"q.test/a@{D}"),
        ("DockerImage", "::bad::", None),
        ("ImageStreamTag", "v1", "ns/a:v1"),
        ("ImageStreamTag", "b:v1", "ns/b:v1"),
        ("ImageStreamTag", "b:c:d", None),
        ("ImageStreamImage", "b@D", "ns/b@D"),
        ("ImageStreamImage", "D", "ns/a@D"),
        ("ImageStreamImage", "", None),
        ("Pod", "x", None),
    ],
)
def test_references_are_counted_in_one_spelling(kind: str, name: str, key: str | None) -> None:
    assert limits.usage(stream((kind, name))).tags == ({key} if key else set())


def test_the_namespace_of_a_reference_counts() -> None:
    assert limits.usage(stream(("ImageStreamTag", "b:v1"), namespace="other")).tags == {"other/b:v1"}


def test_tags_without_from_and_images_named_twice_do_not_count() -> None:
    found = stream(images="xyx")
    found["spec"]["tags"] = [{"name": "t"}]
    assert limits.usage(found) == limits.Usage(frozenset("xy"), frozenset())


def test_the_smallest_maximum_of_all_ranges_holds() -> None:
    ranges = [
        limit_range(limits.STREAM_LIMIT, images="3", tags="2"),
        limit_range(limits.STREAM_LIMIT, images=2, tags="lots"),
        limit_range(limits.IMAGE_LIMIT, storage="1Gi"),
        {},
    ]
    assert limits.maxima(ranges, limits.STREAM_LIMIT) == {
        limits.IMAGES: Quantity(2, "decimal"),
        limits.IMAGE_TAGS: Quantity(2, "decimal"),
    }
    assert limits.maxima(ranges, limits.IMAGE_LIMIT) == {limits.STORAGE: Quantity(2**30)}


MOST = limits.maxima([limit_range(limits.STREAM_LIMIT, images="1", tags="2")], limits.STREAM_LIMIT)
TAGS = [("DockerImage", "a"), ("DockerImage", "b"), ("DockerImage", "c")]
REFUSED = 'ImageStream.image.openshift.io "a" is forbidden: '
TOO_MANY_TAGS = (
    "requested usage of openshift.io/image-tags exceeds the maximum limit per openshift.io/ImageStream (3 > 2)"
)
TOO_MANY_IMAGES = (
    "requested usage of openshift.io/images exceeds the maximum limit per openshift.io/ImageStream (2 > 1)"
)


@pytest.mark.parametrize(
    ("new", "old", "refusal"),
    [
        (stream(*TAGS[:2], images="x"), None, None),
        (stream(*TAGS), None, REFUSED + TOO_MANY_TAGS),
        (stream(images="xy"), None, REFUSED + TOO_MANY_IMAGES),
        (stream(*TAGS, images="xy"), None, f"{REFUSED}[{TOO_MANY_IMAGES}, {TOO_MANY_TAGS}]"),
        (stream(*TAGS), stream(*TAGS), None),
        (stream(*TAGS), stream(*TAGS, ("DockerImage", "d")), None),
        (stream(*TAGS), stream(*TAGS[:2], ("DockerImage", "d")), REFUSED + TOO_MANY_TAGS),
        (stream(*TAGS, images="xy"), stream(*TAGS, images="x"), REFUSED + TOO_MANY_IMAGES),
    ],
)
def test_a_stream_over_its_limit_may_stay_but_not_grow(new: Json, old: Json | None, refusal: str | None) -> None:
    assert limits.stream_refusal(new, old, MOST) == refusal
    assert limits.stream_refusal(new, old, {}) is None


@pytest.mark.parametrize(
    ("size", "limit", "refusal"),
    [(1024, "1Ki", None), (5000, "1Ki", "(5000 > 1Ki)"), (2**21, "1Mi", "(2Mi > 1Mi)"), (5000, "4k", "(5000 > 4k)")],
)
def test_an_image_over_the_limit_is_refused(size: int, limit: str, refusal: str | None) -> None:
    most = limits.maxima([limit_range(limits.IMAGE_LIMIT, storage=limit)], limits.IMAGE_LIMIT)
    found = limits.image_refusal({"dockerImageMetadata": {"Size": size}}, most)
    text = "requested usage of storage exceeds the maximum limit per openshift.io/Image"
    assert found == (f"{text} {refusal}" if refusal else None)
    assert limits.image_refusal({}, most) is None
    assert limits.image_refusal({"dockerImageMetadata": {"Size": size}}, {}) is None


@pytest.mark.parametrize(
    ("text", "value", "canonical"),
    [
        ("0", 0, "0"),
        ("1024", 1024, "1024"),
        ("2048Ki", 2**21, "2Mi"),
        ("0.5Gi", 2**29, "512Mi"),
        (".5Ki", 512, "512"),
        ("1500M", 1_500_000_000, "1500M"),
        ("1000M", 10**9, "1G"),
        ("2e3", 2000, "2k"),
        ("1E2", 100, "100"),
        ("1E", 10**18, "1E"),
        ("100m", 1, "1"),
        ("1.", 1, "1"),
        ("+1Ki", 1024, "1Ki"),
        ("-1.5", -1, "-1"),
    ],
)
def test_quantities_are_read_and_written(text: str, value: int, canonical: str) -> None:
    assert quantities.parse(text).value == value
    assert str(quantities.parse(text)) == canonical


@pytest.mark.parametrize("text", ["", "lots", "1 Gi", "1gi", "1KI", "0x10", "1e999999999", "9" * 40, "٣", ".", "1Ki1"])
def test_what_is_no_quantity_is_refused(text: str) -> None:
    with pytest.raises(NotAQuantity):
        quantities.parse(text)


@given(st.integers(0, 2**63), st.sampled_from(["binary", "decimal"]))
def test_the_canonical_text_means_the_same(value: int, family: Any) -> None:
    assert quantities.parse(str(Quantity(value, family))).value == value
