"""Values with their types: which fields are in one, what changed between two, what is wrong with one; no I/O.

A type is a `Field`, or None where nothing is known and the value itself tells: then objects are looked into and lists
count as a whole, as Kubernetes does for kinds it has no schema of.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from roadstead.kube.fieldsets import Path, Paths, field_step, key_step, text_of, value_step
from roadstead.kube.schema import NOTHING, Field, Shape, TypeMismatch, object_of
from roadstead.kube.wording import go_type, held_value, plain

Type = Field | None
Form = Literal["map", "list", ""]
ABSENT: Any = type("Absent", (), {"__repr__": lambda self: "ABSENT"})()


class Untypable(Exception):
    """An item of a list lacks the key that tells it from the others."""


def root(shape: Shape) -> Type:
    """The type of whole objects of a shape."""
    return object_of(shape)


def form(kind: Type, value: Any) -> Form:
    """Whether a value is looked into, as a map or as a list; "" when it counts as one."""
    if kind is None:
        return "map" if type(value) is dict else ""
    if kind.whole:
        return ""
    if kind.kind == "list":
        return "list" if type(value) is list else ""
    return "map" if type(value) is dict else ""


def below(kind: Type, name: str) -> tuple[Type, bool]:
    """The type of a field, and whether its name is one the schema knows (rather than a key that is data)."""
    if kind is None:
        return None, False
    if kind.shape is not None:
        found = kind.shape.fields.get(name)
        return found, found is not None
    return kind.item, False


def step_of(kind: Type, item: Any) -> str:
    """The step to an item of a list; raises Untypable for one without its keys."""
    keys = kind.keys if kind is not None else ()
    if not keys:
        return value_step(item)
    if not isinstance(item, dict):
        what = "a null element" if item is None else "non-map elements"
        raise Untypable(f"associative list with keys may not have {what}")
    found = {}
    for name in keys:
        value = item.get(name)
        found[name] = _default_key(kind, name) if value is None else value
    return key_step(found)


def _default_key(kind: Type, name: str) -> Any:
    item = kind.item if kind is not None else None
    known = item.shape.fields.get(name) if item is not None and item.shape is not None else None
    if known is None or known.default is NOTHING:
        text = f'associative list with keys has an element that omits key field "{name}"'
        raise Untypable(f"{text} (and doesn't have default value)")
    return known.default


def items_of(kind: Type, items: list[Any]) -> dict[str, Any]:
    """The items of a list by their steps; of several with the same keys the first one counts."""
    found: dict[str, Any] = {}
    for item in items:
        found.setdefault(step_of(kind, item), item)
    return found


def fields_in(value: Any, kind: Type, path: Path = ()) -> Iterator[Path]:
    """The fields a value has an opinion about: what its author manages."""
    match form(kind, value):
        case "map":
            for name, item in value.items():
                here, (type_, declared) = (*path, field_step(name)), below(kind, name)
                inside = form(type_, item)
                if inside:
                    yield from fields_in(item, type_, here)
                if not inside or not declared or item == {}:
                    yield here
        case "list":
            item_type = kind.item if kind is not None else None
            for step, item in items_of(kind, value).items():
                here = (*path, step)
                if form(item_type, item):
                    yield from fields_in(item, item_type, here)
                yield here
        case _:
            yield path


@dataclass(slots=True)
class Changes:
    """The fields that tell two values apart."""

    added: set[Path] = field(default_factory=set)
    modified: set[Path] = field(default_factory=set)
    removed: set[Path] = field(default_factory=set)

    @property
    def taken(self) -> Paths:
        """What the author of the new value has decided."""
        return frozenset(self.added | self.modified)


def compare(old: Any, new: Any, kind: Type) -> Changes:
    """The fields that were added, modified or removed; raises Untypable."""
    changes = Changes()
    _compare(old, new, kind, (), changes)
    return changes


def _compare(old: Any, new: Any, kind: Type, path: Path, into: Changes) -> None:
    before, after = form(kind, old), form(kind, new)
    if old is None and after == "map":
        # A map that was null: what comes into it is told apart.
        old, before = {}, after
    nothing_inside = (old is ABSENT or not before or not old) and (new is ABSENT or not after or not new)
    if nothing_inside or (old is not ABSENT and new is not ABSENT and before != after):
        _compare_whole(old, new, path, into)
        return
    _compare_inside(old, new, kind, path, into)
    if old is ABSENT and path:
        into.added.add(path)
    elif new is ABSENT and path:
        into.removed.add(path)


def _compare_whole(old: Any, new: Any, path: Path, into: Changes) -> None:
    if old is ABSENT:
        into.added.add(path)
    elif new is ABSENT:
        into.removed.add(path)
    elif old != new or type(old) is not type(new):
        into.modified.add(path)


def _compare_inside(old: Any, new: Any, kind: Type, path: Path, into: Changes) -> None:
    if form(kind, new if old is ABSENT else old) == "map":
        for name, item in (old if old is not ABSENT else {}).items():
            other = new.get(name, ABSENT) if new is not ABSENT else ABSENT
            if item is not other:
                _compare(item, other, below(kind, name)[0], (*path, field_step(name)), into)
        for name, item in (new if new is not ABSENT else {}).items():
            if old is ABSENT or name not in old:
                _compare(ABSENT, item, below(kind, name)[0], (*path, field_step(name)), into)
        return
    item_type = kind.item if kind is not None else None
    olds = items_of(kind, old) if old is not ABSENT else {}
    news = items_of(kind, new) if new is not ABSENT else {}
    for step in dict.fromkeys((*olds, *news)):
        _compare(olds.get(step, ABSENT), news.get(step, ABSENT), item_type, (*path, step), into)


def problems(value: Any, kind: Type, path: Path = ()) -> list[str]:
    """What keeps a value from being of its type, in the words of an apply: unknown fields, wrong kinds, twice the same
    item."""
    if kind is None or value is None:
        return []
    if kind.kind in ("object", "map"):
        return _map_problems(value, kind, path)
    if kind.kind == "list":
        return _list_problems(value, kind, path)
    try:
        kind.check(value, [])
    except TypeMismatch as wrong:
        return [_told(path, _expected(kind, value) or wrong.message)]
    return []


_NAMES = {"string": "string", "integer": "numeric (int or float)", "number": "numeric (int or float)",
          "boolean": "boolean"}  # fmt: skip


def _expected(kind: Field, value: Any) -> str:
    wanted = _NAMES.get(kind.kind)
    if not wanted:
        return ""
    found = {"string": held_value(value), "boolean": f"&{{{plain(value)}}}"}.get(kind.kind) or go_type(value)
    return f"expected {wanted}, got {found}"


def _map_problems(value: Any, kind: Field, path: Path) -> list[str]:
    if not isinstance(value, dict):
        return [_told(path, f"expected map, got &{{{plain(value)}}}")]
    found: list[str] = []
    closed = kind.shape is not None and not kind.shape.open
    for name, item in value.items():
        type_, declared = below(kind, name)
        here = (*path, field_step(name))
        if closed and not declared:
            found.append(_told(here, "field not declared in schema"))
        else:
            found += problems(item, type_, here)
    return found


def _list_problems(value: Any, kind: Field, path: Path) -> list[str]:
    if not isinstance(value, list):
        return [_told(path, f"expected list, got &{{{plain(value)}}}")]
    found: list[str] = []
    seen: dict[str, int] = {}
    for index, item in enumerate(value):
        step = f"i:{index}"
        if kind.list_type != "atomic":
            try:
                step = step_of(kind, item)
            except Untypable as wrong:
                found.append(_told(path, f"element {index}: {wrong}"))
                continue
            seen[step] = seen.get(step, 0) + 1
            if seen[step] == 2:
                found.append(_told(path, f"duplicate entries for key {text_of((step,))}"))
        found += problems(item, kind.item, (*path, step))
    return found


def _told(path: Path, why: str) -> str:
    return f"{text_of(path)}: {why}"


def declared_too(paths: Paths, kind: Type) -> Paths:
    """The set with the fields that hold its members, as far as the schema knows them: they are there only for those."""
    found = set(paths)
    known: dict[Path, Type] = {(): kind}
    for path in paths:
        for length in range(1, len(path)):
            prefix = path[:length]
            if prefix in known:
                continue
            step, holder = prefix[-1], known[prefix[:-1]]
            if step.startswith("f:"):
                known[prefix], declared = below(holder, step[2:])
                if declared:
                    found.add(prefix)
            else:
                known[prefix] = holder.item if holder is not None else None
    return frozenset(found)
