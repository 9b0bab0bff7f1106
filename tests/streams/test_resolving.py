"""What tags and short ids mean (image-api contract, 7.2, 7.5 and 7.6)."""

import pytest

from roadstead.base.values import Json
from roadstead.streams import resolving

ONE, TWO = "sha256:" + "ab" * 32, "sha256:" + "ac" * 32


def stream(policy: str | None, repository: str, image: str = ONE) -> Json:
    tags = [{"name": "v1", "referencePolicy": {"type": policy}}] if policy else []
    item = {"dockerImageReference": f"q.test/a/b@{ONE}", "image": image, "generation": 2}
    status = {"dockerImageRepository": repository, "tags": [{"tag": "v1", "items": [item]}]}
    return {"metadata": {"name": "b", "namespace": "ns"}, "spec": {"tags": tags}, "status": status}


@pytest.mark.parametrize(
    ("policy", "repository", "image", "spec"),
    [
        (None, "reg/ns/b", ONE, f"q.test/a/b@{ONE}"),
        ("Source", "reg/ns/b", ONE, f"q.test/a/b@{ONE}"),
        ("Local", "reg:5000/ns/b", ONE, f"reg:5000/ns/b@{ONE}"),
        ("Local", "", ONE, f"q.test/a/b@{ONE}"),
        ("Local", "no such place", ONE, f"q.test/a/b@{ONE}"),
        ("Local", "reg/ns/b", "", f"q.test/a/b@{ONE}"),
    ],
)
def test_the_reference_policy_says_where_to_pull_from(
    policy: str | None, repository: str, image: str, spec: str
) -> None:
    assert resolving.pull_spec(stream(policy, repository, image), "v1") == spec


def test_a_tag_without_event_has_no_pull_spec_and_no_tag_means_latest() -> None:
    assert resolving.pull_spec(stream(None, ""), "v2") is None
    named = stream(None, "")
    named["status"]["tags"][0]["tag"] = "latest"
    assert resolving.pull_spec(named, "") == f"q.test/a/b@{ONE}"


@pytest.mark.parametrize(("event", "condition"), [(2, None), (2, 3), (3, 2), (None, 1), (None, None)])
def test_a_generation_is_observed_by_an_image_or_by_a_failure(event: int | None, condition: int | None) -> None:
    entry: Json = {"tag": "t", "items": [{"generation": event}] if event else None}
    if condition:
        entry["conditions"] = [{"type": "Other", "generation": 99}, {"type": "ImportSuccess", "generation": condition}]
    seen: Json = {"status": {"tags": [entry]}}
    assert resolving.observed_generation(seen, "t") == max(event or 0, condition or 0)
    assert resolving.observed_generation(seen, "unknown") == 0


def test_a_short_id_finds_the_newest_event_of_its_one_image() -> None:
    older, newer = {"image": ONE, "generation": 1}, {"image": ONE, "generation": 5}
    images = resolving.Images({"b": {"items": [older]}, "a": {"items": [newer, {"image": ""}]}, "c": {"items": None}})
    for prefix in (ONE, "sha256:ab", "abab", "", "sha256:"):
        assert images.one(prefix) == newer


def test_of_an_image_a_tag_named_twice_the_first_event_is_meant() -> None:
    first, last = {"image": ONE, "generation": 1}, {"image": ONE, "generation": 5}
    images = resolving.Images({"a": {"items": [last, {"image": TWO}, first]}})
    assert images.one(ONE) == first


def test_a_short_id_of_none_or_several_images_says_so() -> None:
    images = resolving.Images({"a": {"items": [{"image": ONE}, {"image": TWO}]}})
    assert images.one("ff") == 'imagestreamimage.image.openshift.io "ff" not found'
    assert images.one("a") == (
        'Operation cannot be fulfilled on imagestreamimage.image.openshift.io "a": '
        f'multiple images match the prefix "a": {ONE}, {TWO}'
    )
    assert images.matching("sha256:") == [ONE, TWO]
    assert images.one(TWO) == {"image": TWO}


def test_an_error_names_only_some_of_very_many_images() -> None:
    images = resolving.Images({"a": {"items": [{"image": f"d{number:03}"} for number in range(500)]}})
    assert str(images.one("d")).endswith("d008, d009, ...")
