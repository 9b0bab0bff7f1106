"""Sets of fields: who manages what, as paths and in the fieldsV1 form of managedFields; no I/O.

A path is a tuple of steps, each spelled as fieldsV1 spells it: `f:name` a field or a key of a map, `k:{"name":"a"}` an
item of a list by its keys, `v:"x"` a value of a set, `i:0` a place in a list (Kubernetes API concepts, "Field
management"; the format is documented with ManagedFieldsEntry).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from roadstead.base.errors import Invalid
from roadstead.base.values import Json
from roadstead.kube.wording import quote

Path = tuple[str, ...]
Paths = frozenset[Path]

NONE: Paths = frozenset()
SELF = "."
"""What fieldsV1 calls a field itself, beside those below it."""
MOST_PATHS = 50_000
"""Fields one manager may have: what a body of the largest size could hold in earnest."""


class UnreadableFields(Invalid):
    """A fieldsV1 that is none."""


def field_step(name: str) -> str:
    """The step to a field of an object, or to a key of a map."""
    return f"f:{name}"


def key_step(keys: Json) -> str:
    """The step to the item of a list that has these keys."""
    return f"k:{orjson.dumps(keys, option=orjson.OPT_SORT_KEYS).decode()}"


def value_step(value: Any) -> str:
    """The step to a value of a set."""
    return f"v:{orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()}"


def tree(paths: Iterable[Path]) -> Json:
    """The fieldsV1 form of a set."""
    root: Json = {}
    for path in sorted(paths):
        # Sorted, a path comes before those below it, so a holder knows whether it is a member itself.
        node = root
        for step in path[:-1]:
            node = node.setdefault(step, {})
        below = node.setdefault(path[-1], {})
        below[SELF] = {}
    _tidy(root)
    return root


def _tidy(node: Json) -> None:
    """A field with nothing below it is an empty object: the mark for itself goes."""
    for name, below in node.items():
        if name != SELF:
            if below.keys() == {SELF}:
                below.clear()
            else:
                _tidy(below)


def is_member(node: Json) -> bool:
    """Whether the field at a node of a tree is itself in the set."""
    return not node or SELF in node


def paths_of(fields: Any) -> Paths:
    """The set a fieldsV1 stands for; raises UnreadableFields."""
    found: list[Path] = []
    for path in _walk(fields, ()):
        found.append(path)
        if len(found) > MOST_PATHS:
            raise UnreadableFields(f"more than {MOST_PATHS} fields")
    return frozenset(found)


def _walk(node: Any, path: Path) -> Iterator[Path]:
    if not isinstance(node, dict):
        raise UnreadableFields("a field is described by something that is no object")
    if path and is_member(node):
        yield path
    for step, below in node.items():
        if step != SELF:
            _check_step(step)
            yield from _walk(below, (*path, step))


def _check_step(step: str) -> None:
    kind, text = step[:2], step[2:]
    if kind == "f:":
        return
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise UnreadableFields(f"{step[:80]} is no step to a field") from None
    fits = {"k:": isinstance(value, dict), "v:": True, "i:": isinstance(value, int)}
    if not fits.get(kind, False):
        raise UnreadableFields(f"{step[:80]} is no step to a field")


def text_of(path: Path) -> str:
    """A path as people read it: `.spec.tags[name="a"].from`."""
    return "".join(map(_step_text, path))


def _step_text(step: str) -> str:
    kind, text = step[:2], step[2:]
    if kind == "f:":
        return f".{text}"
    if kind == "i:":
        return f"[{text}]"
    value = orjson.loads(text)
    if kind == "v:":
        return f"[={_value_text(value)}]"
    return "[" + ",".join(f"{name}={_value_text(value[name])}" for name in sorted(value)) + "]"


def _value_text(value: Any) -> str:
    return quote(value) if isinstance(value, str) else orjson.dumps(value).decode()
