"""How a push enters a stream (image-api contract, section 13)."""

from datetime import UTC, datetime
from typing import Any

import pytest

from roadstead.base.values import Json
from roadstead.kube.schema import conform
from roadstead.streams import events, mappings
from roadstead.streams.models_streams import IMAGE_STREAM_MAPPING

NOW = datetime(2026, 11, 23, 18, 49, 39, tzinfo=UTC)
D1, D2 = "sha256:" + "aa" * 32, "sha256:" + "bb" * 32


def image(digest: str, reference: str = "", *, managed: bool = False) -> Json:
    annotations = {"openshift.io/image.managed": "true"} if managed else {}
    meta = {"name": digest, "annotations": annotations}
    return {"metadata": meta, "dockerImageReference": reference or f"reg/ns/app@{digest}"}


def stream(*tags: Json, repository: str = "reg/ns/app", generation: int = 3, **histories: list[Json]) -> Json:
    meta = {"namespace": "ns", "name": "app", "generation": generation}
    entries = [{"tag": name, "items": items} for name, items in histories.items()]
    return {
        "metadata": meta,
        "spec": {"tags": list(tags)},
        "status": {"dockerImageRepository": repository, "tags": entries},
    }


def item(digest: str, generation: int = 1, **more: Any) -> Json:
    return events.event(f"reg/ns/app@{digest}", digest, generation, NOW) | more


def mapping(**more: Any) -> Json:
    return conform(IMAGE_STREAM_MAPPING, {"metadata": {"name": "app", "namespace": "ns"}, **more}).value


def test_a_push_becomes_the_newest_event_at_the_streams_generation() -> None:
    after = mappings.tagged(stream(v1=[item(D2)]), "v1", image(D1), existed=False, now=NOW)
    assert events.histories(after)["v1"]["items"] == [item(D1, 3), item(D2)]


def test_pushing_the_same_again_changes_nothing() -> None:
    before = stream(v1=[item(D1, 3)])
    assert mappings.tagged(before, "v1", image(D1), existed=True, now=NOW) is None


def test_aliases_move_with_the_tag_that_was_pushed() -> None:
    alias = {"name": "latest", "from": {"kind": "ImageStreamTag", "name": "v1"}}
    after = mappings.tagged(stream(alias), "v1", image(D1), existed=False, now=NOW)
    assert events.current_of(after, "latest") == item(D1, 3)


@pytest.mark.parametrize(
    ("existed", "managed", "repository", "reference"),
    [
        (True, True, "reg/ns/app", f"reg/ns/app@{D1}"),
        (False, True, "reg/ns/app", f"reg/ns/other@{D1}"),
        (True, False, "reg/ns/app", f"reg/ns/other@{D1}"),
        (True, True, "", f"reg/ns/other@{D1}"),
        (True, True, "no place", f"reg/ns/other@{D1}"),
    ],
)
def test_a_managed_image_that_was_here_before_is_named_through_this_stream(
    existed: bool, managed: bool, repository: str, reference: str
) -> None:
    pushed = image(D1, f"reg/ns/other@{D1}", managed=managed)
    after = mappings.tagged(stream(repository=repository), "v1", pushed, existed=existed, now=NOW)
    assert (events.current_of(after, "v1") or {})["dockerImageReference"] == reference


def test_the_declared_repository_stands_in_for_a_registry_of_our_own() -> None:
    before = stream(repository="")
    before["spec"]["dockerImageRepository"] = "q.test/a"
    assert mappings.push_reference(before, image(D1, "x", managed=True), True) == f"q.test/a@{D1}"


@pytest.mark.parametrize(
    ("before", "after", "retry"),
    [
        (None, stream(), True),
        (stream(), stream(v1=[item(D1)]), True),
        (stream(v1=[item(D1)]), stream(), True),
        (stream(v1=[item(D1)]), stream(v1=[item(D1, 9, created="2020-01-01T00:00:00Z")]), True),
        (stream(v1=[item(D1)]), stream(v1=[item(D2)]), False),
        (stream(v1=[item(D1)]), stream(v1=[item(D1, dockerImageReference="x")]), False),
    ],
)
def test_a_lost_race_is_run_again_unless_somebody_moved_the_tag(before: Json | None, after: Json, retry: bool) -> None:
    assert mappings.may_retry(before, after, "v1") is retry


def test_a_missing_reference_is_this_streams_and_signatures_are_dropped() -> None:
    sent = mapping(image={"metadata": {"name": D1}, "signatures": [{"type": "x"}]}, tag="v1")
    assert mappings.prepare(sent, "reg:5000")["image"]["dockerImageReference"] == f"reg:5000/ns/app@{D1}"
    assert "signatures" not in mappings.prepare(sent)["image"]
    assert "dockerImageReference" not in mappings.prepare(sent)["image"]
    given = mapping(image={"metadata": {"name": D1}, "dockerImageReference": "q.test/a"}, tag="v1")
    assert mappings.prepare(given, "reg:5000")["image"]["dockerImageReference"] == "q.test/a"


@pytest.mark.parametrize(
    ("sent", "errors"),
    [
        (mapping(image=image(D1), tag="v1"), []),
        (mapping(image=image(D1), tag="a b/c"), []),
        (mapping(image=image(D1)), ["tag: Required value"]),
        (mapping(tag="x"), ["image.metadata.name: Required value: name or generateName is required"]),
        (
            mapping(image=image("a/b", "a b"), tag="x"),
            [
                "image.metadata.name: Invalid value: \"a/b\": may not contain '/'",
                'image.dockerImageReference: Invalid value: "a b": invalid reference format',
            ],
        ),
    ],
)
def test_mappings_that_are_refused(sent: Json, errors: list[str]) -> None:
    assert [str(each) for each in mappings.validate(mappings.prepare(sent, "reg"))] == errors
