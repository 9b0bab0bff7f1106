"""How the servers we stand in for print values inside their messages; no I/O."""

from __future__ import annotations

import re
from typing import Any

import orjson

_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/=\r\n]")
_ESCAPES = {
    "\a": r"\a", "\b": r"\b", "\f": r"\f", "\n": r"\n", "\r": r"\r", "\t": r"\t", "\v": r"\v",
    "\\": r"\\", '"': r"\"",
}  # fmt: skip


def quote(text: str) -> str:
    """A text in double quotes, escaped as a Go string literal (the `%q` of every Status message)."""
    if text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return '"' + "".join(_ESCAPES.get(char) or _printable(char) for char in text) + '"'


def plain(value: Any) -> str:
    """A JSON value as Go's `%v` prints it: `map[a:1 b:[x y]]`."""
    if isinstance(value, dict):
        return "map[" + " ".join(f"{key}:{plain(value[key])}" for key in sorted(value)) + "]"
    if isinstance(value, list):
        return "[" + " ".join(plain(item) for item in value) + "]"
    if value is None:
        return "<nil>"
    return scalar(value) if isinstance(value, bool) else str(value)


def scalar(value: Any) -> str:
    """A value inside a field error: texts quoted, booleans and numbers bare, the rest as JSON."""
    if isinstance(value, str):
        return quote(value)
    return orjson.dumps(value, default=str).decode()


def literal(value: Any) -> str:
    """A JSON value as Go's `%#v` prints it: `map[string]interface {}{"a":1}`."""
    if isinstance(value, dict):
        return go_type(value) + "{" + ", ".join(f"{quote(key)}:{literal(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, list):
        return go_type(value) + "{" + ", ".join(map(literal, value)) + "}"
    return quote(value) if isinstance(value, str) else plain(value)


def held_value(value: Any) -> str:
    """A JSON value as upstream's appliers hold it, printed."""
    return f"&value.valueUnstructured{{Value:{literal(value)}}}"


def go_type(value: Any) -> str:
    """What Go calls the type of a decoded JSON value."""
    return _GO_TYPES.get(type(value), "<nil>")


def bad_base64(text: str) -> str:
    """What is said of a text that is not base64: where it stops to be."""
    stray = _NOT_BASE64.search(text)
    return f"illegal base64 data at input byte {stray.start() if stray else len(text) // 4 * 4}"


def kind_of(value: Any) -> str:
    """What JSON calls the type of a decoded value: object, array, string, number, bool or null."""
    return _KINDS.get(type(value), "number")


_GO_TYPES: dict[type, str] = {
    dict: "map[string]interface {}", list: "[]interface {}", str: "string", bool: "bool", int: "int64",
    float: "float64",
}  # fmt: skip
_KINDS: dict[type, str] = {dict: "object", list: "array", str: "string", bool: "bool", type(None): "null"}


def _printable(char: str) -> str:
    if char.isprintable():
        return char
    code = ord(char)
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
