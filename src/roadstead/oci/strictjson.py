"""JSON from anybody -> one unambiguous object, or a refusal; no I/O."""

from __future__ import annotations

import json
from typing import Any

import orjson

from roadstead.base.errors import Invalid
from roadstead.base.values import Json


def decode_object(body: bytes, *, max_depth: int, max_brackets: int) -> Json:
    """Read one JSON object; raises Invalid naming the rule broken.

    Refused: bytes that are not UTF-8, lone surrogates, names given twice anywhere (readers disagree on which value
    counts), nesting over `max_depth`, and more than `max_brackets` of `{` and `[` (texts included), because a small
    body of brackets takes a lot of memory.
    """
    brackets = body.count(b"{") + body.count(b"[")
    if brackets > max_brackets:
        raise Invalid(f"the JSON has {brackets} opening brackets; at most {max_brackets} are accepted")
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as wrong:
        raise Invalid(f"the body is not valid JSON: {wrong}") from None
    if type(value) is not dict:
        raise Invalid("the JSON must be an object")
    if brackets > max_depth:
        _refuse_depth(value, max_depth)
    # Outside of texts, each name has exactly one colon. Written out again, the value has the colons of the body less
    # those of the entries that a later one replaced, unless an escape (003a) hid a colon: then look closer as well.
    if b"\\u003" in body or body.count(b":") != orjson.dumps(value).count(b":"):
        _refuse_names_given_twice(body)
    return value


def _refuse_depth(value: Json, limit: int) -> None:
    level: list[Any] = [value]
    for _ in range(limit):
        inside = (child for node in level for child in (node.values() if type(node) is dict else node))
        level = [child for child in inside if type(child) in (dict, list)]
        if not level:
            return
    raise Invalid(f"the JSON is nested deeper than the {limit} levels accepted")


def _refuse_names_given_twice(body: bytes) -> None:
    def once(pairs: list[tuple[str, object]]) -> None:
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise Invalid(f"the JSON has the name {ascii(name[:160])} twice in one object; give it once")
            seen.add(name)

    json.loads(body, object_pairs_hook=once, parse_int=_unread, parse_float=_unread)


def _unread(_: str) -> None:
    """Numbers do not matter here, and very long ones are slow or refused by int()."""
