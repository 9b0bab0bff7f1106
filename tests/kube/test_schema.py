"""What conforming to a shape does to a value."""

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, strategies

from roadstead.base.values import Json
from roadstead.kube.schema import (
    Shape,
    TypeMismatch,
    anything,
    base64,
    boolean,
    conform,
    copied,
    integer,
    list_of,
    map_of,
    number,
    object_of,
    text,
    time,
)
from tests.kube.shapes import STREAM

SCALARS = strategies.none() | strategies.booleans() | strategies.integers(-9, 9) | strategies.text(max_size=3)
VALUES = strategies.recursive(
    SCALARS,
    lambda inner: strategies.lists(inner, max_size=3) | strategies.dictionaries(strategies.text(max_size=3), inner),
)
TAGS = strategies.lists(
    strategies.fixed_dictionaries(
        {"name": strategies.text(max_size=4)},
        optional={
            "annotations": strategies.none() | strategies.dictionaries(strategies.text(), strategies.text()),
            "from": strategies.none() | strategies.fixed_dictionaries({"kind": strategies.text()}),
            "reference": strategies.none() | strategies.booleans(),
            "generation": strategies.none() | strategies.integers(0, 5),
            "importPolicy": strategies.none()
            | strategies.fixed_dictionaries({"importMode": strategies.text(max_size=2)}),
            "stray": SCALARS,
        },
    ),
    max_size=3,
)


def filled(**fields: Any) -> Json:
    """A whole stream as conform leaves it, with changes to its spec."""
    return {
        "metadata": {},
        "spec": {"lookupPolicy": {"local": False}} | fields,
        "status": {"dockerImageRepository": ""},
    }


def test_an_empty_stream_gets_everything_that_is_always_emitted() -> None:
    assert conform(STREAM, {}).value == filled()


def test_a_tag_gets_its_defaults_and_its_nulls() -> None:
    found = conform(STREAM, {"spec": {"tags": [{"name": "v1", "referencePolicy": {"type": ""}}]}})
    assert found.value["spec"]["tags"] == [
        {
            "name": "v1",
            "annotations": None,
            "generation": None,
            "importPolicy": {"importMode": "Legacy"},
            "referencePolicy": {"type": "Source"},
        }
    ]


@pytest.mark.parametrize("field", ["kind", "apiVersion", "metadata", "spec", "status"])
def test_null_counts_as_absent_for_every_field(field: str) -> None:
    assert conform(STREAM, {field: None}) == conform(STREAM, {})


def test_null_is_accepted_at_every_depth() -> None:
    sent = {
        "spec": {"lookupPolicy": None, "tags": [{"name": None, "from": None, "importPolicy": {"importMode": None}}]}
    }
    tag = conform(STREAM, sent).value["spec"]["tags"][0]
    assert tag["name"] == ""
    assert "from" not in tag


def test_what_is_empty_goes_away_unless_it_says_something() -> None:
    sent = {
        "metadata": {"labels": {}, "name": "", "deletionGracePeriodSeconds": 0},
        "spec": {"tags": [{"name": "", "annotations": {}, "reference": False, "generation": 0, "from": {}}]},
    }
    value = conform(STREAM, sent).value
    assert value["metadata"] == {"deletionGracePeriodSeconds": 0}
    tag = value["spec"]["tags"][0]
    assert (tag["name"], tag["annotations"], tag["generation"], tag["from"]) == ("", {}, 0, {})
    assert "reference" not in tag


def test_a_true_default_can_be_set_to_false() -> None:
    shape = Shape("S", {"on": boolean(default=True), "count": integer(default=3)})
    assert conform(shape, {"on": False, "count": 0}).value == {"on": False, "count": 0}
    assert conform(shape, {}).value == {"on": True, "count": 3}


def test_defaults_are_fresh_each_time() -> None:
    shape = Shape("S", {"list": list_of(text(), default=["a"])})
    first = conform(shape, {}).value
    first["list"].append("b")
    assert conform(shape, {}).value == {"list": ["a"]}


def test_null_items_count_as_zero_values() -> None:
    shape = Shape(
        "S",
        {
            "texts": list_of(text()),
            "map": map_of(integer()),
            "lists": list_of(list_of(text())),
            "any": list_of(anything()),
        },
    )
    sent = {"texts": [None], "map": {"a": None}, "lists": [None], "any": [None]}
    assert conform(shape, sent).value == {"texts": [""], "map": {"a": 0}, "lists": [None], "any": [None]}


def test_unknown_fields_are_left_out_and_named_by_path() -> None:
    sent = {
        "foo": 1,
        "metadata": {"labels": {"any": "key"}},
        "spec": {"tags": [{"name": "a"}, {"name": "b", "foo": {"bar": 1}}]},
        "status": {"tags": [{"tag": "a", "extra": {"kept": 1}, "items": [{"odd": 1}]}]},
    }
    found = conform(STREAM, sent)
    assert found.unknown == ["foo", "spec.tags[1].foo", "status.tags[0].items[0].odd"]
    assert conform(STREAM, found.value).unknown == []
    assert found.value["status"]["tags"][0]["extra"] == {"kept": 1}


def test_unknown_fields_under_map_keys_are_named_too() -> None:
    shape = Shape("S", {"blobs": map_of(object_of(Shape("B", {"size": integer(null=True)})))})
    assert conform(shape, {"blobs": {"d1": {"x": 1}, "d2": None}}).unknown == ["blobs.d1.x"]


def test_an_open_shape_keeps_what_it_does_not_know() -> None:
    shape = Shape("S", {"name": text()}, open=True)
    found = conform(shape, {"name": "", "data": {"a": None}})
    assert (found.value, found.unknown) == ({"data": {"a": None}}, [])


def test_fields_come_out_in_the_order_of_the_shape() -> None:
    assert list(conform(STREAM, {"status": {}, "spec": {}, "kind": "ImageStream"}).value) == [
        "kind",
        "metadata",
        "spec",
        "status",
    ]


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        (
            {"spec": {"lookupPolicy": {"local": "yes"}}},
            "string into Go struct field ImageLookupPolicy.spec.lookupPolicy.local of type bool",
        ),
        ({"spec": {"tags": [{"name": 1}]}}, "number into Go struct field TagReference.spec.tags.name of type string"),
        (
            {"spec": {"tags": [{"generation": 1.5}]}},
            "number 1.5 into Go struct field TagReference.spec.tags.generation of type int64",
        ),
        (
            {"spec": {"tags": [{"generation": "1"}]}},
            "string into Go struct field TagReference.spec.tags.generation of type int64",
        ),
        (
            {"spec": {"tags": [{"generation": True}]}},
            "bool into Go struct field TagReference.spec.tags.generation of type int64",
        ),
        ({"spec": {"tags": {}}}, "object into Go struct field ImageStreamSpec.spec.tags of type []v1.TagReference"),
        ({"spec": {"tags": ["a"]}}, "string into Go struct field ImageStreamSpec.spec.tags of type v1.TagReference"),
        ({"spec": []}, "array into Go struct field ImageStream.spec of type v1.ImageStreamSpec"),
        ({"metadata": {"labels": {"a": True}}}, "bool into Go struct field ObjectMeta.metadata.labels of type string"),
        (
            {"metadata": {"labels": ["a"]}},
            "array into Go struct field ObjectMeta.metadata.labels of type map[string]string",
        ),
        (
            {"metadata": {"creationTimestamp": 5}},
            "number into Go struct field ObjectMeta.metadata.creationTimestamp of type string",
        ),
        ([], "array into Go value of type v1.ImageStream"),
    ],
)
def test_a_wrong_type_is_told_as_go_tells_it(sent: Any, message: str) -> None:
    with pytest.raises(TypeMismatch) as wrong:
        conform(STREAM, sent)
    assert wrong.value.message == f"json: cannot unmarshal {message}"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (integer(bits=32), 1 << 31),
        (integer(), 1 << 63),
        (number(), "1"),
        (number(), True),
        (time(), "yesterday"),
        (base64(), "a"),
        (base64(), "%%%%"),
        (base64(), 1),
    ],
)
def test_a_value_out_of_its_domain_is_refused(field: Any, value: Any) -> None:
    with pytest.raises(TypeMismatch):
        conform(Shape("S", {"f": field}), {"f": value})


@pytest.mark.parametrize(
    ("field", "sent", "kept"),
    [
        (integer(bits=32), -(1 << 31), -(1 << 31)),
        (number(), 1.5, 1.5),
        (number(), 2, 2),
        (time(), "2026-01-01T02:00:00+02:00", "2026-01-01T00:00:00Z"),
        (base64(), "YQ==", "YQ=="),
        (base64(), "YWFh\nYWFh", "YWFh\nYWFh"),
        (anything(), {"a": [None, {}]}, {"a": [None, {}]}),
    ],
)
def test_a_value_in_its_domain_is_kept(field: Any, sent: Any, kept: Any) -> None:
    assert conform(Shape("S", {"f": field}), {"f": sent}).value == {"f": kept}


@given(strategies.fixed_dictionaries({"spec": strategies.fixed_dictionaries({"tags": TAGS}), "stray": VALUES}))
def test_conforming_twice_changes_nothing_and_never_the_argument(sent: Json) -> None:
    before = deepcopy(sent)
    once = conform(STREAM, sent)
    assert sent == before
    assert conform(STREAM, once.value).value == once.value


@given(VALUES)
def test_any_value_conforms_or_is_refused_by_name(value: Any) -> None:
    try:
        found = conform(STREAM, value)
    except TypeMismatch:
        return
    assert conform(STREAM, found.value).value == found.value


@given(VALUES)
def test_a_copy_is_equal_and_shares_nothing_that_can_change(value: Any) -> None:
    twin = copied(value)
    assert twin == value
    if isinstance(value, dict | list) and value:
        assert twin is not value


def test_a_merge_key_also_tells_items_apart_for_appliers() -> None:
    tags = list_of(object_of(Shape("Tag", {"name": text()})), merge_key="name")
    assert (tags.list_type, tags.keys, tags.whole) == ("map", ("name",), False)


def test_list_keys_stand_in_for_the_merge_key() -> None:
    ports = list_of(anything(), merge_key="containerPort", list_keys=("containerPort", "protocol"))
    assert ports.keys == ("containerPort", "protocol")


def test_a_merge_key_inside_a_nested_object_makes_the_list_one_for_appliers() -> None:
    signatures = list_of(anything(), merge_key="metadata.name")
    assert (signatures.list_type, signatures.keys, signatures.whole) == ("atomic", (), True)


def test_a_set_is_owned_value_by_value_and_any_other_list_as_a_whole() -> None:
    assert list_of(text(), as_set=True).list_type == "set"
    assert list_of(text()).list_type == "atomic"
    assert list_of(anything(), merge_key="name", atomic=True).list_type == "atomic"


def test_objects_and_maps_are_owned_field_by_field_unless_they_say_otherwise() -> None:
    assert not map_of(text()).whole
    assert map_of(text(), atomic=True).whole
    assert not object_of(Shape("Spec", {})).whole
    assert object_of(Shape("Reference", {}, atomic=True)).whole
