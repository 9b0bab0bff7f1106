"""What clients read about a shape."""

from typing import Any, Literal

import pytest

from roadstead.base.values import Json
from roadstead.kube.openapi import GVK, Definitions, package_of
from roadstead.kube.scalars import int_or_string, quantity
from roadstead.kube.schema import (
    Field,
    Shape,
    anything,
    base64,
    boolean,
    integer,
    list_of,
    map_of,
    number,
    object_of,
    text,
    time,
)  # fmt: skip

PORT = Shape("Port", {"containerPort": integer(bits=32, required=True), "protocol": text()}, description="A port.")


def described(field: Field, version: Literal[2, 3] = 3) -> Json:
    definitions = Definitions(version)
    name = definitions.add_kind(Shape("Thing", {"it": field}), "test.v1")
    found: Json = definitions.schemas[name]["properties"]["it"]
    return found


@pytest.mark.parametrize(
    ("group", "package"),
    [
        ("", "io.k8s.api.core.v1"),
        ("apps", "io.k8s.api.apps.v1"),
        ("rbac.authorization.k8s.io", "io.k8s.api.rbac.v1"),
        ("image.openshift.io", "com.github.openshift.api.image.v1"),
        ("imageregistry.operator.openshift.io", "io.openshift.operator.imageregistry.v1"),
        ("stable.example.com", "com.example.stable.v1"),
    ],
)
def test_kinds_are_filed_where_clients_know_them(group: str, package: str) -> None:
    assert package_of(group, "v1") == package


@pytest.mark.parametrize(
    ("field", "schema"),
    [
        (text(description="A word."), {"type": "string", "description": "A word."}),
        (text(one_of=("a", "b")), {"type": "string", "enum": ["a", "b"]}),
        (boolean(default=False), {"type": "boolean", "default": False}),
        (integer(bits=32), {"type": "integer", "format": "int32"}),
        (number(), {"type": "number", "format": "double"}),
        (time(), {"type": "string", "format": "date-time"}),
        (base64(), {"type": "string", "format": "byte"}),
        (anything(), {"x-kubernetes-preserve-unknown-fields": True}),
        (map_of(text()), {"type": "object", "additionalProperties": {"type": "string"}}),
        (
            map_of(text(), atomic=True),
            {"type": "object", "additionalProperties": {"type": "string"}, "x-kubernetes-map-type": "atomic"},
        ),
    ],
)
def test_plain_fields_become_plain_schemas(field: Field, schema: Json) -> None:
    assert described(field) == schema


@pytest.mark.parametrize(
    ("options", "extensions"),
    [
        ({}, {"x-kubernetes-list-type": "atomic"}),
        ({"as_set": True}, {"x-kubernetes-list-type": "set", "x-kubernetes-patch-strategy": "merge"}),
        (
            {"merge_key": "name", "retain_keys": True},
            {
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["name"],
                "x-kubernetes-patch-merge-key": "name",
                "x-kubernetes-patch-strategy": "merge,retainKeys",
            },
        ),
        (
            {"merge_key": "a", "list_keys": ("a", "b")},
            {
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["a", "b"],
                "x-kubernetes-patch-merge-key": "a",
                "x-kubernetes-patch-strategy": "merge",
            },
        ),
        ({"list_keys": ("a",)}, {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["a"]}),
        # kubectl could do nothing with a path.
        ({"merge_key": "metadata.name"}, {"x-kubernetes-list-type": "atomic"}),
    ],
)
def test_a_list_says_how_it_is_merged_and_shared(options: dict[str, Any], extensions: Json) -> None:
    items = {"type": "array", "items": {"type": "string"}}
    assert described(list_of(text(), **options)) == items | extensions


def test_a_described_object_is_referred_to_in_the_way_each_version_allows() -> None:
    field = object_of(PORT, description="Where to knock.")
    assert described(field, 3) == {
        "allOf": [{"$ref": "#/components/schemas/test.v1.Port"}],
        "description": "Where to knock.",
    }
    assert described(field, 2) == {"$ref": "#/definitions/test.v1.Port", "description": "Where to knock."}


@pytest.mark.parametrize("version", [2, 3])
def test_what_the_type_says_already_is_not_said_again(version: Literal[2, 3]) -> None:
    assert "description" not in described(object_of(PORT, description="A port."), version)


def test_a_shape_is_filed_once_however_often_it_is_used() -> None:
    definitions = Definitions()
    definitions.add_kind(Shape("Pod", {"a": object_of(PORT), "b": list_of(object_of(PORT))}), "test.v1")
    assert sorted(definitions.schemas) == ["test.v1.Pod", "test.v1.Port"]
    assert definitions.schemas["test.v1.Port"]["required"] == ["containerPort"]


def test_equal_shapes_share_a_name_and_different_ones_do_not() -> None:
    definitions = Definitions()
    twin, other = Shape("Port", dict(PORT.fields), description="A port."), Shape("Port", {"name": text()})
    names = [definitions.add_kind(each, "test.v1") for each in (PORT, twin, other)]
    assert names == ["test.v1.Port", "test.v1.Port", "test.v1.Port2"]


def test_a_kind_names_its_group_and_version() -> None:
    definitions = Definitions()
    kind = {"group": "", "version": "v1", "kind": "Port"}
    assert definitions.schemas[definitions.add_kind(PORT, "test.v1", kind)][GVK] == [kind]


@pytest.mark.parametrize(("field", "kind"), [(quantity(), "number"), (int_or_string(), "integer")])
def test_a_value_of_two_forms_has_both_in_version_3_and_is_text_in_version_2(field: Field, kind: str) -> None:
    for version in (2, 3):
        definitions = Definitions(version)
        definitions.add_kind(Shape("Thing", {"it": field}), "test.v1")
        told = next(schema for name, schema in definitions.schemas.items() if name.startswith("io.k8s"))
        if version == 3:
            assert told["oneOf"] == [{"type": kind}, {"type": "string"}]
        else:
            assert told["type"] == "string"
