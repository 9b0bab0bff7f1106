"""YAML bodies into the same values as JSON ones."""

import json
from typing import Any

import pytest
import yaml
from hypothesis import given, strategies

from roadstead.kube.decoding import DecodeError, Limits
from roadstead.kube.yamlbodies import decode_yaml

VALUES = strategies.recursive(
    strategies.none() | strategies.booleans() | strategies.integers(-99, 99) | strategies.text(max_size=8),
    lambda inner: strategies.lists(inner, max_size=3) | strategies.dictionaries(strategies.text(max_size=4), inner),
)


class _NoAliases(yaml.SafeDumper):
    def ignore_aliases(self, data: object) -> bool:
        return True


@given(VALUES)
def test_what_a_yaml_writer_writes_is_read_back(value: Any) -> None:
    assert decode_yaml(yaml.dump(value, Dumper=_NoAliases).encode()).value == value


def test_a_manifest_reads_as_its_json() -> None:
    raw = b"""
kind: ImageStream
metadata: {name: web, creationTimestamp: 2026-01-01T00:00:00Z}
spec:
  tags:
  - name: "1"
    reference: yes
    generation: ~
    limit: 1_000
    share: 0.5
    at: 12:30
  - name: b
1: one
true: two
"""
    assert decode_yaml(raw).value == {
        "kind": "ImageStream",
        "metadata": {"name": "web", "creationTimestamp": "2026-01-01T00:00:00Z"},
        "spec": {
            "tags": [
                {"name": "1", "reference": True, "generation": None, "limit": 1000, "share": 0.5, "at": "12:30"},
                {"name": "b"},
            ]
        },
        "1": "one",
        "true": "two",
    }


def test_json_is_yaml_too() -> None:
    assert decode_yaml(b' {"a": 1e3, "a": 2}') == ({"a": 2}, ["a"])
    assert decode_yaml(b"{a: 1}").value == {"a": 1}


def test_nothing_is_null() -> None:
    assert decode_yaml(b"").value is None


def test_keys_given_twice_are_named_by_path() -> None:
    assert decode_yaml(b"a: [{b: 1, b: 2}, {c: {d: 1, d: 1}}]\na: 1").duplicates == ["a[0].b", "a[1].c.d", "a"]
    assert decode_yaml(b"a: 1\na: 1\na: 1", Limits(duplicates=1)).duplicates == ["a"]


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"a: &x 1\nb: *x", "anchors and aliases"),
        (b"a: &x [1]", "anchors and aliases"),
        (b"a: !!python/object/apply:os.system [x]", "the tag tag:yaml.org,2002:python/object/apply:os.system"),
        (b"a: !!binary YQ==", "the tag"),
        (b"a: !custom {}", "the tag !custom"),
        (b"a\n---\nb", "more than one document"),
        (b"a: 1\nb: [", "yaml: line 3: did not find expected node content"),
        (b"a: 1\n  b: 2", "yaml: line 2: mapping values are not allowed"),
        (b"\x00", "control characters"),
        (b"[" * 101, "exceeded max depth"),
        (b"a: .inf", "no place in JSON"),
        (b"a: " + b"9" * 30, "out of range"),
        (b"a: " + b"9" * 9000, "yaml: a value cannot be read"),
        (b"? [1]\n: 2", "a key must be a plain value"),
        (b"!!int x", "yaml:"),
        (b"!!bool x", "is not a bool"),
        (b'!!float ""', "is not a float"),
    ],
)
def test_what_has_no_place_in_an_object_is_refused(raw: bytes, why: str) -> None:
    with pytest.raises(DecodeError) as wrong:
        decode_yaml(raw)
    assert why in wrong.value.message
    assert "\n" not in wrong.value.message


def test_a_body_over_the_limit_is_refused() -> None:
    with pytest.raises(DecodeError, match="at most 3"):
        decode_yaml(b"abcd", Limits(size=3))
    with pytest.raises(DecodeError, match="at most 262144"):
        decode_yaml(b"a: " + b"b" * 262_144)


@given(
    strategies.binary(max_size=40) | strategies.text(alphabet="a1:-[]{}&*!?|>'\"\n #,.~%@", max_size=40).map(str.encode)
)
def test_any_bytes_give_a_json_value_or_a_decode_error(raw: bytes) -> None:
    try:
        found = decode_yaml(raw)
    except DecodeError:
        return
    json.dumps(found.value, allow_nan=False)
