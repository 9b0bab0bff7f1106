"""Bodies into values, within limits."""

import json
from typing import Any
from unittest.mock import Mock

import pytest
from hypothesis import given, strategies

from roadstead.kube import decoding
from roadstead.kube.decoding import DecodeError, Limits, decode, deeper_than

VALUES = strategies.recursive(
    strategies.none() | strategies.booleans() | strategies.integers(-(1 << 53), 1 << 53) | strategies.text(),
    lambda inner: strategies.lists(inner, max_size=4) | strategies.dictionaries(strategies.text(), inner, max_size=4),
)


@given(VALUES)
def test_json_decodes_to_itself(value: Any) -> None:
    raw = json.dumps(value, ensure_ascii=False).encode(errors="replace")
    assert decode(raw) == (json.loads(raw), [])


@given(strategies.binary(max_size=60) | strategies.text(alphabet='{}[]":,ab1 ', max_size=40).map(str.encode))
def test_any_bytes_give_a_value_or_a_decode_error(raw: bytes) -> None:
    try:
        value, duplicates = decode(raw)
    except DecodeError:
        return
    assert json.loads(raw) == value
    assert all(isinstance(path, str) for path in duplicates)


def test_a_field_given_twice_is_named_by_path_and_the_last_one_counts() -> None:
    raw = b'{"a":1,"a":2,"b":[{"c":{"x":1,"x":2},"c":3}],"ok":{"a":1}}'
    assert decode(raw) == ({"a": 2, "b": [{"c": 3}], "ok": {"a": 1}}, ["a", "b[0].c.x", "b[0].c"])
    assert decode(raw, find_duplicates=False).duplicates == []


def test_a_long_name_is_not_written_out_for_each_field_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    long = "n" * 1_000_000
    inner = ",".join(f'"{number}":0' for number in range(100_000))
    written = Mock(side_effect=decoding._path_text)
    monkeypatch.setattr(decoding, "_path_text", written)
    assert decode(f'{{"{long}":{{{inner}}},"a":1,"a":2}}'.encode()).duplicates == ["a"]
    assert written.call_count == 1


def test_so_many_duplicates_are_reported_and_no_more() -> None:
    raw = b'{"a":0' + b',"a":1' * 500 + b"}"
    assert decode(raw, Limits(duplicates=7)).duplicates == ["a"] * 7


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"{not json", "invalid character 'n' looking for beginning of object key string"),
        (b'"\xff"', "invalid JSON text"),
        (b'"\\ud800"', "invalid JSON text"),
        (b"1e999", "invalid JSON text"),
        (b"[" * 5000 + b"]" * 5000, "invalid JSON text"),
        (b"[" * 101 + b"]" * 101, "exceeded max depth of 100"),
        (b'{"a":' * 101 + b"1" + b"}" * 101, "exceeded max depth of 100"),
    ],
)
def test_what_is_not_accepted_is_refused_with_a_reason(raw: bytes, message: str) -> None:
    with pytest.raises(DecodeError) as wrong:
        decode(raw)
    assert wrong.value.message.startswith(message)


def test_a_body_at_the_limit_is_read_and_one_byte_more_is_not() -> None:
    assert decode(b"12345", Limits(size=5)).value == 12345
    with pytest.raises(DecodeError, match="6 bytes; at most 5"):
        decode(b"123456", Limits(size=5))


def test_a_large_broken_body_is_refused_without_a_second_reading() -> None:
    with pytest.raises(DecodeError, match="invalid JSON text"):
        decode(b"[" + b"1," * 200_000)


def test_numbers_of_any_length_are_no_trouble() -> None:
    assert decode(b'{"a":' + b"9" * 200 + b',"b":' + b"1" * 19 + b"}").value["b"] == int("1" * 19)


@pytest.mark.parametrize(
    ("value", "depth"), [(1, 0), ({}, 1), ([[]], 2), ({"a": [{}]}, 3), ([1, [2], [[]]], 3), ([{}, {"a": 1}], 2)]
)
def test_depth_counts_objects_and_lists_inside_each_other(value: Any, depth: int) -> None:
    assert not deeper_than(value, depth)
    assert depth == 0 or deeper_than(value, depth - 1)


def test_hundred_levels_are_accepted() -> None:
    assert decode(b"[" * 100 + b"]" * 100).duplicates == []
