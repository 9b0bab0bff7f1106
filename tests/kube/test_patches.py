"""JSON patch and merge patch: the tables of their RFCs, and the laws they keep."""

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, strategies

from roadstead.base.values import Json
from roadstead.kube.patches import json_patch, merge_patch, object_patch, same
from roadstead.kube.status import StatusError

SCALARS = strategies.none() | strategies.booleans() | strategies.integers(-9, 9) | strategies.text(max_size=3)
NAMES = strategies.sampled_from(["a", "b", "~", "/", "~1", ""])
VALUES = strategies.recursive(
    SCALARS, lambda inner: strategies.lists(inner, max_size=3) | strategies.dictionaries(NAMES, inner, max_size=3)
)
NO_NULLS = strategies.recursive(
    strategies.booleans() | strategies.integers(-9, 9) | strategies.text(max_size=3),
    lambda inner: strategies.lists(inner, max_size=3) | strategies.dictionaries(NAMES, inner, max_size=3),
)
OBJECTS = strategies.dictionaries(NAMES, NO_NULLS, max_size=3)
POINTERS = strategies.lists(
    NAMES.map(lambda n: n.replace("~", "~0").replace("/", "~1")) | strategies.sampled_from(["0", "1", "-"]), max_size=3
).map(lambda steps: "".join(f"/{step}" for step in steps))
OPERATIONS = strategies.fixed_dictionaries(
    {"op": strategies.sampled_from(["add", "remove", "replace", "move", "copy", "test"]), "path": POINTERS},
    optional={"value": VALUES, "from": POINTERS},
)


def refusal(obj: Any, operations: Any) -> StatusError:
    with pytest.raises(StatusError) as wrong:
        json_patch(obj, operations)
    return wrong.value


# RFC 6902, appendix A
APPENDIX = [
    ({"foo": "bar"}, [{"op": "add", "path": "/baz", "value": "qux"}], {"baz": "qux", "foo": "bar"}),
    ({"foo": ["bar", "baz"]}, [{"op": "add", "path": "/foo/1", "value": "qux"}], {"foo": ["bar", "qux", "baz"]}),
    ({"baz": "qux", "foo": "bar"}, [{"op": "remove", "path": "/baz"}], {"foo": "bar"}),
    ({"foo": ["bar", "qux", "baz"]}, [{"op": "remove", "path": "/foo/1"}], {"foo": ["bar", "baz"]}),
    ({"baz": "qux", "foo": "bar"}, [{"op": "replace", "path": "/baz", "value": "boo"}], {"baz": "boo", "foo": "bar"}),
    (
        {"foo": {"bar": "baz", "waldo": "fred"}, "qux": {"corge": "grault"}},
        [{"op": "move", "from": "/foo/waldo", "path": "/qux/thud"}],
        {"foo": {"bar": "baz"}, "qux": {"corge": "grault", "thud": "fred"}},
    ),
    (
        {"foo": ["all", "grass", "cows", "eat"]},
        [{"op": "move", "from": "/foo/1", "path": "/foo/3"}],
        {"foo": ["all", "cows", "eat", "grass"]},
    ),
    (
        {"baz": "qux", "foo": ["a", 2, "c"]},
        [{"op": "test", "path": "/baz", "value": "qux"}, {"op": "test", "path": "/foo/1", "value": 2}],
        {"baz": "qux", "foo": ["a", 2, "c"]},
    ),
    ({"a": "b"}, [{"op": "add", "path": "/c", "value": {"grandchild": {}}}], {"a": "b", "c": {"grandchild": {}}}),
    ({"foo": "bar"}, [{"op": "add", "path": "/baz", "value": "qux", "xyz": 123}], {"foo": "bar", "baz": "qux"}),
    ({"/": 9, "~1": 10}, [{"op": "test", "path": "/~01", "value": 10}], {"/": 9, "~1": 10}),
    ({"foo": ["bar"]}, [{"op": "add", "path": "/foo/-", "value": ["abc", "def"]}], {"foo": ["bar", ["abc", "def"]]}),
    ({"foo": {"a": 1}}, [{"op": "copy", "from": "/foo", "path": "/bar"}], {"foo": {"a": 1}, "bar": {"a": 1}}),
    ({"a": 1}, [{"op": "replace", "path": "", "value": [1]}, {"op": "add", "path": "/-", "value": 2}], [1, 2]),
    ({"a": 1}, [{"op": "add", "path": "", "value": {"b": 2}}], {"b": 2}),
    ({"a": 1}, [{"op": "move", "from": "/a", "path": "/a"}], {"a": 1}),
    ({"a": None}, [{"op": "test", "path": "/a", "value": None}], {"a": None}),
    ({"": {"": 1}}, [{"op": "replace", "path": "//", "value": 2}], {"": {"": 2}}),
    ({"a": 1}, [{"op": "test", "path": "/a", "value": 1.0}], {"a": 1}),
]  # fmt: skip


@pytest.mark.parametrize(("before", "operations", "after"), APPENDIX)
def test_json_patch_does_what_the_rfc_shows(before: Any, operations: list[Json], after: Any) -> None:
    kept = deepcopy((before, operations))
    assert json_patch(before, operations) == after
    assert (before, operations) == kept


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "test", "path": "/a", "value": 2},
        {"op": "test", "path": "/a", "value": True},
        {"op": "test", "path": "/missing", "value": None},
        {"op": "test", "path": "/a"},
        {"op": "add", "path": "/x/y", "value": 1},
        {"op": "add", "path": "/a/b", "value": 1},
        {"op": "add", "path": "/list/3", "value": 1},
        {"op": "add", "path": "/list/01", "value": 1},
        {"op": "add", "path": "/list/-1", "value": 1},
        {"op": "add", "path": "/list/x", "value": 1},
        {"op": "add", "path": "/b"},
        {"op": "add", "path": "b", "value": 1},
        {"op": "add", "path": "/~2", "value": 1},
        {"op": "add", "path": "/b" * 101, "value": 1},
        {"op": "add", "path": 1, "value": 1},
        {"op": "add", "value": 1},
        {"op": "remove", "path": "/b"},
        {"op": "remove", "path": ""},
        {"op": "remove", "path": "/list/-"},
        {"op": "remove", "path": "/list/2"},
        {"op": "replace", "path": "/b", "value": 1},
        {"op": "move", "from": "/missing", "path": "/b"},
        {"op": "move", "from": "/deep", "path": "/deep/er"},
        {"op": "move", "from": "/missing", "path": "/missing"},
        {"op": "move", "path": "/b"},
        {"op": "copy", "from": "/missing", "path": "/b"},
        {"op": "spam", "path": "/a"},
        {"path": "/a"},
    ],
)
def test_a_json_patch_that_does_not_apply_is_refused_as_a_whole(operation: Json) -> None:
    obj = {"a": 1, "list": [1, 2], "deep": {"er": {}}}
    before = deepcopy(obj)
    error = refusal(obj, [{"op": "add", "path": "/new", "value": 1}, operation])
    assert (error.code, error.status["details"]) == (422, {})
    assert error.message == "the server rejected our request due to an error in our request"
    assert obj == before


@pytest.mark.parametrize(
    ("patch", "what"),
    [
        ({}, "object into Go value of type []handlers.jsonPatchOp"),
        (["a"], "string into Go value of type handlers.jsonPatchOp"),
    ],
)
def test_what_is_no_json_patch_is_a_bad_request(patch: Any, what: str) -> None:
    error = refusal({}, patch)
    assert (error.code, error.message) == (400, f"error decoding patch: json: cannot unmarshal {what}")


def test_ten_thousand_operations_are_accepted_and_one_more_is_not() -> None:
    steps = [{"op": "test", "path": "/a", "value": 1}] * 10_000
    assert json_patch({"a": 1}, steps) == {"a": 1}
    error = refusal({"a": 1}, [*steps, steps[0]])
    assert (error.code, error.message) == (
        413,
        "Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001",
    )


def test_copies_of_copies_cannot_fill_the_memory() -> None:
    steps = [{"op": "copy", "from": "", "path": f"/{n}"} for n in range(60)]
    assert refusal({"a": "x" * 100}, steps).code == 422


def test_a_long_list_is_not_pushed_aside_again_and_again() -> None:
    steps: list[Json] = [{"op": "add", "path": "/a", "value": [0] * 500_000}]
    assert refusal({}, [*steps, *[{"op": "move", "from": "/a/0", "path": "/a/1"}] * 200]).code == 422
    assert refusal({}, [*steps, *[{"op": "add", "path": "/a/0", "value": 0}] * 200]).code == 422
    few = [{"op": "add", "path": "/a/0", "value": 1}, {"op": "remove", "path": "/a/1"}]
    assert json_patch({}, [*steps, *few])["a"][:2] == [1, 0]


def test_moves_into_moves_cannot_nest_without_end() -> None:
    steps = [{"op": "add", "path": "/a", "value": {}}]
    for _ in range(2000):
        steps += [{"op": "add", "path": "/b", "value": {}}, {"op": "move", "from": "/a", "path": "/b/a"}]
        steps += [{"op": "move", "from": "/b", "path": "/a"}]
    assert refusal({}, steps).code == 422
    copied_at_last: Json = {"op": "copy", "from": "/a", "path": "/c"}
    assert refusal({}, [*steps, copied_at_last]).code == 422


@given(VALUES, strategies.lists(OPERATIONS, max_size=6))
def test_any_json_patch_applies_or_is_refused_and_changes_no_argument(obj: Any, operations: list[Json]) -> None:
    before = deepcopy((obj, operations))
    try:
        result = json_patch(obj, operations)
    except StatusError as refused:
        result = refused
    assert (obj, operations) == before
    assert isinstance(result, StatusError) or json_patch(result, []) == result


@given(VALUES, VALUES)
def test_replacing_the_root_makes_anything_of_anything(one: Any, other: Any) -> None:
    assert same(json_patch(one, [{"op": "replace", "path": "", "value": other}]), other)


@given(strategies.dictionaries(NAMES, VALUES, max_size=3), NAMES, VALUES)
def test_what_is_added_can_be_tested_and_removed(obj: Json, name: str, value: Any) -> None:
    path = "/" + name.replace("~", "~0").replace("/", "~1")
    steps = [{"op": "add", "path": path, "value": value}, {"op": "test", "path": path, "value": value}]
    assert json_patch(obj, [*steps, {"op": "remove", "path": path}]) == {k: v for k, v in obj.items() if k != name}


# RFC 7386, appendix A
MERGES: list[tuple[Any, Any, Any]] = [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}),
    ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b"}, {"a": None}, {}),
    ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
    ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
    (["a", "b"], ["c", "d"], ["c", "d"]),
    ({"a": "b"}, ["c"], ["c"]),
    ({"a": "foo"}, None, None),
    ({"a": "foo"}, "bar", "bar"),
    ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
    ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
    ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
]


@pytest.mark.parametrize(("before", "patch", "after"), MERGES)
def test_merge_patch_does_what_the_rfc_shows(before: Any, patch: Any, after: Any) -> None:
    kept = deepcopy((before, patch))
    assert merge_patch(before, patch) == after
    assert (before, patch) == kept


def difference(before: Any, after: Any) -> Any:
    """The merge patch from one value to another that holds no null."""
    if not (isinstance(before, dict) and isinstance(after, dict)):
        return after
    gone: Json = {name: None for name in before if name not in after}
    changed = {name: difference(before.get(name), value) for name, value in after.items()}
    return gone | {name: change for name, change in changed.items() if not same(before.get(name), after[name])}


@given(OBJECTS, OBJECTS)
def test_the_difference_applied_gives_the_other(before: Json, after: Json) -> None:
    assert same(merge_patch(before, difference(before, after)), after)


@given(VALUES, VALUES)
def test_merging_twice_is_merging_once(obj: Any, patch: Any) -> None:
    once = merge_patch(obj, patch)
    assert merge_patch(once, patch) == once


def test_a_merge_patch_of_an_object_is_an_object() -> None:
    assert object_patch({"a": 1}) == {"a": 1}
    with pytest.raises(StatusError) as wrong:
        object_patch([])
    assert wrong.value.message == (
        "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}"
    )


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [(1, 1.0, True), (1, True, False), ([0], [False], False), ({"a": 1}, {"a": 1}, True), ({"a": None}, {}, False),
     ([1], [1, 2], False), ("1", 1, False), (None, None, True), ({}, [], False), ([], {}, False), (None, False, False)],
)  # fmt: skip
def test_values_are_compared_as_json_compares_them(one: Any, other: Any, equal: bool) -> None:
    assert same(one, other) is equal
