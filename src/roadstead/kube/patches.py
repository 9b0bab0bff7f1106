"""(object, patch) -> object, for JSON patch (RFC 6902) and JSON merge patch (RFC 7386); no I/O.

Arguments are never changed. A patch that is none is refused with 400, one that does not apply with 422
(image-api contract, section 16.7). Strategic merge patches: `strategic.py`.
"""

from __future__ import annotations

import re
from typing import Any

import orjson

from roadstead.base.values import Json
from roadstead.kube.decoding import LIMITS, deeper_than
from roadstead.kube.schema import copied
from roadstead.kube.status import StatusError, bad_request, rejected, too_large
from roadstead.kube.wording import kind_of

MAX_OPERATIONS = 10_000
MAX_COPIED = 3 * 1024 * 1024
"""Bytes of JSON all `copy` operations of a patch may add: a few copies of copies would fill the memory."""
MAX_SHIFTED = 50_000_000
"""List elements all operations of a patch may push aside: a long list changed at its front takes its time."""

_OF_OPERATION = ("op", "path", "from", "value")
_INDEX = re.compile(r"0|[1-9][0-9]{0,8}", re.ASCII)
_BAD_ESCAPE = re.compile(r"~(?![01])")


class _DoesNotApply(Exception):
    """Some operation asks for what is not there."""


def json_patch(obj: Any, patch: Any) -> Any:
    """RFC 6902: the operations one after the other, all or nothing; raises StatusError 400, 413 or 422."""
    steps = operations(patch)
    document = _Document(copied(obj))
    try:
        for step in steps:
            document.apply(step)
    except _DoesNotApply:
        raise rejected() from None
    if deeper_than(document.root, LIMITS.depth):
        raise rejected()
    return document.root


def merge_patch(obj: Any, patch: Any) -> Any:
    """RFC 7386: objects merge, null removes, anything else replaces."""
    if not isinstance(patch, dict):
        return copied(patch)
    merged: Json = dict(obj) if isinstance(obj, dict) else {}
    for name, change in patch.items():
        if change is None:
            merged.pop(name, None)
        else:
            merged[name] = merge_patch(merged.get(name), change)
    return merged


def same(one: Any, other: Any) -> bool:
    """Equal as JSON: 1 and 1.0 are the same number, 1 and true are different things."""
    if isinstance(one, dict):
        if not isinstance(other, dict) or one.keys() != other.keys():
            return False
        return all(same(value, other[name]) for name, value in one.items())
    if isinstance(one, list):
        return isinstance(other, list) and len(one) == len(other) and all(map(same, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def object_patch(patch: Any) -> Json:
    """A merge patch for an object, which must be an object itself; raises StatusError 400."""
    if not isinstance(patch, dict):
        raise _malformed(f"json: cannot unmarshal {kind_of(patch)} into Go value of type map[string]interface {{}}")
    return patch


def operations(patch: Any) -> list[Json]:
    """The operations of a JSON patch, not looked into; null has none. Raises StatusError 400 or 413."""
    if patch is None:
        return []
    if not isinstance(patch, list):
        raise _malformed(f"json: cannot unmarshal {kind_of(patch)} into Go value of type []handlers.jsonPatchOp")
    if len(patch) > MAX_OPERATIONS:
        allowed = f"The allowed maximum operations in a JSON patch is {MAX_OPERATIONS}"
        raise too_large(f"{allowed}, got {len(patch)}")
    for step in patch:
        if not isinstance(step, dict):
            raise _malformed(f"json: cannot unmarshal {kind_of(step)} into Go value of type handlers.jsonPatchOp")
    return patch


def strays(patch: list[Json]) -> list[str]:
    """The fields of operations that mean nothing, as paths: `[0].foo`."""
    return [f"[{index}].{name}" for index, step in enumerate(patch) for name in step if name not in _OF_OPERATION]


def _malformed(why: str) -> StatusError:
    return bad_request(f"error decoding patch: {why}")


class _Document:
    """A document of our own, changed in place, step by step."""

    def __init__(self, root: Any) -> None:
        self.root = root
        self._copied = self._shifted = 0

    def apply(self, step: Json) -> None:
        path = _pointer(step, "path")
        match step.get("op"):
            case "add":
                self._add(path, copied(_value(step)))
            case "remove":
                self._remove(path)
            case "replace":
                self._replace(path, copied(_value(step)))
            case "move":
                self._move(_pointer(step, "from"), path)
            case "copy":
                self._add(path, self._copy_of(_pointer(step, "from")))
            case "test":
                if not same(_value(step), self._get(path)):
                    raise _DoesNotApply
            case _:
                raise _DoesNotApply

    def _get(self, path: list[str]) -> Any:
        value = self.root
        for step in path:
            value = _child(value, step)
        return value

    def _add(self, path: list[str], value: Any) -> None:
        if not path:
            self.root = value
            return
        holder, last = self._get(path[:-1]), path[-1]
        if isinstance(holder, dict):
            holder[last] = value
        elif isinstance(holder, list):
            at = len(holder) if last == "-" else _index(last, len(holder) + 1)
            self._shift(len(holder) - at)
            holder.insert(at, value)
        else:
            raise _DoesNotApply

    def _remove(self, path: list[str]) -> Any:
        if not path:
            raise _DoesNotApply
        holder, last = self._get(path[:-1]), path[-1]
        value = _child(holder, last)
        if isinstance(holder, list):
            self._shift(len(holder) - int(last))
        del holder[last if isinstance(holder, dict) else int(last)]
        return value

    def _shift(self, elements: int) -> None:
        self._shifted += elements
        if self._shifted > MAX_SHIFTED:
            raise _DoesNotApply

    def _replace(self, path: list[str], value: Any) -> None:
        if not path:
            self.root = value
            return
        holder, last = self._get(path[:-1]), path[-1]
        _child(holder, last)
        holder[last if isinstance(holder, dict) else int(last)] = value

    def _move(self, source: list[str], path: list[str]) -> None:
        if path[: len(source)] == source and path != source:
            raise _DoesNotApply
        if path == source:
            self._get(source)
        else:
            self._add(path, self._remove(source))

    def _copy_of(self, source: list[str]) -> Any:
        try:
            text = orjson.dumps(self._get(source))
        except orjson.JSONEncodeError:
            raise _DoesNotApply from None
        self._copied += len(text)
        if self._copied > MAX_COPIED:
            raise _DoesNotApply
        return orjson.loads(text)


def _value(step: Json) -> Any:
    if "value" not in step:
        raise _DoesNotApply
    return step["value"]


def _pointer(step: Json, name: str) -> list[str]:
    text = step.get(name)
    if not isinstance(text, str) or (text and not text.startswith("/")) or _BAD_ESCAPE.search(text):
        raise _DoesNotApply
    steps = text.split("/")[1:]
    if len(steps) > LIMITS.depth:
        raise _DoesNotApply
    return [part.replace("~1", "/").replace("~0", "~") for part in steps]


def _child(holder: Any, step: str) -> Any:
    if isinstance(holder, dict) and step in holder:
        return holder[step]
    if isinstance(holder, list):
        return holder[_index(step, len(holder))]
    raise _DoesNotApply


def _index(step: str, below: int) -> int:
    if not _INDEX.fullmatch(step) or int(step) >= below:
        raise _DoesNotApply
    return int(step)
