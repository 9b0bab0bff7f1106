"""What an import leaves in a stream (image-api contract, 14.5)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from roadstead.base.values import Json
from roadstead.importing import record
from roadstead.importing.record import Result
from roadstead.kube import status
from roadstead.kube.status import GroupResource
from roadstead.streams import events, specs

NOW = datetime(2026, 11, 23, 18, 49, 39, tzinfo=UTC)
STAMP = "2026-11-23T18:49:39Z"
LATER = NOW + timedelta(hours=1)
POLICY: Json = {"importPolicy": {"importMode": "Legacy"}, "referencePolicy": {"type": "Source"}}
ONE, TWO = "sha256:" + "1" * 64, "sha256:" + "2" * 64


def blank(**more: Any) -> Json:
    return specs.normalise({"metadata": {"name": "web", "namespace": "shop", "generation": 0, **more}})


def found(tag: str = "v1", image: str = ONE, place: str = "q.test/a", **more: Any) -> Result:
    shown = {"metadata": {"name": image}, "dockerImageReference": f"{place}@{image}"}
    answer = {"status": {"metadata": {}, "status": "Success"}, "image": shown}
    return Result(tag, f"{place}:{tag}", POLICY, answer, **more)


def missing(tag: str = "v1", why: str = "it is not there", **more: Any) -> Result:
    said = {"metadata": {}, "status": "Failure", "reason": "NotFound", "message": why, "code": 404}
    return Result(tag, f"q.test/a:{tag}", POLICY, {"status": said}, **more)


def kept(stream: Json, *items: Result, now: datetime = NOW) -> Json:
    """The stream as its rules store it after the items."""
    after = record.record(stream, list(items), now)
    if not record.changed(stream, after):
        return stream
    return specs.prepare_update(after, stream, keep_status=False)


def spec(stream: Json, tag: str) -> Json:
    return events.spec_tags(stream)[tag]


def conditions(stream: Json, tag: str = "v1") -> list[Json]:
    return list(events.histories(stream)[tag].get("conditions") or [])


def test_an_image_that_is_found_becomes_a_tag_with_one_event() -> None:
    stream = kept(blank(), found())
    assert spec(stream, "v1")["from"] == {"kind": "DockerImage", "name": "q.test/a:v1"}
    assert spec(stream, "v1")["generation"] == stream["metadata"]["generation"] == 1
    assert events.current_of(stream, "v1") == {
        "created": STAMP, "dockerImageReference": f"q.test/a@{ONE}", "image": ONE, "generation": 1,
    }  # fmt: skip


def test_the_same_image_again_changes_nothing() -> None:
    stream = kept(blank(), found())
    assert record.changed(stream, record.record(stream, [found()], LATER)) is False


def test_another_image_goes_in_front_and_the_generation_moves() -> None:
    stream = kept(kept(blank(), found()), found(image=TWO), now=LATER)
    assert [each["image"] for each in events.histories(stream)["v1"]["items"]] == [TWO, ONE]
    assert events.current_of(stream, "v1")["generation"] == spec(stream, "v1")["generation"] == 2  # type: ignore[index]


def test_a_failure_keeps_the_last_good_image_and_says_why() -> None:
    stream = kept(kept(blank(), found()), missing(), now=LATER)
    assert events.current_of(stream, "v1")["image"] == ONE  # type: ignore[index]
    assert conditions(stream) == [
        {
            "type": "ImportSuccess", "status": "False", "lastTransitionTime": "2026-11-23T19:49:39Z",
            "reason": "NotFound", "message": "it is not there", "generation": 2,
        }
    ]  # fmt: skip
    assert spec(stream, "v1")["generation"] == 2


def test_a_failed_tag_is_observed_so_it_is_not_tried_for_ever() -> None:
    stream = kept(blank(), missing())
    assert spec(stream, "v1")["generation"] == conditions(stream)[0]["generation"] == 1
    assert events.histories(stream)["v1"]["items"] is None


def test_the_same_failure_again_changes_nothing() -> None:
    stream = kept(blank(), missing())
    assert record.changed(stream, record.record(stream, [missing()], LATER)) is False


def test_the_same_failure_of_a_fresh_request_is_observed_and_keeps_its_time() -> None:
    stream = kept(blank(), missing())
    asked = specs.prepare_update(specs.with_spec_tag(stream, {**spec(stream, "v1"), "generation": 0}), stream)
    after = kept(asked, missing(), now=LATER)
    assert conditions(after)[0]["generation"] == spec(after, "v1")["generation"] == 2
    assert conditions(after)[0]["lastTransitionTime"] == STAMP


def test_another_reason_replaces_the_condition() -> None:
    stream = kept(kept(blank(), missing()), missing(why="another reason"), now=LATER)
    assert [(each["message"], each["generation"]) for each in conditions(stream)] == [("another reason", 2)]


def test_success_takes_the_condition_away() -> None:
    stream = kept(kept(blank(), missing()), found(), now=LATER)
    assert conditions(stream) == []


def test_a_failure_without_words_still_says_something() -> None:
    stream = kept(blank(), Result("v1", "q.test/a:v1", POLICY, {"status": {}}))
    assert conditions(stream)[0]["message"] == "unknown error prevented import"
    assert "reason" not in conditions(stream)[0]


def test_a_failed_tag_of_a_repository_makes_no_spec_tag() -> None:
    stream = kept(blank(), missing(listed=True))
    assert events.spec_tags(stream) == {}
    assert conditions(stream)


def test_an_import_never_changes_the_reference_policy_of_a_tag() -> None:
    stream = kept(blank(), found())
    local = specs.with_spec_tag(stream, {**spec(stream, "v1"), "referencePolicy": {"type": "Local"}})
    assert spec(kept(local, found(image=TWO)), "v1")["referencePolicy"] == {"type": "Local"}


def test_the_import_policy_of_the_request_is_kept_even_when_the_image_is_the_same() -> None:
    stream = kept(blank(), found())
    again = found()
    scheduled = Result("v1", again.source, {**POLICY, "importPolicy": {"scheduled": True}}, again.answer)
    assert spec(kept(stream, scheduled), "v1")["importPolicy"]["scheduled"] is True
    assert len(events.histories(stream)["v1"]["items"]) == 1


def test_items_without_a_target_are_looked_at_and_not_kept() -> None:
    asked = {"spec": {"images": [{"from": {"name": "q.test/a:v1"}, **POLICY}]}}
    assert record.results(asked, {"images": [found().answer]}) == []


def test_repository_tags_are_recorded_first_and_point_at_their_tag() -> None:
    asked = {
        "spec": {
            "repository": {"from": {"name": "q.test/a"}, **POLICY},
            "images": [{"from": {"name": "q.test/a:v1"}, "to": {"name": "mine"}, **POLICY}],
        }
    }
    answers = {"repository": {"images": [{**found("t").answer, "tag": "t"}]}, "images": [found().answer]}
    first, second = record.results(asked, answers)
    assert (first.tag, first.source, first.listed) == ("t", "q.test/a:t", True)
    assert (second.tag, second.source, second.listed) == ("mine", "q.test/a:v1", False)


def test_children_are_kept_before_their_index_and_each_image_once() -> None:
    child = {"metadata": {"name": TWO}, "dockerImageReference": f"q.test/a@{TWO}", "dockerImageConfig": "{}"}
    answer = {**found().answer, "manifests": [child, child]}
    items = [Result("a", "q.test/a:a", POLICY, answer), Result("b", "q.test/a:b", POLICY, answer)]
    assert [each["metadata"]["name"] for each in record.images(items)] == [TWO, ONE]
    assert "dockerImageConfig" not in record.images(items)[0]


def test_a_limit_is_told_on_each_tag_that_would_have_been_new() -> None:
    before = kept(blank(), found())
    after = kept(before, found("v2", TWO))
    refusal = status.forbidden(GroupResource("", "x"), "web", "usage exceeds the maximum limit per X (2 > 1)")
    told = record.over_limit(before, after, refusal, LATER)
    assert told is not None
    assert conditions(told, "v2")[0]["reason"] == "Forbidden"
    assert conditions(told, "v1") == []
    assert record.over_limit(before, after, status.forbidden(GroupResource("", ""), "", "no"), LATER) is None


@pytest.mark.parametrize("place", ["q.test/a:v1", "q.test/a"])
def test_an_event_names_the_image_by_digest_alone(place: str) -> None:
    image = {"metadata": {"name": ONE}, "dockerImageReference": place}
    assert record.by_digest(image) == f"q.test/a@{ONE}"
