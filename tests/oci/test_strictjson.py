"""One body of JSON has one meaning, or none."""

import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadstead.base.errors import Invalid
from roadstead.base.values import Json
from roadstead.oci.strictjson import decode_object


def decode(body: bytes) -> Json:
    return decode_object(body, max_depth=8, max_brackets=50)


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        (b"", "not valid JSON"),
        (b"{", "not valid JSON"),
        (b"{} {}", "not valid JSON"),
        (b"\xef\xbb\xbf{}", "byte order mark"),
        (b'{"a":"\xff"}', "not valid JSON"),
        (b'{"a":"\xed\xa0\x80"}', "not valid JSON"),
        (b'{"a":"\\ud800"}', "not valid JSON"),
        (b'{"a":"\0"}', "not valid JSON"),
        (b'{"a":NaN}', "not valid JSON"),
        (b'{"a":1e999}', "not valid JSON"),
        (b'{"a":01}', "not valid JSON"),
        (b"[]", "must be an object"),
        (b"null", "must be an object"),
        (b'"{}"', "must be an object"),
        (b'{"a":1,"a":1}', "the name 'a' twice"),
        (b'{"a":1,"\\u0061":2}', "the name 'a' twice"),
        (b'{"x":[{"a:b":{},"a:b":":"}]}', "the name 'a:b' twice"),
        (b'{"x":{"\\u003a":1,":":2}}', "the name ':' twice"),
        (b'{"a":":","a":"\\u003A"}', "the name 'a' twice"),
        (b'{"n":1' + b"0" * 5000 + b'e0,"a":1,"a":' + b"9" * 5000 + b"}", "not valid JSON|the name 'a' twice"),
        (b'{"n":' + b"9" * 300 + b',"\xc3\xa9":1,"\xc3\xa9":2}', r"the name '\\xe9' twice"),
        (b'{"a":' * 8 + b"[]" + b"}" * 8, "deeper than the 8 levels"),
        (b'{"a":[' + b"[]," * 60 + b"[]]}", "62 opening|63 opening"),
    ],
)
def test_ambiguous_or_broken_json_is_refused_by_rule(body: bytes, rule: str) -> None:
    with pytest.raises(Invalid, match=rule):
        decode(body)


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b' \t\r\n{ "a" : 1 } \n',
        b'{"a":{"b":1},"b":{"b":2}}',
        b'{"a:b":":::","c":["\\":","\\\\"]}',
        b'{"\\u003a":"\\u003A\\u003a\\u003b"}',
        b'{"a":"\\u0000","b":"\\ud83d\\ude00"}',
        b'{"a":' * 7 + b"[]" + b"}" * 7,
        b'{"a":"' + b"[" * 40 + b'"}',
        b'{"big":123456789012345678901234567890,"small":-0.0}',
    ],
)
def test_plain_json_is_read(body: bytes) -> None:
    assert decode(body) == orjson.loads(body)


@pytest.mark.parametrize("brackets", [b"[" * 2_000_000, b'{"a":' * 500_000, b"[" * 500 + b"]" * 500])
def test_towers_of_brackets_are_refused_quickly(brackets: bytes) -> None:
    with pytest.raises(Invalid):
        decode_object(b'{"a":' + brackets + b"}", max_depth=64, max_brackets=100_000)


texts = st.text(alphabet=st.sampled_from('ab:{}[]",\\u03\n\0é'), max_size=6)
leaves = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts
values = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=8
)


@given(st.dictionaries(texts, values, max_size=4), st.booleans(), st.booleans())
def test_what_was_written_once_is_read_back(value: Json, ascii_only: bool, spaced: bool) -> None:
    written = json.dumps(value, ensure_ascii=ascii_only, indent=2 if spaced else None).encode()
    assert decode_object(written, max_depth=64, max_brackets=1000) == value


def _written(pairs: list[tuple[str, object]], escape: bool) -> str:
    def text(name: str) -> str:
        return '"' + "".join(f"\\u{ord(c):04x}" for c in name) + '"' if escape else json.dumps(name)

    return "{" + ",".join(f"{text(name)}:{json.dumps(value)}" for name, value in pairs) + "}"


@given(st.lists(st.tuples(texts, values), max_size=6), st.booleans(), st.integers(0, 3))
def test_a_name_given_twice_is_found_wherever_it_is(pairs: list[tuple[str, object]], escape: bool, depth: int) -> None:
    body = _written(pairs, escape)
    for _ in range(depth):
        body = f'{{"x:":[1,{body}]}}'
    names = [name for name, _ in pairs]
    if len(names) == len(set(names)):
        assert decode_object(body.encode(), max_depth=64, max_brackets=1000) is not None
    else:
        with pytest.raises(Invalid, match="twice"):
            decode_object(body.encode(), max_depth=64, max_brackets=1000)
