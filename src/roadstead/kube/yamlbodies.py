"""YAML bodies into the same values as JSON ones; no I/O.

Built from the parser's events without recursion. Anchors are refused: an alias used twice can make a small text huge.
"""

from __future__ import annotations

import json
import math
from contextlib import suppress
from dataclasses import replace
from typing import Any

import yaml

from roadstead.kube.decoding import LIMITS, Decoded, DecodeError, Limits, check_size, decode

MAX_SIZE = 256 * 1024
"""Bytes, whatever the limits allow: reading YAML takes about a second per megabyte, in the way of everybody else."""

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_RESOLVER: Any = yaml.resolver.Resolver()
_CONSTRUCTOR = yaml.constructor.SafeConstructor()
_TAG = "tag:yaml.org,2002:"
_PLAIN = {f"{_TAG}{name}" for name in ("str", "timestamp", "value", "merge")}
_MADE = {
    f"{_TAG}null": lambda node: None,
    f"{_TAG}bool": _CONSTRUCTOR.construct_yaml_bool,
    f"{_TAG}int": _CONSTRUCTOR.construct_yaml_int,
    f"{_TAG}float": _CONSTRUCTOR.construct_yaml_float,
}
_CONTAINERS = (None, f"{_TAG}map", f"{_TAG}seq")


def decode_yaml(raw: bytes, limits: Limits = LIMITS) -> Decoded:
    """One YAML document as JSON would have it: keys are texts, times stay texts. Raises DecodeError."""
    check_size(raw, limits)
    if raw.lstrip()[:1] == b"{":
        with suppress(DecodeError):
            return decode(raw, limits)
    check_size(raw, replace(limits, size=min(limits.size, MAX_SIZE)))
    builder = _Builder(limits)
    try:
        for event in yaml.parse(raw, Loader=_LOADER):
            builder.take(event)
    except (yaml.YAMLError, ValueError, RecursionError) as wrong:
        raise DecodeError(f"yaml: {_told(wrong)}") from None
    return Decoded(builder.value, builder.duplicates[: limits.duplicates])


def _told(wrong: Exception) -> str:
    """What is wrong and where, in one line."""
    if isinstance(wrong, yaml.MarkedYAMLError) and wrong.problem:
        mark = wrong.problem_mark or wrong.context_mark
        return f"line {mark.line + 1}: {wrong.problem}" if mark is not None else wrong.problem
    if isinstance(wrong, yaml.YAMLError):
        return " ".join(str(wrong).split())
    return "a value cannot be read"


class _Holder:
    """A list or object being filled; `key` waits for its value."""

    def __init__(self, value: Any, path: str) -> None:
        self.value = value
        self.path = path
        self.key: str | None = None


class _Builder:
    def __init__(self, limits: Limits) -> None:
        self.value: Any = None
        self.duplicates: list[str] = []
        self._limits = limits
        self._stack: list[_Holder] = []
        self._documents = 0

    def take(self, event: yaml.Event) -> None:
        """The next event of the stream."""
        if getattr(event, "anchor", None) is not None:
            raise DecodeError("yaml: anchors and aliases are not accepted")
        match event:
            case yaml.DocumentStartEvent():
                self._documents += 1
                if self._documents > 1:
                    raise DecodeError("yaml: more than one document")
            case yaml.ScalarEvent():
                self._put(_scalar(event))
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                self._open(event)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self._stack.pop()

    def _open(self, event: yaml.CollectionStartEvent) -> None:
        if event.tag not in _CONTAINERS:
            raise DecodeError(f"yaml: the tag {event.tag} is not accepted")
        if len(self._stack) >= self._limits.depth:
            raise DecodeError(f"yaml: exceeded max depth of {self._limits.depth}")
        value: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
        path = self._path()
        self._put(value)
        self._stack.append(_Holder(value, path))

    def _path(self) -> str:
        if not self._stack:
            return ""
        top = self._stack[-1]
        if isinstance(top.value, list):
            return f"{top.path}[{len(top.value)}]"
        return f"{top.path}.{top.key}" if top.path else f"{top.key}"

    def _put(self, value: Any) -> None:
        if not self._stack:
            self.value = value
            return
        top = self._stack[-1]
        if isinstance(top.value, list):
            top.value.append(value)
        elif top.key is None:
            top.key = _key(value)
            if top.key in top.value and len(self.duplicates) < self._limits.duplicates:
                self.duplicates.append(self._path())
        else:
            top.value[top.key] = value
            top.key = None


def _scalar(event: yaml.ScalarEvent) -> Any:
    tag = event.tag or _RESOLVER.resolve(yaml.ScalarNode, event.value, event.implicit)
    # YAML 1.1 would read 12:30 as a number to base 60; nobody means that.
    if tag in _PLAIN or (event.tag is None and ":" in event.value):
        return event.value
    if tag not in _MADE:
        raise DecodeError(f"yaml: the tag {tag} is not accepted")
    try:
        value = _MADE[tag](yaml.ScalarNode(tag, event.value))
    except (KeyError, IndexError, OverflowError):
        raise DecodeError(f"yaml: {event.value!r} is not a {tag.removeprefix(_TAG)}") from None
    if isinstance(value, float) and not math.isfinite(value):
        raise DecodeError(f"yaml: {event.value} has no place in JSON")
    if type(value) is int and not -(1 << 63) <= value < 1 << 64:
        raise DecodeError(f"yaml: the number {event.value} is out of range")
    return value


def _key(value: Any) -> str:
    if isinstance(value, dict | list):
        raise DecodeError("yaml: a key must be a plain value")
    return value if isinstance(value, str) else json.dumps(value)
