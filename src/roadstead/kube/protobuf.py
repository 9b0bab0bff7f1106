"""Kubernetes' binary form of its own kinds -> the JSON form; no I/O.

kubectl and other Go programs send built-in kinds in this form and do not fall back to JSON. The messages are in
`wiretables/`, read by `wirewords.py`; fields that are not in a table are dropped, as unknown fields are.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from roadstead.base.errors import Invalid
from roadstead.base.values import Json
from roadstead.kube.wirewords import (
    BOOLEAN,
    BYTES,
    INTEGER,
    MICRO_TIME,
    PORT,
    QUANTITY,
    RAW,
    TEXT,
    TEXTS,
    TIME,
    Field,
    Message,
    kinds,
)

MEDIA_TYPE = "application/vnd.kubernetes.protobuf"
MAGIC = b"k8s\x00"
MAX_DEPTH = 16


class Unreadable(Invalid):
    """Bytes that are no message of this form, or a kind that has no table here."""


_TYPE_META = Message({1: Field("apiVersion", TEXT), 2: Field("kind", TEXT)})
_ENVELOPE = Message({1: Field("typeMeta", _TYPE_META), 2: Field("raw", BYTES), 3: Field("contentEncoding", TEXT)})
_WRAPPED = {
    TIME: Message({1: Field("seconds", INTEGER), 2: Field("nanos", INTEGER)}),
    MICRO_TIME: Message({1: Field("seconds", INTEGER), 2: Field("nanos", INTEGER)}),
    QUANTITY: Message({1: Field("v", TEXT)}),
    PORT: Message({1: Field("type", INTEGER), 2: Field("number", INTEGER), 3: Field("text", TEXT)}),
    TEXTS: Message({1: Field("items", TEXT, "list")}),
    RAW: Message({1: Field("raw", BYTES)}),
}
"""Values that travel as messages of their own and are plain in JSON."""


def decode(body: bytes) -> Json:
    """The object in a body, with kind and apiVersion; raises Unreadable."""
    if not body.startswith(MAGIC):
        raise Unreadable("the body does not begin as Kubernetes protobuf does; send application/json")
    envelope = _read(_ENVELOPE, memoryview(body)[len(MAGIC) :], 0)
    about = envelope.get("typeMeta") or {}
    head = {"kind": about.get("kind", ""), "apiVersion": about.get("apiVersion", "")}
    # Delete options carry the apiVersion of what is deleted, so they are in the tables under any.
    message = kinds().get((head["apiVersion"], head["kind"])) or kinds().get(("*", head["kind"]))
    if message is None or envelope.get("contentEncoding"):
        raise Unreadable(f"{head['kind'] or 'this object'} is not read as protobuf here; send application/json")
    raw = base64.b64decode(envelope.get("raw", ""))
    return {**head, **_read(message, memoryview(raw), 0)}


def _read(message: Message, data: memoryview, depth: int) -> Json:
    if depth > MAX_DEPTH:
        raise Unreadable(f"the protobuf body is nested deeper than {MAX_DEPTH} levels")
    found: Json = {}
    for number, wire, value in _fields(data):
        field = message.fields.get(number)
        if field is None:
            continue
        if field.form == "map":
            key, held = _entry(field, _chunk(value), depth)
            found.setdefault(field.name, {})[key] = held
        elif field.form == "list":
            found.setdefault(field.name, []).append(_value(field.type, wire, value, depth))
        elif field.form == "inline":
            found.update(_value(field.type, wire, value, depth))
        else:
            _keep(found, field, _value(field.type, wire, value, depth))
    return found


def _keep(found: Json, field: Field, value: Any) -> None:
    # This form writes every plain field, set or not, so empty means absent; where Go has a pointer it says something.
    if value is not None and (field.keep or value not in ("", 0, {})):
        found[field.name] = value


def _entry(field: Field, data: memoryview, depth: int) -> tuple[str, Any]:
    pair = _read(Message({1: Field("key", TEXT), 2: Field("value", field.type, "list")}), data, depth + 1)
    values = pair.get("value")
    return pair.get("key", ""), values[-1] if values else ""


def _value(type_: str | Message, wire: int, value: int | memoryview, depth: int) -> Any:
    if isinstance(type_, Message):
        return _read(type_, _chunk(value), depth + 1)
    if type_ in (INTEGER, BOOLEAN):
        if wire != 0 or not isinstance(value, int):
            raise Unreadable("a number of the protobuf body is not one")
        return bool(value) if type_ == BOOLEAN else value - (1 << 64 if value >> 63 else 0)
    chunk = _chunk(value)
    if type_ == TEXT:
        return _text(chunk)
    if type_ == BYTES:
        return base64.b64encode(chunk).decode()
    return _unwrapped(type_, _read(_WRAPPED[type_], chunk, depth + 1))


def _unwrapped(type_: str, found: Json) -> Any:
    match type_:
        case "quantity":
            return found.get("v", "0")
        case "port":
            return found.get("text", "") if found.get("type") else found.get("number", 0)
        case "texts":
            return found.get("items", [])
        case "raw":
            return _json(found.get("raw", ""))
        case _:
            return _time(found, fine=type_ == MICRO_TIME)


def _json(raw: str) -> Any:
    """An object inside an object travels as JSON."""
    try:
        return json.loads(base64.b64decode(raw)) if raw else None
    except ValueError:
        raise Unreadable("an object inside the protobuf body is not JSON") from None


def _time(found: Json, *, fine: bool) -> str | None:
    seconds = found.get("seconds")
    if seconds is None:
        return None
    try:
        moment = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    except (ValueError, OverflowError, OSError):
        raise Unreadable("a time of the protobuf body is out of range") from None
    return f"{moment}.{max(0, found.get('nanos', 0)) // 1000 % 1_000_000:06}Z" if fine else f"{moment}Z"


def _text(chunk: memoryview) -> str:
    try:
        return bytes(chunk).decode()
    except UnicodeDecodeError:
        raise Unreadable("a text of the protobuf body is not UTF-8") from None


def _chunk(value: int | memoryview) -> memoryview:
    if isinstance(value, int):
        raise Unreadable("a field of the protobuf body has another type than it should")
    return value


def _fields(data: memoryview) -> Iterator[tuple[int, int, int | memoryview]]:
    """(field number, wire type, value) of every field; raises Unreadable when the bytes end early."""
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        number, wire = tag >> 3, tag & 7
        if wire == 0:
            value, at = _varint(data, at)
            yield number, wire, value
            continue
        length, at = _varint(data, at) if wire == 2 else ({1: 8, 5: 4}.get(wire, -1), at)
        if length < 0 or at + length > len(data):
            raise Unreadable("the protobuf body ends early or is not protobuf")
        yield number, wire, data[at : at + length]
        at += length


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            break
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & ((1 << 64) - 1), at
    raise Unreadable("the protobuf body ends early or is not protobuf")
