"""Bodies into values: JSON and YAML, within limits, with the fields given twice; no I/O.

Whatever the bytes, the answer is a value or a DecodeError. What the value means for a kind: `bodies.py`, `schema.py`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

from roadstead.base.errors import Invalid
from roadstead.kube.jsonsyntax import syntax_error


class DecodeError(Invalid):
    """The bytes are no JSON (or YAML) value we accept; the message is the decoder's, in Go's words for JSON."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a body may hold."""

    size: int = 3 * 1024 * 1024
    """Bytes; the same as Kubernetes allows."""
    depth: int = 100
    """Objects and lists inside each other. Encoding and comparing recurse, so this must stay far below 250."""
    duplicates: int = 100
    """Fields given twice that are reported; more are not looked for."""


class Decoded(NamedTuple):
    """A value, and the fields given twice, as paths: `spec.tags[0].name`. Of those the last one counts."""

    value: Any
    duplicates: list[str]


LIMITS = Limits()
_EXPLAINED = 256 * 1024


def decode(raw: bytes, limits: Limits = LIMITS, *, find_duplicates: bool = True) -> Decoded:
    """One JSON value. Raises DecodeError."""
    check_size(raw, limits)
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as wrong:
        # Go's words take a slow second reading; a large body is not worth it.
        told = syntax_error(raw) if len(raw) <= _EXPLAINED else None
        raise DecodeError(told or f"invalid JSON text: {wrong.msg}") from None
    if _brackets(raw) > limits.depth and deeper_than(value, limits.depth):
        raise DecodeError(f"exceeded max depth of {limits.depth}")
    return Decoded(value, _duplicates(raw, limits.duplicates) if find_duplicates else [])


def check_size(raw: bytes, limits: Limits) -> None:
    """Raises DecodeError for a body larger than the limit."""
    if len(raw) > limits.size:
        raise DecodeError(f"the body has {len(raw)} bytes; at most {limits.size} are accepted")


def deeper_than(value: Any, depth: int) -> bool:
    """Whether objects and lists nest deeper than that. Goes level by level, so no depth can exhaust the stack."""
    layer = [value] if type(value) in (dict, list) else []
    while layer and depth >= 0:
        depth -= 1
        layer = [item for holder in layer for item in _items(holder) if type(item) in (dict, list)]
    return depth < 0


def _items(holder: Any) -> Any:
    return holder.values() if type(holder) is dict else holder


def _brackets(raw: bytes) -> int:
    return raw.count(b"{") + raw.count(b"[")


class _Pairs(list[tuple[str, Any]]):
    """An object with every field it was given, in order."""


def _duplicates(raw: bytes, limit: int) -> list[str]:
    doubled = False

    def notice(pairs: list[tuple[str, Any]]) -> None:
        nonlocal doubled
        if len(pairs) > 1 and len(pairs) != len(dict(pairs)):
            doubled = True

    # The fast parser keeps the last of two fields without a word; this pass only asks whether there are any.
    text = raw.decode()
    json.loads(text, object_pairs_hook=notice, parse_int=_ignored, parse_float=_ignored)
    if not doubled:
        return []
    tree = json.loads(text, object_pairs_hook=_Pairs, parse_int=_ignored, parse_float=_ignored)
    return [path for path, _ in zip(_twice(tree, []), range(limit), strict=False)]


def _ignored(number: str) -> None:
    return None


def _twice(value: Any, path: list[str | int]) -> Iterator[str]:
    """The path is put together where a field is given twice only: a long name with many fields in it costs nothing."""
    if type(value) is _Pairs:
        seen: set[str] = set()
        for name, item in value:
            path.append(name)
            if name in seen:
                yield _path_text(path)
            seen.add(name)
            yield from _twice(item, path)
            path.pop()
    elif type(value) is list:
        for index, item in enumerate(value):
            path.append(index)
            yield from _twice(item, path)
            path.pop()


def _path_text(path: Iterable[str | int]) -> str:
    steps = (f"[{step}]" if type(step) is int else f".{step}" for step in path)
    return "".join(steps).removeprefix(".")
