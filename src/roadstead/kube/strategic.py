"""(object, strategic merge patch, shape) -> object; no I/O.

A merge patch that knows the shape: lists merge by key or as sets, and directives inside the patch say more
(image-api contract, section 16.7; Kubernetes API concepts, "Strategic merge patch"). Arguments are never changed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from roadstead.base.values import Json
from roadstead.kube.patches import object_patch
from roadstead.kube.schema import Field, Shape, TypeMismatch, WrongKind, anything, copied
from roadstead.kube.status import bad_request, rejected, unexplained
from roadstead.kube.wording import plain

DIRECTIVE, RETAIN = "$patch", "$retainKeys"
ORDER, REMOVE = "$setElementOrder/", "$deleteFromPrimitiveList/"

_UNKNOWN = anything()
_SCALARS = (str, int, float, bool)

_GO_KINDS = {"object": "map", "array": "slice", "string": "string", "bool": "bool"}

FieldOf = Callable[[str], Field]
NameOf = Callable[[Any], Any]


def strategic_merge(obj: Json, patch: Any, shape: Shape) -> Json:
    """The object with the patch merged in. Raises StatusError: 400 for a malformed patch, 500 (as upstream) for a list
    element without its merge key."""
    return _merge_object(obj, object_patch(patch), _fields_of_shape(shape))


def strategic_words(wrong: TypeMismatch) -> str:
    """A wrong type as it is told after a strategic merge, whose result upstream never writes as JSON."""
    if not isinstance(wrong, WrongKind):
        return wrong.message
    found = _GO_KINDS.get(wrong.found, "int64")
    if wrong.wanted.startswith("map["):
        return f"cannot restore map from {found}"
    if wrong.wanted.startswith("[]"):
        return f"cannot restore slice from {found}"
    if wrong.wanted == "string" and found == "int64":
        return "cannot convert int64 to string"
    if wrong.wanted in ("string", "bool") or (wrong.wanted.startswith("int") and found != "int64"):
        return f"unrecognized type: {wrong.wanted}"
    return wrong.message


def _fields_of_shape(shape: Shape) -> FieldOf:
    return lambda name: shape.fields.get(name, _UNKNOWN)


def _fields_under(field: Field) -> FieldOf:
    if field.shape is not None:
        return _fields_of_shape(field.shape)
    item = field.item if field.kind == "map" and field.item is not None else _UNKNOWN
    return lambda name: item


def _merge_object(original: Json, patch: Json, field_of: FieldOf) -> Json:
    directive = patch.get(DIRECTIVE, "merge")
    if directive == "delete":
        return {}
    if directive == "replace":
        return {name: copied(value) for name, value in patch.items() if name != DIRECTIVE}
    if directive != "merge":
        raise bad_request(f"unknown patch type: {plain(directive)} in map: {plain(patch)}")
    changes = {name: value for name, value in patch.items() if not _is_directive(name)}
    merged = _retained(original, patch, changes)
    for name, value in changes.items():
        if value is None:
            merged.pop(name, None)
        elif not isinstance(value, list):
            merged[name] = _merged(merged.get(name), value, field_of(name))
    for name in _lists_of(patch):
        result = _ListPatch(name, patch, field_of(name)).merge(merged.get(name))
        if result is not None:
            merged[name] = result
    return merged


def _retained(original: Json, patch: Json, changes: Json) -> Json:
    if RETAIN not in patch:
        return dict(original)
    kept = patch[RETAIN]
    if not isinstance(kept, list) or not all(isinstance(name, str) for name in kept):
        raise bad_request("invalid patch format of retainKeys")
    if any(value is not None and name not in kept for name, value in changes.items()):
        raise rejected()
    return {name: value for name, value in original.items() if name in kept}


def _merged(original: Any, change: Any, field: Field) -> Any:
    if not isinstance(change, dict):
        return copied(change)
    mergeable = isinstance(original, dict) and not field.replace
    return _merge_object(original if mergeable else {}, change, _fields_under(field))


def _lists_of(patch: Json) -> list[str]:
    named = [name for name, value in patch.items() if isinstance(value, list) and not _is_directive(name)]
    told = [name.removeprefix(start) for name in patch for start in (ORDER, REMOVE) if name.startswith(start)]
    return list(dict.fromkeys(named + told))


def _is_directive(name: str) -> bool:
    return name in (DIRECTIVE, RETAIN) or name.startswith((ORDER, REMOVE))


class _ListPatch:
    """Everything a patch says about one list: elements, order, and plain values to take away."""

    def __init__(self, name: str, patch: Json, field: Field) -> None:
        self._field = field
        self._key = field.merge_key
        given = patch.get(name)
        self._elements: list[Any] | None = given if isinstance(given, list) else None
        self._order = self._plain_list(patch, ORDER + name, "setElementOrder list")
        self._removed = self._plain_list(patch, REMOVE + name, "primitive list")

    def merge(self, original: Any) -> list[Any] | None:
        """The list after the patch; None where there is still none."""
        before = original if isinstance(original, list) else None
        if self._elements is None and before is None:
            return None
        elements = self._elements or []
        if before is None and self._key and all(isinstance(element, dict) for element in elements):
            # Where there is no list yet, there is nothing to find elements in: they come as they are.
            if self._order is not None:
                self._told_order([self._identity(each) for each in elements if each.get(DIRECTIVE) != "delete"])
            inner = _fields_under(self._field.item or _UNKNOWN)
            return [_merge_object({}, each, inner) for each in elements if each.get(DIRECTIVE, "merge") == "merge"]
        if not (self._key or self._field.as_set) or self._field.replace:
            return list(copied(before if self._elements is None else self._elements))
        if self._key:
            merged, given = self._merge_by_key(before or [], elements)
        else:
            merged, given = self._merge_as_set(before or [], elements)
        if self._order is not None:
            given = self._told_order(given)
        return _ordered(merged, before or [], given, self._name)

    def _merge_as_set(self, original: list[Any], elements: list[Any]) -> tuple[list[Any], list[Any]]:
        if not all(isinstance(element, _SCALARS) for element in elements):
            raise bad_request("expected all elements in the list to be of the same plain type")
        removed = set(self._removed or [])
        merged = [value for value in original if isinstance(value, _SCALARS) and value not in removed]
        return list(dict.fromkeys([*merged, *elements])), elements

    def _merge_by_key(self, original: list[Any], elements: list[Any]) -> tuple[list[Any], list[Any]]:
        if any(not isinstance(element, dict) for element in elements):
            raise bad_request("expected all elements in the list to be of type map")
        if any(element.get(DIRECTIVE) == "replace" for element in elements):
            kept = [element for element in elements if element.get(DIRECTIVE) != "replace"]
            return copied(kept), [self._identity(element) for element in kept]
        inner = _fields_under(self._field.item or _UNKNOWN)
        merged = {self._name(element): element for element in original}
        given = []
        for element in elements:
            identity = self._identity(element)
            if element.get(DIRECTIVE) == "delete":
                merged.pop(identity, None)
                continue
            given.append(identity)
            merged[identity] = _merge_object(merged.get(identity, {}), element, inner)
        return list(merged.values()), given

    def _told_order(self, given: list[Any]) -> list[Any]:
        order = [self._identity(element) for element in self._order or []]
        known = set(given)
        if [name for name in order if name in known] != given:
            raise bad_request("the order of the patch list does not match its setElementOrder list")
        return order

    def _name(self, element: Any) -> Any:
        """What tells a stored element from the others; one without its key is only ever itself."""
        found = _key_of(element, self._key)
        return id(element) if found is None else found

    def _identity(self, element: Any) -> Any:
        found = _key_of(element, self._key)
        if found is None:
            text = f"map: {plain(element)} does not contain declared merge key: {self._key}"
            raise unexplained(text)
        return found

    def _plain_list(self, patch: Json, directive: str, what: str) -> list[Any] | None:
        if directive not in patch:
            return None
        values = patch[directive]
        by_key = directive.startswith(ORDER) and bool(self._key)
        wanted = dict if by_key else _SCALARS
        if not isinstance(values, list) or not all(isinstance(value, wanted) for value in values):
            raise bad_request(f"invalid patch format of {what}")
        return values


def _key_of(element: Any, path: str) -> Any:
    for step in path.split(".") if path else ():
        element = element.get(step) if isinstance(element, dict) else None
    return element if isinstance(element, _SCALARS) else None


def _ordered(merged: list[Any], before: list[Any], given: Sequence[Any], name_of: NameOf) -> list[Any]:
    """Elements the patch names in its order, the others in the order they had, interleaved by where they were."""
    place = {name: index for index, name in enumerate(given)}
    was = {name_of(element): index for index, element in enumerate(before)}
    named = sorted((element for element in merged if name_of(element) in place), key=lambda e: place[name_of(e)])
    others = deque(element for element in merged if name_of(element) not in place)
    result = []
    for element in named:
        here = was.get(name_of(element), -1)
        while others and was[name_of(others[0])] < here:
            result.append(others.popleft())
        result.append(element)
    return result + list(others)
