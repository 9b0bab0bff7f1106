"""Two values into one, and a value without some of its fields, both by type; no I/O.

What an apply makes of lists: items are merged by their keys, values of sets once, everything else is replaced
(Kubernetes API concepts, "Merge strategy"). Arguments are never changed, and results may share parts with them.
"""

from __future__ import annotations

from typing import Any

from roadstead.base.values import Json
from roadstead.kube.fieldsets import Paths, field_step, is_member, tree
from roadstead.kube.typed import Type, below, form, items_of, step_of

_GONE: Any = object()


def merge(live: Any, config: Any, kind: Type) -> Any:
    """What is there with what is configured laid over it; raises Untypable."""
    how = form(kind, config)
    if not how or form(kind, live) != how:
        return config
    if how == "list":
        return _merge_lists(live, config, kind)
    merged = dict(live)
    for name, item in config.items():
        merged[name] = merge(live[name], item, below(kind, name)[0]) if name in live else item
    return merged


def _merge_lists(live: list[Any], config: list[Any], kind: Type) -> list[Any]:
    """Configured items in their order; the others stay in front of the item they stood in front of."""
    item_type = kind.item if kind is not None else None
    there, wanted = [(step_of(kind, item), item) for item in live], items_of(kind, config)
    place = {step: index for index, (step, _) in reversed(list(enumerate(there)))}
    merged, position = [], 0
    for step, item in wanted.items():
        if step not in place:
            merged.append(item)
            continue
        for other, kept in there[position : place[step]]:
            if other not in wanted:
                merged.append(kept)
        position = max(position, place[step] + 1)
        merged.append(merge(there[place[step]][1], item, item_type))
    return merged + [kept for other, kept in there[position:] if other not in wanted]


def without(value: Any, paths: Paths, kind: Type) -> Any:
    """A value without these fields and what is below them; a holder that this empties goes too. Raises Untypable."""
    if not paths:
        return value
    left = _without(value, tree(paths), kind)
    return {} if left is _GONE else left


def _without(value: Any, fields: Json, kind: Type) -> Any:
    match form(kind, value):
        case "map":
            kept: Any = {}
            for name, item in value.items():
                left = _left(item, fields.get(field_step(name)), below(kind, name)[0])
                if left is not _GONE:
                    kept[name] = left
        case "list":
            item_type = kind.item if kind is not None else None
            remaining = [_left(item, fields.get(step_of(kind, item)), item_type) for item in value]
            kept = [item for item in remaining if item is not _GONE]
        case _:
            return value
    return kept if kept or not value else _GONE


def _left(item: Any, node: Json | None, kind: Type) -> Any:
    if node is None:
        return item
    return _GONE if is_member(node) else _without(item, node, kind)
