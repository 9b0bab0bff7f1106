"""Strategic merge patches: merge patches that know the shape."""

from contextlib import suppress
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, strategies

from roadstead.base.values import Json
from roadstead.kube.patches import merge_patch
from roadstead.kube.schema import Shape, list_of, object_of, text
from roadstead.kube.status import StatusError
from roadstead.kube.strategic import strategic_merge
from tests.kube.shapes import IMAGE, STREAM

STORED: Json = {
    "metadata": {"finalizers": ["a", "b", "c"], "labels": {"x": "1"}},
    "spec": {"tags": [{"name": "a", "generation": 1}, {"name": "b"}, {"name": "c"}]},
}


def tags(patch: Json) -> Any:
    """The tags after a patch of the spec."""
    return strategic_merge(STORED, {"spec": patch}, STREAM)["spec"]["tags"]


def names(patch: Json) -> list[str]:
    return [tag["name"] for tag in tags(patch)]


def finalizers(patch: Json) -> Any:
    return strategic_merge(STORED, {"metadata": patch}, STREAM)["metadata"].get("finalizers")


def refusal(patch: Any) -> StatusError:
    before = deepcopy(STORED)
    with pytest.raises(StatusError) as wrong:
        strategic_merge(STORED, patch, STREAM)
    assert before == STORED
    return wrong.value


def test_a_tag_is_found_by_its_name_and_merged() -> None:
    assert tags({"tags": [{"name": "a", "reference": True}]})[0] == {"name": "a", "generation": 1, "reference": True}


def test_null_removes_a_field_of_a_tag_and_never_stays() -> None:
    changed = tags({"tags": [{"name": "a", "generation": None}, {"name": "n", "from": {"kind": None, "name": "x"}}]})
    assert {"name": "a"} in changed
    assert {"name": "n", "from": {"name": "x"}} in changed


def test_a_new_tag_is_added_and_the_others_stay() -> None:
    assert sorted(names({"tags": [{"name": "n"}]})) == ["a", "b", "c", "n"]


def test_tags_of_a_stream_without_any_are_taken_from_the_patch() -> None:
    patch = {"spec": {"tags": [{"name": "n", "$patch": "merge"}, {"name": "gone", "$patch": "delete"}]}}
    assert strategic_merge({}, patch, STREAM) == {"spec": {"tags": [{"name": "n"}]}}


def test_status_tags_merge_by_tag_and_their_items_are_replaced() -> None:
    stored = {"status": {"tags": [{"tag": "a", "items": [{"image": "1"}]}, {"tag": "b", "items": None}]}}
    patch = {"status": {"tags": [{"tag": "a", "items": [{"image": "2"}]}]}}
    assert strategic_merge(stored, patch, STREAM)["status"]["tags"] == [
        {"tag": "a", "items": [{"image": "2"}]},
        {"tag": "b", "items": None},
    ]


def test_signatures_merge_by_the_name_in_their_metadata() -> None:
    stored = {"signatures": [{"metadata": {"name": "i@a"}, "type": "x"}, {"metadata": {"name": "i@b"}}]}
    patch = {"signatures": [{"metadata": {"name": "i@b"}, "type": "y"}]}
    assert strategic_merge(stored, patch, IMAGE)["signatures"] == [
        {"metadata": {"name": "i@a"}, "type": "x"},
        {"metadata": {"name": "i@b"}, "type": "y"},
    ]


def test_a_field_with_the_replace_strategy_is_replaced() -> None:
    stored = {"dockerImageMetadata": {"Id": "a", "Size": 1}}
    patch = {"dockerImageMetadata": {"Id": "b"}}
    assert strategic_merge(stored, patch, IMAGE) == patch


def test_owners_merge_by_uid_and_labels_by_key() -> None:
    stored = {"metadata": {"ownerReferences": [{"uid": "1", "name": "a"}], "labels": {"x": "1", "y": "2"}}}
    patch = {"metadata": {"ownerReferences": [{"uid": "1", "name": "b"}], "labels": {"x": None, "z": "3"}}}
    assert strategic_merge(stored, patch, STREAM)["metadata"] == {
        "ownerReferences": [{"uid": "1", "name": "b"}],
        "labels": {"y": "2", "z": "3"},
    }


@pytest.mark.parametrize(
    ("patch", "left"),
    [
        ({"finalizers": ["b", "d"]}, {"a", "b", "c", "d"}),
        ({"$deleteFromPrimitiveList/finalizers": ["b", "z"]}, {"a", "c"}),
        ({"$deleteFromPrimitiveList/finalizers": ["b"], "finalizers": ["d"]}, {"a", "c", "d"}),
        ({"finalizers": []}, {"a", "b", "c"}),
    ],
)
def test_finalizers_merge_as_a_set(patch: Json, left: set[str]) -> None:
    found = finalizers(patch)
    assert set(found) == left
    assert len(found) == len(left)


def test_a_list_set_to_null_is_removed() -> None:
    assert finalizers({"finalizers": None, "$setElementOrder/finalizers": ["a"]}) is None


def test_an_order_tells_where_elements_go_and_leaves_the_others_where_they_were() -> None:
    assert finalizers({"$setElementOrder/finalizers": ["c", "a"]}) == ["b", "c", "a"]
    assert names({"$setElementOrder/tags": [{"name": "c"}, {"name": "n"}, {"name": "a"}], "tags": [{"name": "n"}]}) == [
        "b",
        "c",
        "n",
        "a",
    ]


def test_an_order_for_a_list_that_does_not_exist_does_nothing() -> None:
    assert strategic_merge({}, {"$setElementOrder/tags": ["a"], "$deleteFromPrimitiveList/x": []}, STREAM) == {}


@pytest.mark.parametrize(
    ("patch", "left"),
    [
        ({"tags": [{"name": "b", "$patch": "delete"}]}, ["a", "c"]),
        ({"tags": [{"name": "z", "$patch": "delete"}]}, ["a", "b", "c"]),
        ({"tags": [{"name": "z"}, {"$patch": "replace"}]}, ["z"]),
        ({"tags": [{"$patch": "replace"}]}, []),
    ],
)
def test_directives_in_a_list_delete_or_replace(patch: Json, left: list[str]) -> None:
    assert names(patch) == left


@pytest.mark.parametrize(
    ("patch", "spec"),
    [
        ({"$patch": "delete"}, {}),
        ({"$patch": "replace", "dockerImageRepository": "x"}, {"dockerImageRepository": "x"}),
        ({"$patch": "merge", "tags": None, "x": 1}, {"x": 1}),
        ({"$retainKeys": ["x"], "x": 1}, {"x": 1}),
        ({"$retainKeys": ["x"], "x": 1, "tags": None}, {"x": 1}),
    ],
)
def test_directives_in_an_object_delete_replace_or_retain(patch: Json, spec: Json) -> None:
    assert strategic_merge(STORED, {"spec": patch}, STREAM)["spec"] == spec


def test_a_directive_can_empty_a_map() -> None:
    assert strategic_merge(STORED, {"metadata": {"labels": {"$patch": "delete"}}}, STREAM)["metadata"]["labels"] == {}


def test_an_element_without_its_key_is_refused_in_the_words_of_the_contract() -> None:
    error = refusal({"spec": {"tags": [{"from": {"kind": "DockerImage", "name": "x"}}]}})
    assert (error.code, error.reason) == (500, "")
    assert error.message == ("map: map[from:map[kind:DockerImage name:x]] does not contain declared merge key: name")


@pytest.mark.parametrize(
    ("patch", "message"),
    [
        ([], "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}"),
        ({"spec": {"$patch": "spin"}}, "unknown patch type: spin in map: map[$patch:spin]"),
        ({"spec": {"$retainKeys": "x"}}, "invalid patch format of retainKeys"),
        ({"spec": {"$setElementOrder/tags": {}}}, "invalid patch format of setElementOrder list"),
        ({"spec": {"$setElementOrder/tags": ["a"]}}, "invalid patch format of setElementOrder list"),
        ({"metadata": {"$deleteFromPrimitiveList/finalizers": [{}]}}, "invalid patch format of primitive list"),
        ({"spec": {"tags": ["a"]}}, "expected all elements in the list to be of type map"),
        ({"metadata": {"finalizers": [{}]}}, "expected all elements in the list to be of the same plain type"),
        (
            {"spec": {"tags": [{"name": "n"}], "$setElementOrder/tags": [{"name": "a"}]}},
            "the order of the patch list does not match its setElementOrder list",
        ),
    ],
)
def test_a_malformed_patch_is_a_bad_request(patch: Any, message: str) -> None:
    error = refusal(patch)
    assert (error.code, error.message) == (400, message)


def test_what_the_shape_does_not_describe_merges_like_a_merge_patch() -> None:
    stored = {"data": {"a": {"b": 1}, "list": [1]}}
    patch = {"data": {"a": {"c": 2}, "list": [2], "scalar": {"x": None}}}
    assert strategic_merge(stored, patch, STREAM) == merge_patch(stored, patch)


def test_a_stored_list_of_the_wrong_kind_is_no_trouble() -> None:
    stored = {"metadata": {"finalizers": [{"odd": 1}, "a"]}, "spec": {"tags": ["odd", {"name": "a"}]}}
    patch = {"metadata": {"finalizers": ["b"]}, "spec": {"tags": [{"name": "a", "x": 1}]}}
    found = strategic_merge(stored, patch, STREAM)
    assert set(found["metadata"]["finalizers"]) == {"a", "b"}
    assert {"name": "a", "x": 1} in found["spec"]["tags"]


def test_a_long_order_is_compared_once_with_a_long_list() -> None:
    compared = 0

    class Name(str):
        __slots__ = ()
        __hash__ = str.__hash__

        def __eq__(self, other: object) -> bool:
            nonlocal compared
            compared += 1
            return str.__eq__(self, other)

    elements = [{"name": Name(number)} for number in range(500)]
    patch: Json = {"tags": elements, "$setElementOrder/tags": [{"name": Name(each["name"])} for each in elements]}
    assert len(strategic_merge({"spec": {}}, {"spec": patch}, STREAM)["spec"]["tags"]) == 500
    assert compared < 20 * 500


WORDS = ["$patch", "$retainKeys", "$setElementOrder/tags", "$deleteFromPrimitiveList/finalizers"]
WORDS += ["tags", "spec", "metadata", "finalizers", "name"]
NAME = strategies.sampled_from("abcdef")
TAGS = strategies.lists(
    strategies.fixed_dictionaries({"name": NAME}, optional={"x": strategies.integers(0, 3)}),
    unique_by=lambda tag: tag["name"],
)
LISTED = Shape("S", {"tags": list_of(object_of(Shape("T", {"name": text()})), merge_key="name")})


@given(TAGS, TAGS)
def test_merging_lists_by_key_is_merging_each_element(stored: list[Json], sent: list[Json]) -> None:
    before = deepcopy((stored, sent))
    found = strategic_merge({"tags": stored}, {"tags": sent}, LISTED)["tags"]
    assert (stored, sent) == before
    expected = {tag["name"]: tag for tag in stored}
    for tag in sent:
        expected[tag["name"]] = expected.get(tag["name"], {}) | tag
    assert {tag["name"]: tag for tag in found} == expected
    assert len(found) == len(expected)


@given(TAGS, TAGS)
def test_both_orders_are_kept_after_a_merge(stored: list[Json], sent: list[Json]) -> None:
    found = [tag["name"] for tag in strategic_merge({"tags": stored}, {"tags": sent}, LISTED)["tags"]]
    given_names = [tag["name"] for tag in sent]
    others = [tag["name"] for tag in stored if tag["name"] not in given_names]
    assert [name for name in found if name in given_names] == given_names
    assert [name for name in found if name not in given_names] == others


@given(TAGS, TAGS)
def test_merging_the_same_patch_again_changes_nothing(stored: list[Json], sent: list[Json]) -> None:
    once = strategic_merge({"tags": stored}, {"tags": sent}, LISTED)
    assert strategic_merge(once, {"tags": sent}, LISTED) == once


@given(
    strategies.recursive(
        strategies.none() | strategies.integers(0, 3) | strategies.sampled_from(["delete", "replace", "merge", "a"]),
        lambda inner: (
            strategies.lists(inner, max_size=3)
            | strategies.dictionaries(
                strategies.sampled_from(WORDS),
                inner,
                max_size=4,
            )
        ),
    )
)
def test_any_patch_applies_or_is_refused(patch: Any) -> None:
    before = deepcopy(patch)
    with suppress(StatusError):
        strategic_merge(STORED, patch, STREAM)
    assert patch == before


def test_a_patch_that_sets_what_it_does_not_retain_cannot_be_processed() -> None:
    error = refusal({"spec": {"$retainKeys": ["x"], "y": 1}})
    assert (error.code, error.message) == (422, "the server rejected our request due to an error in our request")


def test_where_there_is_no_list_yet_its_elements_come_as_they_are() -> None:
    twice = [{"name": "n", "generation": 1}, {"name": "n"}, {"generation": 2}]
    assert strategic_merge({}, {"spec": {"tags": twice}}, STREAM) == {"spec": {"tags": twice}}


def test_a_list_that_is_new_must_keep_the_order_it_tells() -> None:
    patch = {"spec": {"$setElementOrder/tags": [{"name": "b"}, {"name": "a"}], "tags": [{"name": "a"}, {"name": "b"}]}}
    with pytest.raises(StatusError, match="order"):
        strategic_merge({}, patch, STREAM)
