"""Schemas of custom kinds: what is taken, and what is refused."""

from typing import Any

import pytest
from hypothesis import given, strategies

from roadstead.base.values import Json
from roadstead.kube.structural import DEEPEST, MOST_ERRORS, MOST_NODES, read

JSON = strategies.recursive(
    strategies.none()
    | strategies.booleans()
    | strategies.integers(-3, 3)
    | strategies.sampled_from(["object", "array", "("]),
    lambda inner: strategies.lists(inner, max_size=3)
    | strategies.dictionaries(
        strategies.sampled_from(
            ["type", "properties", "items", "additionalProperties", "enum", "pattern", "required", "anyOf", "not",
             "default", "maxLength", "nullable", "x-kubernetes-list-type", "x-kubernetes-list-map-keys", "$ref"]
        ),
        inner,
        max_size=5,
    ),
)  # fmt: skip


TEXT: Json = {"type": "string"}


def wrong(schema: Any) -> list[str]:
    return [f"{each.field}: {each.body}" for each in read(schema, "s").errors]


def property_of(schema: Json) -> Json:
    return {"type": "object", "properties": {"p": schema}}


def test_a_whole_schema_is_read() -> None:
    found = read(
        {
            "type": "object",
            "description": "A thing.",
            "required": ["spec"],
            "properties": {
                "spec": {"type": "object", "additionalProperties": {"type": "string", "pattern": "^a"}},
                "port": {"x-kubernetes-int-or-string": True, "anyOf": [{"type": "integer"}, {"type": "string"}]},
                "list": {
                    "type": "array",
                    "items": {"type": "object", "properties": {"name": {"type": "string", "default": "x"}}},
                    "x-kubernetes-list-type": "map",
                    "x-kubernetes-list-map-keys": ["name"],
                },
            },
        },
        "s",
    )
    assert found.errors == []
    node = found.node
    assert (node.description, node.required) == ("A thing.", ("spec",))
    assert node.properties["list"].list_keys == ("name",)
    assert node.properties["port"].int_or_string


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({"type": "string"}, "s.type: Invalid value: \"string\": must be object at the root"),
        (property_of({}), "s.properties[p].type: Required value: must not be empty for specified object fields"),
        (property_of({"type": "float"}), 's.properties[p].type: Unsupported value: "float"'),
        (property_of({"$ref": "#/x", "type": "string"}), "s.properties[p].$ref: Forbidden"),
        (property_of({"type": "string", "pattern": "("}), "must be a valid regular expression"),
        (property_of({"type": "string", "enum": []}), "must be a list with at least one value"),
        (property_of({"type": "string", "maxLength": -1}), "must be a number"),
        (property_of({"type": "number", "multipleOf": 0}), "must be a number"),
        (property_of({"type": "array", "uniqueItems": True}), "uniqueItems cannot be set to true"),
        (property_of({"type": "object", "additionalProperties": False}), "must not be set to false"),
        (
            property_of({"type": "object", "properties": {"a": TEXT}, "additionalProperties": TEXT}),
            "additionalProperties and properties are mutual exclusive",
        ),
        (property_of({"type": "string", "anyOf": [{"default": 1}]}), "must stand outside allOf, anyOf, oneOf and not"),
        (property_of({"type": "array", "x-kubernetes-list-type": "map"}), "exactly lists of type map have keys"),
        (property_of({"type": "array", "x-kubernetes-list-type": "bag"}), 'Unsupported value: "bag"'),
        (property_of({"type": "string", "required": "p"}), "must be a list of texts"),
        ({"type": "object", "properties": [1]}, "must be an object of schemas"),
        ([], "must be a schema object"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_schema_is_said_with_its_place(schema: Any, message: str) -> None:
    assert message in "\n".join(wrong(schema))


def test_cel_rules_are_noted_not_judged() -> None:
    rules = [{"rule": "self.a > 1"}]
    found = read(property_of({"type": "object", "x-kubernetes-validations": rules}), "s")
    assert (found.errors, found.rules) == ([], ["s.properties[p]"])


def test_a_schema_has_only_so_many_parts() -> None:
    properties = {f"p{number}": {"type": "string"} for number in range(MOST_NODES + 1)}
    assert f"at most {MOST_NODES} parts" in wrong({"type": "object", "properties": properties})[0]


def test_a_schema_is_only_so_deep() -> None:
    schema: Json = {"type": "string"}
    for _ in range(DEEPEST + 5):
        schema = property_of(schema)
    assert f"{DEEPEST} deep" in wrong(schema)[0]


def test_only_so_many_errors_are_told() -> None:
    properties: Json = {f"p{number}": {} for number in range(1000)}
    assert len(wrong({"type": "object", "properties": properties})) == MOST_ERRORS


def test_the_patterns_of_a_schema_are_only_so_large_together() -> None:
    large = {"type": "string", "pattern": r"[\p{L}\p{S}]{1,100}"}
    properties = {f"p{number}": large for number in range(100)}
    assert "too large together" in "\n".join(wrong({"type": "object", "properties": properties}))


@given(JSON)
def test_any_value_is_a_schema_or_is_refused(schema: Any) -> None:
    found = read(schema, "s")
    assert len(found.errors) <= MOST_ERRORS
