"""Values of custom resources against their schema: drop what it does not know, fill what is missing, check; no I/O.

The texts are those of Kubernetes (apiextensions-apiserver on kube-openapi's validation).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from roadstead.base.values import Json
from roadstead.kube.fielderrors import FieldError, duplicate, invalid_value, not_supported, required
from roadstead.kube.formats import fits
from roadstead.kube.objectmeta import OBJECT_META
from roadstead.kube.schema import NOTHING, TypeMismatch, copied
from roadstead.kube.structural import Node
from roadstead.kube.wording import scalar

MOST_ERRORS = 50
MOST_STEPS = 500_000
"""How many (schema, value) pairs are looked at: a check may not take seconds, whatever schema and value are."""

ROOT = ("apiVersion", "kind", "metadata")
_OBJECT_META = OBJECT_META.check


def shaped(node: Node, value: Any, strays: list[str], *, root: bool = False) -> Any:
    """The value without unknown fields and with defaults; `strays` notes the names of those left out.

    The argument stays as it is. Raises TypeMismatch for metadata that is none.
    """
    if isinstance(value, dict):
        return _shaped_object(node, value, strays, root=root or node.embedded)
    if isinstance(value, list) and node.items is not None:
        return [shaped(node.items, each, strays) for each in value]
    return value


def _shaped_object(node: Node, value: Json, strays: list[str], *, root: bool) -> Json:
    kept: Json = {}
    for name, entry in value.items():
        if root and name in ROOT:
            kept[name] = _OBJECT_META(entry or {}, strays) if name == "metadata" else entry
            continue
        known = node.properties.get(name) or node.additional
        if known is None:
            if node.preserve:
                kept[name] = entry
            else:
                strays.append(name)
        elif entry is not None or known.nullable:
            kept[name] = shaped(known, entry, strays)
    for name, child in node.properties.items():
        if child.default is not NOTHING and name not in kept and not (root and name in ROOT):
            kept[name] = shaped(child, copied(child.default), [])
    return kept


def validate(node: Node, value: Any, path: str = "", *, root: bool = False) -> list[FieldError]:
    """Everything that is wrong with a value, at most MOST_ERRORS; `root` for whole objects, whose metadata others
    check."""
    return _Check().run(node, value, path, root=root)


def default_errors(node: Node, path: str) -> Iterator[FieldError]:
    """What is wrong with the defaults of a schema: they must fit it, and hold nothing it does not know."""
    if node.default is not NOTHING:
        strays: list[str] = []
        try:
            kept = shaped(node, copied(node.default), strays)
        except TypeMismatch as wrong:
            yield invalid_value(f"{path}.default", "...", wrong.message)
            return
        if strays:
            yield invalid_value(f"{path}.default", strays[0], "must not have unknown fields")
        yield from validate(node, kept, f"{path}.default")
    for name, child in node.properties.items():
        yield from default_errors(child, f"{path}.properties[{name}]")
    for name, inner in (("items", node.items), ("additionalProperties", node.additional)):
        if inner is not None:
            yield from default_errors(inner, f"{path}.{name}")


class _TooCostly(Exception):
    """The check was given up."""


class _Check:
    def __init__(self) -> None:
        self._steps = 0

    def run(self, node: Node, value: Any, path: str, *, root: bool) -> list[FieldError]:
        found: list[FieldError] = []
        try:
            for each in self._errors(node, value, path, root=root):
                found.append(each)
                if len(found) == MOST_ERRORS:
                    break
        except _TooCostly:
            why = f"is too costly to check against its schema: more than {MOST_STEPS} steps"
            found.append(invalid_value(path or "<object>", "...", why))
        return found

    def _errors(self, node: Node, value: Any, path: str, *, root: bool = False) -> Iterator[FieldError]:
        self._steps += 1
        if self._steps > MOST_STEPS:
            raise _TooCostly
        if value is None and node.nullable:
            return
        if wrong := _type_error(node, value, path):
            yield wrong
            return
        if node.enum is not None and not any(_same(value, each) for each in node.enum):
            texts = [each if isinstance(each, str) else scalar(each) for each in node.enum]
            yield not_supported(path, value, texts)
        match value:
            case str():
                yield from _of_text(node, value, path)
            case bool():
                pass
            case int() | float():
                yield from _of_number(node, value, path)
            case list():
                yield from self._of_list(node, value, path)
            case dict():
                yield from self._of_object(node, value, path, root=root)
        yield from self._of_junctors(node, value, path)

    def _of_object(self, node: Node, value: Json, path: str, *, root: bool) -> Iterator[FieldError]:
        for name in node.required:
            if name not in value:
                yield required(_below(path, name))
        if node.embedded and not root:
            for name in ("apiVersion", "kind"):
                if not value.get(name):
                    yield required(_below(path, name), "must not be empty")
        yield from _of_count(node, len(value), "Properties", "properties", path)
        for name, entry in value.items():
            if (root or node.embedded) and name in ROOT:
                yield from self._of_name(node, entry, path)
                continue
            if (known := node.properties.get(name)) is not None:
                yield from self._errors(known, entry, _below(path, name))
            elif node.additional is not None:
                yield from self._errors(node.additional, entry, _below(path, name))

    def _of_name(self, node: Node, metadata: Any, path: str) -> Iterator[FieldError]:
        """All that a schema may say about metadata: what the names of objects are."""
        wanted = node.properties.get("metadata", node).properties.get("name")
        name = metadata.get("name") if isinstance(metadata, dict) else None
        if wanted is not None and name is not None and "metadata" in node.properties:
            yield from self._errors(wanted, name, _below(_below(path, "metadata"), "name"))

    def _of_list(self, node: Node, value: list[Any], path: str) -> Iterator[FieldError]:
        yield from _of_count(node, len(value), "Items", "items", path)
        yield from _doubles(node, value, path)
        if node.items is not None:
            for index, entry in enumerate(value):
                yield from self._errors(node.items, entry, f"{path}[{index}]")

    def _of_junctors(self, node: Node, value: Any, path: str) -> Iterator[FieldError]:
        for name, branches in node.junctors.items():
            fitting = sum(self._fits(each, value, path) for each in branches)
            if name == "allOf" and fitting < len(branches):
                for each in branches:
                    yield from self._errors(each, value, path)
                yield invalid_value(path, "", f"{_said(path)} must validate all the schemas (allOf)")
            elif name == "anyOf" and not fitting:
                yield invalid_value(path, "", f"{_said(path)} must validate at least one schema (anyOf)")
            elif name == "oneOf" and fitting != 1:
                yield invalid_value(path, "", f"{_said(path)} must validate one and only one schema (oneOf)")
            elif name == "not" and fitting:
                yield invalid_value(path, "", f"{_said(path)} must not validate the schema (not)")

    def _fits(self, node: Node, value: Any, path: str) -> bool:
        return next(self._errors(node, value, path), None) is None


def _said(path: str) -> str:
    return f"{path} in body" if path else "<root>"


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _type_error(node: Node, value: Any, path: str) -> FieldError | None:
    found = _type_of(value)
    if node.int_or_string:
        wanted, good = "integer,string", found in ("integer", "string")
    else:
        wanted = node.type
        good = not wanted or found == wanted or (wanted, found) == ("number", "integer")
    if good:
        return None
    return invalid_value(path, found, f'{_said(path)} must be of type {wanted}: "{found}"')


def _type_of(value: Any) -> str:
    match value:
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "integer" if value.is_integer() else "number"
        case str():
            return "string"
        case list():
            return "array"
        case dict():
            return "object"
    return "null"


def _same(one: Any, other: Any) -> bool:
    # True is not 1 in JSON.
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def _of_text(node: Node, value: str, path: str) -> Iterator[FieldError]:
    bounds = node.bounds
    if (most := bounds.get("maxLength")) is not None and len(value) > most:
        yield invalid_value(path, value[:100], f"{_said(path)} should be at most {most} chars long")
    if (least := bounds.get("minLength")) is not None and len(value) < least:
        yield invalid_value(path, value, f"{_said(path)} should be at least {least} chars long")
    if node.pattern is not None and not node.pattern.found_in(value):
        yield invalid_value(path, value[:1000], f"{_said(path)} should match '{node.pattern.text}'")
    if node.format and not fits(node.format, value):
        yield invalid_value(path, value[:1000], f"{_said(path)} must be of type {node.format}: {scalar(value[:1000])}")


def _of_number(node: Node, value: float, path: str) -> Iterator[FieldError]:
    bounds = node.bounds
    most, least, step = bounds.get("maximum"), bounds.get("minimum"), bounds.get("multipleOf")
    if most is not None and (value > most or (bounds.get("exclusiveMaximum") and value == most)):
        than = "less than" if bounds.get("exclusiveMaximum") else "less than or equal to"
        yield invalid_value(path, value, f"{_said(path)} should be {than} {most}")
    if least is not None and (value < least or (bounds.get("exclusiveMinimum") and value == least)):
        than = "greater than" if bounds.get("exclusiveMinimum") else "greater than or equal to"
        yield invalid_value(path, value, f"{_said(path)} should be {than} {least}")
    if step is not None and not _multiple(value, step):
        yield invalid_value(path, value, f"{_said(path)} should be a multiple of {step}")
    if node.format and not fits(node.format, value):
        yield invalid_value(path, value, f"{_said(path)} must be of type {node.format}: {scalar(value)}")


def _multiple(value: float, step: float) -> bool:
    if isinstance(value, int) and isinstance(step, int):
        return value % step == 0
    share = value / step
    return math.isfinite(share) and math.isclose(share, round(share), rel_tol=1e-12)


def _of_count(node: Node, count: int, keyword: str, things: str, path: str) -> Iterator[FieldError]:
    most, least = node.bounds.get(f"max{keyword}"), node.bounds.get(f"min{keyword}")
    if most is not None and count > most:
        yield invalid_value(path, count, f"{_said(path)} should have at most {most} {things}")
    if least is not None and count < least:
        yield invalid_value(path, count, f"{_said(path)} should have at least {least} {things}")


def _doubles(node: Node, value: list[Any], path: str) -> Iterator[FieldError]:
    if node.list_type not in ("set", "map"):
        return
    seen: set[str] = set()
    for index, entry in enumerate(value):
        mark = entry
        if node.list_type == "map":
            if not isinstance(entry, dict):
                continue
            mark = {key: entry[key] for key in node.list_keys if key in entry}
        name = scalar(mark)
        if name in seen:
            yield duplicate(f"{path}[{index}]", mark)
        seen.add(name)
