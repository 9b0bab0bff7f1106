"""An OpenAPI version 2 document as the protobuf message that kubectl and oc ask for; no I/O.

The message is `openapi.v2.Document` of google/gnostic (openapiv2/OpenAPIv2.proto); only what our documents use is
written. Field numbers are named beside each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import orjson

from roadstead.base.values import Json

MEDIA_TYPE = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"
ANSWERED_TYPE = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
"""How answers spell it."""

_BYTES, _NUMBER = 2, 0


def document(told: Json) -> bytes:
    """The whole document."""
    info = told["info"]
    return (
        _text(1, told["swagger"])
        + _bytes(2, _text(1, info["title"]) + _text(2, info["version"]))
        + _bytes(8, _named(2, told["paths"], _path_item))
        + _bytes(9, _named(1, told["definitions"], schema))
    )


def schema(told: Json) -> bytes:
    """One `Schema`."""
    parts = [_text(1, told.get("$ref")), _text(2, told.get("format")), _text(4, told.get("description"))]
    if "default" in told:
        parts.append(_bytes(5, _any(told["default"])))
    parts += [_text(19, name) for name in told.get("required", ())]
    parts += [_bytes(20, _any(each)) for each in told.get("enum", ())]
    if (additional := told.get("additionalProperties")) is not None:
        parts.append(_bytes(21, _bytes(1, schema(additional))))
    if kind := told.get("type"):
        parts.append(_bytes(22, _text(1, kind)))
    if items := told.get("items"):
        parts.append(_bytes(23, _bytes(1, schema(items))))
    if properties := told.get("properties"):
        parts.append(_bytes(25, _named(1, properties, schema)))
    return b"".join(parts) + _extensions(31, told)


_METHODS = {"get": 2, "put": 3, "post": 4, "delete": 5, "patch": 8}


def _path_item(told: Json) -> bytes:
    operations = [_bytes(number, _operation(told[name])) for name, number in _METHODS.items() if name in told]
    return b"".join(operations) + _each(9, told.get("parameters", ()), _parameters_item)


def _operation(told: Json) -> bytes:
    return (
        _text(3, told.get("description"))
        + _text(5, told.get("operationId"))
        + b"".join(_text(6, each) for each in told.get("produces", ()))
        + b"".join(_text(7, each) for each in told.get("consumes", ()))
        + _each(8, told.get("parameters", ()), _parameters_item)
        + _bytes(9, _named(1, told["responses"], _response_value))
        + _extensions(13, told)
    )


def _parameters_item(told: Json) -> bytes:
    return _bytes(1, _parameter(told))


def _parameter(told: Json) -> bytes:
    if told["in"] == "body":
        body = _text(2, told["name"]) + _text(3, "body") + _flag(4, told.get("required"))
        return _bytes(1, body + _bytes(5, schema(told["schema"])))
    head = _flag(1, told.get("required")) + _text(2, told["in"]) + _text(3, told.get("description"))
    head += _text(4, told["name"])
    if told["in"] == "query":
        return _bytes(2, _bytes(3, head + _text(6, told["type"])))
    return _bytes(2, _bytes(4, head + _text(5, told["type"])))


def _response_value(told: Json) -> bytes:
    answer = _text(1, told["description"])
    if "schema" in told:
        answer += _bytes(2, _bytes(1, schema(told["schema"])))
    return _bytes(1, answer)


def _extensions(number: int, told: Json) -> bytes:
    named = {name: value for name, value in told.items() if name.startswith("x-")}
    return _named(number, named, _any)


def _any(value: Any) -> bytes:
    # The message wants YAML; JSON is YAML.
    return _bytes(2, orjson.dumps(value) + b"\n")


def _named(number: int, entries: Json, encode: Callable[[Any], bytes]) -> bytes:
    return b"".join(_bytes(number, _text(1, name) + _bytes(2, encode(value))) for name, value in entries.items())


def _each(number: int, values: Iterable[Any], encode: Callable[[Any], bytes]) -> bytes:
    return b"".join(_bytes(number, encode(value)) for value in values)


def _text(number: int, text: str | None) -> bytes:
    return _bytes(number, text.encode()) if text else b""


def _flag(number: int, value: bool | None) -> bytes:
    return _varint(number << 3 | _NUMBER) + b"\x01" if value else b""


def _bytes(number: int, value: bytes) -> bytes:
    return _varint(number << 3 | _BYTES) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)
