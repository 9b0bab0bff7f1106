"""Kubernetes' binary form of the core kinds people create from the command line -> the JSON form; no I/O.

kubectl sends built-in kinds in this form and does not fall back to JSON. Each message is a table from field number to
JSON name and type, as published in the `generated.proto` files of k8s.io/api and k8s.io/apimachinery (1.32 level);
fields that are not in a table are dropped, as unknown fields are.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from roadstead.base.errors import Invalid
from roadstead.base.values import Json

MEDIA_TYPE = "application/vnd.kubernetes.protobuf"
MAGIC = b"k8s\x00"
MAX_DEPTH = 16

TEXT, BYTES, INTEGER, BOOLEAN, TIME, QUANTITY = "text", "bytes", "integer", "boolean", "time", "quantity"


class Unreadable(Invalid):
    """Bytes that are no message of this form, or a kind that has no table here."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message: field number -> how to read it."""

    fields: dict[int, Field]


class Field(NamedTuple):
    """A JSON name, what it holds, and whether it repeats (a list) or is a map from text."""

    name: str
    type: str | Message
    form: str = "one"


def _many(name: str, type_: str | Message) -> Field:
    return Field(name, type_, "list")


def _map(name: str, type_: str | Message) -> Field:
    return Field(name, type_, "map")


_OWNER = Message(
    {
        1: Field("kind", TEXT),
        3: Field("name", TEXT),
        4: Field("uid", TEXT),
        5: Field("apiVersion", TEXT),
        6: Field("controller", BOOLEAN),
        7: Field("blockOwnerDeletion", BOOLEAN),
    }
)
_META = Message(
    {
        1: Field("name", TEXT),
        2: Field("generateName", TEXT),
        3: Field("namespace", TEXT),
        5: Field("uid", TEXT),
        6: Field("resourceVersion", TEXT),
        7: Field("generation", INTEGER),
        8: Field("creationTimestamp", TIME),
        9: Field("deletionTimestamp", TIME),
        10: Field("deletionGracePeriodSeconds", INTEGER),
        11: _map("labels", TEXT),
        12: _map("annotations", TEXT),
        13: _many("ownerReferences", _OWNER),
        14: _many("finalizers", TEXT),
    }
)
_RULE = Message(
    {
        1: _many("verbs", TEXT),
        2: _many("apiGroups", TEXT),
        3: _many("resources", TEXT),
        4: _many("resourceNames", TEXT),
        5: _many("nonResourceURLs", TEXT),
    }
)
_SUBJECT = Message(
    {1: Field("kind", TEXT), 2: Field("apiGroup", TEXT), 3: Field("name", TEXT), 4: Field("namespace", TEXT)}
)
_ROLE_REF = Message({1: Field("apiGroup", TEXT), 2: Field("kind", TEXT), 3: Field("name", TEXT)})
_REQUIREMENT = Message({1: Field("key", TEXT), 2: Field("operator", TEXT), 3: _many("values", TEXT)})
_SELECTOR = Message({1: _map("matchLabels", TEXT), 2: _many("matchExpressions", _REQUIREMENT)})
_REFERENCE = Message(
    {
        1: Field("kind", TEXT),
        2: Field("namespace", TEXT),
        3: Field("name", TEXT),
        4: Field("uid", TEXT),
        5: Field("apiVersion", TEXT),
        6: Field("resourceVersion", TEXT),
        7: Field("fieldPath", TEXT),
    }
)
_LIMIT = Message(
    {
        1: Field("type", TEXT),
        2: _map("max", QUANTITY),
        3: _map("min", QUANTITY),
        4: _map("default", QUANTITY),
        5: _map("defaultRequest", QUANTITY),
        6: _map("maxLimitRequestRatio", QUANTITY),
    }
)
_BINDING = {1: Field("metadata", _META), 2: _many("subjects", _SUBJECT), 3: Field("roleRef", _ROLE_REF)}
_AGGREGATION = Message({1: _many("clusterRoleSelectors", _SELECTOR)})
_SCOPE = Message({1: Field("scopeName", TEXT), 2: Field("operator", TEXT), 3: _many("values", TEXT)})
_SCOPES = Message({1: _many("matchExpressions", _SCOPE)})

_CORE = {
    "Namespace": Message(
        {
            1: Field("metadata", _META),
            2: Field("spec", Message({1: _many("finalizers", TEXT)})),
            3: Field("status", Message({1: Field("phase", TEXT)})),
        }
    ),
    "ConfigMap": Message(
        {
            1: Field("metadata", _META),
            2: _map("data", TEXT),
            3: _map("binaryData", BYTES),
            4: Field("immutable", BOOLEAN),
        }
    ),
    "Secret": Message(
        {
            1: Field("metadata", _META),
            2: _map("data", BYTES),
            3: Field("type", TEXT),
            4: _map("stringData", TEXT),
            5: Field("immutable", BOOLEAN),
        }
    ),
    "ServiceAccount": Message(
        {
            1: Field("metadata", _META),
            2: _many("secrets", _REFERENCE),
            3: _many("imagePullSecrets", Message({1: Field("name", TEXT)})),
            4: Field("automountServiceAccountToken", BOOLEAN),
        }
    ),
    "LimitRange": Message(
        {1: Field("metadata", _META), 2: Field("spec", Message({1: _many("limits", _LIMIT)}))},
    ),
    "ResourceQuota": Message(
        {
            1: Field("metadata", _META),
            2: Field(
                "spec",
                Message({1: _map("hard", QUANTITY), 2: _many("scopes", TEXT), 3: Field("scopeSelector", _SCOPES)}),
            ),
        }
    ),
}
_RBAC = {
    "Role": Message({1: Field("metadata", _META), 2: _many("rules", _RULE)}),
    "ClusterRole": Message(
        {1: Field("metadata", _META), 2: _many("rules", _RULE), 3: Field("aggregationRule", _AGGREGATION)}
    ),
    "RoleBinding": Message(_BINDING),
    "ClusterRoleBinding": Message(_BINDING),
}
_RESOURCE_ATTRIBUTES = Message(
    {
        1: Field("namespace", TEXT),
        2: Field("verb", TEXT),
        3: Field("group", TEXT),
        4: Field("version", TEXT),
        5: Field("resource", TEXT),
        6: Field("subresource", TEXT),
        7: Field("name", TEXT),
    }
)
_PATH_ATTRIBUTES = Message({1: Field("path", TEXT), 2: Field("verb", TEXT)})
_ASKED = {1: Field("resourceAttributes", _RESOURCE_ATTRIBUTES), 2: Field("nonResourceAttributes", _PATH_ATTRIBUTES)}
_SUBJECT_ASKED = Message({**_ASKED, 3: Field("user", TEXT), 4: _many("groups", TEXT), 6: Field("uid", TEXT)})
_AUTHORIZATION = {
    "SelfSubjectAccessReview": Message({1: Field("metadata", _META), 2: Field("spec", Message(_ASKED))}),
    "SubjectAccessReview": Message({1: Field("metadata", _META), 2: Field("spec", _SUBJECT_ASKED)}),
    "LocalSubjectAccessReview": Message({1: Field("metadata", _META), 2: Field("spec", _SUBJECT_ASKED)}),
    "SelfSubjectRulesReview": Message(
        {1: Field("metadata", _META), 2: Field("spec", Message({1: Field("namespace", TEXT)}))}
    ),
}
_AUTHENTICATION = {"SelfSubjectReview": Message({1: Field("metadata", _META)})}
KINDS: dict[tuple[str, str], Message] = {
    **{("v1", kind): message for kind, message in _CORE.items()},
    **{("rbac.authorization.k8s.io/v1", kind): message for kind, message in _RBAC.items()},
    **{("authorization.k8s.io/v1", kind): message for kind, message in _AUTHORIZATION.items()},
    **{("authentication.k8s.io/v1", kind): message for kind, message in _AUTHENTICATION.items()},
}
_TYPE_META = Message({1: Field("apiVersion", TEXT), 2: Field("kind", TEXT)})
_ENVELOPE = Message({1: Field("typeMeta", _TYPE_META), 2: Field("raw", BYTES), 3: Field("contentEncoding", TEXT)})


def decode(body: bytes) -> Json:
    """The object in a body, with kind and apiVersion; raises Unreadable."""
    if not body.startswith(MAGIC):
        raise Unreadable("the body does not begin as Kubernetes protobuf does; send application/json")
    envelope = _read(_ENVELOPE, memoryview(body)[len(MAGIC) :], 0)
    about = envelope.get("typeMeta") or {}
    head = {"kind": about.get("kind", ""), "apiVersion": about.get("apiVersion", "")}
    message = KINDS.get((head["apiVersion"], head["kind"]))
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
        else:
            _keep(found, field, _value(field.type, wire, value, depth))
    return found


def _keep(found: Json, field: Field, value: Any) -> None:
    # This form writes every plain field, set or not; empty means absent, and false only where it says something.
    if value not in ("", 0, {}, None):
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
    inner = _read(Message({1: Field("v", TEXT if type_ == QUANTITY else INTEGER)}), chunk, depth + 1)
    return inner.get("v", "0" if type_ == QUANTITY else None) if type_ == QUANTITY else _time(inner.get("v"))


def _time(seconds: int | None) -> str | None:
    if seconds is None:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        raise Unreadable("a time of the protobuf body is out of range") from None


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
