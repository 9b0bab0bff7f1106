"""Values of custom resources: pruned, filled, checked."""

from typing import Any

import pytest
from hypothesis import given, strategies

from roadstead.base.values import Json
from roadstead.kube.structural import Node, read
from roadstead.kube.structural_values import MOST_ERRORS, MOST_STEPS, default_errors, shaped, validate

VALUES = strategies.recursive(
    strategies.none() | strategies.booleans() | strategies.integers() | strategies.text(max_size=3),
    lambda inner: (
        strategies.lists(inner, max_size=3)
        | strategies.dictionaries(strategies.sampled_from(["a", "list", "map", "any", "port", "b"]), inner, max_size=4)
    ),
)


BOTH = [{"pattern": "a"}, {"pattern": "b"}]


def node(**properties: Json) -> Node:
    found = read({"type": "object", "properties": properties}, "")
    assert found.errors == []
    return found.node


def wrong(schema: Json, value: Any) -> list[str]:
    return [str(each) for each in validate(node(a=schema), {"a": value})]


def pruned(schema: Node, value: Any) -> tuple[Any, list[str]]:
    strays: list[str] = []
    return shaped(schema, value, strays), strays


WIDE = node(
    a={"type": "object", "properties": {"b": {"type": "integer", "default": 1}, "list": {"type": "string"}}},
    list={"type": "array", "items": {"type": "object", "properties": {"a": {"type": "string", "nullable": True}}}},
    map={"type": "object", "additionalProperties": {"type": "object", "properties": {"b": {"type": "boolean"}}}},
    any={"type": "object", "x-kubernetes-preserve-unknown-fields": True, "properties": {"a": {"type": "object"}}},
    port={"x-kubernetes-int-or-string": True},
)


def test_unknown_fields_go_and_are_named() -> None:
    value = {"x": 1, "a": {"y": 2}, "list": [{"z": 3}], "map": {"k": {"w": 4}}, "any": {"v": 5, "a": {"u": 6}}}
    assert pruned(WIDE, value) == (
        {"a": {"b": 1}, "list": [{}], "map": {"k": {}}, "any": {"v": 5, "a": {}}},
        ["x", "y", "z", "w", "u"],
    )


def test_null_is_absent_unless_the_schema_allows_it() -> None:
    assert pruned(WIDE, {"a": {"b": None}, "list": [{"a": None}]})[0] == {"a": {"b": 1}, "list": [{"a": None}]}


def test_a_default_of_an_absent_object_brings_the_defaults_inside() -> None:
    schema = node(a={"type": "object", "default": {}, "properties": {"b": {"type": "integer", "default": 7}}})
    assert pruned(schema, {})[0] == {"a": {"b": 7}}


def test_defaults_are_not_shared_between_objects() -> None:
    schema = node(a={"type": "array", "items": {"type": "string"}, "default": []})
    first = pruned(schema, {})[0]
    first["a"].append("x")
    assert pruned(schema, {})[0] == {"a": []}


def test_empty_values_stay() -> None:
    value = {"a": {"b": 0, "list": ""}, "list": [], "map": {}}
    assert pruned(WIDE, value)[0] == value


@given(VALUES)
def test_shaping_twice_changes_nothing_and_any_value_is_checked(value: Any) -> None:
    once, _ = pruned(WIDE, value)
    again, strays = pruned(WIDE, once)
    assert (again, strays) == (once, [])
    assert len(validate(WIDE, once)) <= MOST_ERRORS


@pytest.mark.parametrize(
    ("schema", "value", "error"),
    [
        ({"type": "integer"}, "x", 'a: Invalid value: "string": a in body must be of type integer: "string"'),
        ({"type": "integer"}, True, 'a: Invalid value: "boolean": a in body must be of type integer: "boolean"'),
        ({"type": "string"}, 1, 'a: Invalid value: "integer": a in body must be of type string: "integer"'),
        ({"type": "object"}, [], 'a: Invalid value: "array": a in body must be of type object: "array"'),
        ({"x-kubernetes-int-or-string": True}, 1.5, "a in body must be of type integer,string"),
        ({"type": "integer", "maximum": 3}, 4, "a: Invalid value: 4: a in body should be less than or equal to 3"),
        ({"type": "integer", "minimum": 3}, 2, "a in body should be greater than or equal to 3"),
        ({"type": "number", "maximum": 3, "exclusiveMaximum": True}, 3, "a in body should be less than 3"),
        ({"type": "number", "multipleOf": 0.1}, 0.25, "a in body should be a multiple of 0.1"),
        ({"type": "string", "pattern": "^a$"}, "b", "a in body should match '^a$'"),
        ({"type": "string", "maxLength": 1}, "bb", "a in body should be at most 1 chars long"),
        ({"type": "string", "minLength": 1}, "", "a in body should be at least 1 chars long"),
        ({"type": "string", "enum": ["x", "y"]}, "z", 'a: Unsupported value: "z": supported values: "x", "y"'),
        ({"type": "integer", "enum": [1]}, 2, 'a: Unsupported value: 2: supported values: "1"'),
        ({"type": "array", "items": {"type": "string"}, "maxItems": 1}, ["x", "y"], "should have at most 1 items"),
        ({"type": "array", "x-kubernetes-list-type": "set"}, ["x", "x"], 'a[1]: Duplicate value: "x"'),
        ({"type": "object", "minProperties": 1}, {}, "should have at least 1 properties"),
        ({"type": "object", "required": ["b"]}, {}, "a.b: Required value"),
        ({"type": "string", "format": "date-time"}, "now", 'a in body must be of type date-time: "now"'),
        ({"type": "integer", "format": "int32"}, 1 << 31, "a in body must be of type int32"),
        ({"type": "string", "anyOf": BOTH}, "c", "a in body must validate at least one schema (anyOf)"),
        ({"type": "string", "oneOf": BOTH}, "ab", "a in body must validate one and only one schema (oneOf)"),
        ({"type": "string", "allOf": BOTH}, "a", "a in body should match 'b'"),
        ({"type": "string", "not": {"pattern": "a"}}, "a", "must not validate the schema (not)"),
        ({"type": "object", "x-kubernetes-embedded-resource": True}, {}, "a.kind: Required value: must not be empty"),
    ],
)  # fmt: skip
def test_a_value_that_breaks_a_rule_is_refused_in_the_words_people_know(schema: Json, value: Any, error: str) -> None:
    assert error in "\n".join(wrong(schema, value))


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "number"}, 1),
        ({"type": "integer"}, 2.0),
        ({"type": "string", "nullable": True}, None),
        ({"type": "string", "format": "nobody-knows"}, "x"),
        ({"type": "string", "format": "ipv6"}, "::1"),
        ({"x-kubernetes-int-or-string": True}, "80%"),
        ({"type": "number", "multipleOf": 0.1}, 0.3),
        ({"type": "object", "x-kubernetes-preserve-unknown-fields": True}, {"x": [1, {}]}),
        ({"type": "object", "x-kubernetes-embedded-resource": True}, {"apiVersion": "v1", "kind": "Pod"}),
    ],
)
def test_a_value_that_fits_is_taken(schema: Json, value: Any) -> None:
    assert wrong(schema, value) == []


def test_only_so_many_errors_are_told() -> None:
    schema = {"type": "array", "items": {"type": "string"}}
    assert len(wrong(schema, [1] * 1000)) == MOST_ERRORS


def test_a_check_that_would_take_too_long_is_given_up() -> None:
    branches = [{"pattern": f"^{number}x$"} for number in range(100)]
    found = wrong({"type": "array", "items": {"type": "string", "anyOf": branches}}, ["99x"] * 10_000)
    assert f"more than {MOST_STEPS} steps" in found[-1]


def test_defaults_must_fit_their_schema() -> None:
    schema = node(
        a={"type": "integer", "default": "x"},
        b={"type": "object", "default": {"y": 1}, "properties": {"z": {"type": "string"}}},
    )
    found = [str(each) for each in default_errors(schema, "s")]
    assert any("s.properties[a].default" in each and "must be of type integer" in each for each in found)
    assert any("s.properties[b].default" in each and "must not have unknown fields" in each for each in found)
