"""Which fields a value has an opinion about, and which tell two values apart."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from roadstead.kube.fieldsets import text_of
from roadstead.kube.typed import ABSENT, Untypable, compare, declared_too, fields_in, problems
from tests.kube.typedshapes import KIND, configs


def texts(value: Any, kind: Any = KIND) -> set[str]:
    return {text_of(path) for path in fields_in(value, kind)}


def test_items_are_told_apart_by_their_keys_with_defaults() -> None:
    assert texts({"spec": {"ports": [{"port": 80}]}}) == {
        '.spec.ports[port=80,protocol="TCP"]',
        '.spec.ports[port=80,protocol="TCP"].port',
    }


def test_a_set_is_owned_value_by_value_and_an_atomic_list_as_a_whole() -> None:
    assert texts({"spec": {"flags": ["a", "b"], "args": ["a", "b"]}}) == {
        '.spec.flags[="a"]',
        '.spec.flags[="b"]',
        ".spec.args",
    }


def test_keys_of_a_map_are_owned_one_by_one_unless_it_is_atomic() -> None:
    value = {"metadata": {"labels": {"app": "web"}}, "spec": {"chooses": {"app": "web"}}}
    assert texts(value) == {".metadata.labels.app", ".spec.chooses"}


def test_without_a_schema_objects_are_looked_into_and_lists_are_not() -> None:
    assert texts({"spec": {"a": {"b": 1}, "c": [{"d": 1}]}}, None) == {".spec", ".spec.a", ".spec.a.b", ".spec.c"}


@given(configs(), configs())
def test_going_there_and_back_swaps_added_and_removed(one: dict[str, Any], other: dict[str, Any]) -> None:
    there, back = compare(one, other, KIND), compare(other, one, KIND)
    assert (there.added, there.removed, there.modified) == (back.removed, back.added, back.modified)


@given(configs())
def test_nothing_tells_a_value_from_itself(value: dict[str, Any]) -> None:
    changes = compare(value, value, KIND)
    assert changes.added | changes.modified | changes.removed == set()


@given(configs())
def test_from_nothing_every_field_is_added(value: dict[str, Any]) -> None:
    assert set(fields_in(value, KIND)) <= compare(ABSENT, value, KIND).added


def test_what_comes_into_a_map_that_was_null_is_told_apart() -> None:
    changes = compare({"metadata": {"labels": None}}, {"metadata": {"labels": {"a": "b"}}}, KIND)
    assert {text_of(path) for path in changes.taken} == {".metadata.labels.a"}


def test_an_item_without_its_key_cannot_be_told_apart() -> None:
    with pytest.raises(Untypable, match='omits key field "name"'):
        compare({"spec": {"boxes": [{"image": "x"}]}}, {}, KIND)


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        ({"spec": {"mast": 1}}, ".spec.mast: field not declared in schema"),
        ({"spec": {"replicas": "two"}}, ".spec.replicas: expected numeric (int or float), got string"),
        ({"spec": []}, ".spec: expected map, got &{[]}"),
        ({"spec": {"boxes": {"a": 1}}}, ".spec.boxes: expected list, got &{map[a:1]}"),
        ({"spec": {"boxes": [{"name": "a"}, {"name": "a"}]}}, '.spec.boxes: duplicate entries for key [name="a"]'),
        ({"spec": {"flags": ["a", "a"]}}, '.spec.flags: duplicate entries for key [="a"]'),
        ({"spec": {"boxes": [{"name": "a", "lid": 1}]}}, '.spec.boxes[name="a"].lid: field not declared in schema'),
    ],
)
def test_what_is_not_of_the_type_is_told_with_its_place(config: dict[str, Any], problem: str) -> None:
    assert problems(config, KIND) == [problem]


@given(configs())
def test_a_good_configuration_has_no_problems(config: dict[str, Any]) -> None:
    assert problems(config, KIND) == []


def test_fields_of_the_schema_are_there_for_those_below_them() -> None:
    paths = frozenset({("f:spec", "f:boxes", 'k:{"name":"a"}', "f:image"), ("f:metadata", "f:labels", "f:app")})
    added = {text_of(path) for path in declared_too(paths, KIND) - paths}
    assert added == {".spec", ".spec.boxes", ".metadata", ".metadata.labels"}
