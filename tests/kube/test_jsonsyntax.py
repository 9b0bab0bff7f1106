"""Syntax errors in the words of Go's encoding/json."""

import json

import pytest
from hypothesis import example, given, strategies

from roadstead.kube.jsonsyntax import syntax_error

END = "unexpected end of JSON input"
VALUE = "looking for beginning of value"
KEY = "looking for beginning of object key string"

CASES: list[tuple[bytes, str]] = [
    (b"{not json", f"invalid character 'n' {KEY}"),
    (b"", END),
    (b" \n\t\r", END),
    (b"{", END),
    (b'{"a"', END),
    (b'{"a":', END),
    (b'{"a":1', END),
    (b'{"a":1,', END),
    (b"[", END),
    (b"[1,", END),
    (b"nul", END),
    (b"-", END),
    (b"1.", END),
    (b"1e", END),
    (b"1e+", END),
    (b'"a', END),
    (b'"\\', END),
    (b'"\\u12', END),
    (b'{"a":1,}', f"invalid character '}}' {KEY}"),
    (b"{1:2}", f"invalid character '1' {KEY}"),
    (b"[1,]", f"invalid character ']' {VALUE}"),
    (b"}", f"invalid character '}}' {VALUE}"),
    (b"NaN", f"invalid character 'N' {VALUE}"),
    (b"\xff", f"invalid character 'ÿ' {VALUE}"),
    (b"\xb2", f"invalid character '²' {VALUE}"),
    (b"'a'", f"invalid character '\\'' {VALUE}"),
    (b"\x00", f"invalid character '\\x00' {VALUE}"),
    (b"\x80", f"invalid character '\\u0080' {VALUE}"),
    (b"\xef\xbb\xbf{}", f"invalid character 'ï' {VALUE}"),
    (b"nulx", "invalid character 'x' in literal null (expecting 'l')"),
    (b"truE", "invalid character 'E' in literal true (expecting 'e')"),
    (b"fxlse", "invalid character 'x' in literal false (expecting 'a')"),
    (b'{"a" 1}', "invalid character '1' after object key"),
    (b'{"a":1 "b":2}', "invalid character '\"' after object key:value pair"),
    (b'{"a":1]', "invalid character ']' after object key:value pair"),
    (b"[1 2]", "invalid character '2' after array element"),
    (b"[1}", "invalid character '}' after array element"),
    (b"{} x", "invalid character 'x' after top-level value"),
    (b"01", "invalid character '1' after top-level value"),
    (b"-a", "invalid character 'a' in numeric literal"),
    (b"1.x", "invalid character 'x' after decimal point in numeric literal"),
    (b"1ex", "invalid character 'x' in exponent of numeric literal"),
    (b'"a\n"', "invalid character '\\n' in string literal"),
    (b'"\\q"', "invalid character 'q' in string escape code"),
    (b'"\\u12g4"', "invalid character 'g' in \\u hexadecimal character escape"),
    (b"[" * 10_001, "exceeded max depth"),
]


@pytest.mark.parametrize(("raw", "error"), CASES)
def test_the_first_error_is_told_as_go_tells_it(raw: bytes, error: str) -> None:
    assert syntax_error(raw) == error


@pytest.mark.parametrize(
    "raw", [b"{}", b"[[],{}]", b' {"a":{"b":[1,{"c":null}]},"d":[]} ', b"1e5", b"-0.5E+3", b'"\xff"']
)
def test_good_syntax_has_no_error(raw: bytes) -> None:
    assert syntax_error(raw) is None


@given(strategies.text(alphabet='{}[]":,truefalsn01.eE+- \\"\n', max_size=30))
@example('{"a":[1,{"b":null}]}')
def test_it_agrees_with_python_on_what_is_json(text: str) -> None:
    try:
        json.loads(text, parse_constant=lambda name: pytest.fail(name))
    except json.JSONDecodeError:
        assert syntax_error(text.encode()) is not None
    else:
        assert syntax_error(text.encode()) is None
