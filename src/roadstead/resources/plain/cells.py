"""Cells and columns that many plain kinds share; whatever an object holds, a cell never fails; no I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from roadstead.apimachinery.resource import Column
from roadstead.base.values import Json
from roadstead.kube.selectors import selector_text
from roadstead.resources.ages import age

Cell = Callable[[Json, datetime], object]
NONE = "<none>"
MORE_ENDPOINTS = 3
"""How many addresses a cell shows before it counts the rest."""


def at(obj: Any, *path: str) -> Any:
    """The value at a path of an object; None where the path leads nowhere."""
    for key in path:
        obj = obj.get(key) if isinstance(obj, dict) else None
    return obj


def text_at(obj: Any, *path: str) -> str:
    """The value at a path as text; empty where there is none."""
    found = at(obj, *path)
    return "" if found is None or isinstance(found, dict | list) else str(found)


def number_at(obj: Any, *path: str, absent: int = 0) -> int:
    """The whole number at a path."""
    found = at(obj, *path)
    return found if isinstance(found, int) and not isinstance(found, bool) else absent


def objects_at(obj: Any, *path: str) -> list[Json]:
    """The objects of the list at a path."""
    found = at(obj, *path)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def map_at(obj: Any, *path: str) -> Json:
    """The object at a path; empty where there is none."""
    found = at(obj, *path)
    return found if isinstance(found, dict) else {}


def texts_at(obj: Any, *path: str) -> list[str]:
    """The texts of the list at a path."""
    found = at(obj, *path)
    return [str(each) for each in found] if isinstance(found, list) else []


def field_of(*path: str, absent: object = "") -> Cell:
    """A cell that shows the value at a path of the object."""

    def show(obj: Json, _: datetime) -> object:
        found = at(obj, *path)
        return absent if found is None else found

    return show


def number_of(*path: str, absent: int = 0) -> Cell:
    """A cell that shows a whole number."""
    return lambda obj, _: number_at(obj, *path, absent=absent)


def count_of(*path: str) -> Cell:
    """A cell that counts what the list or map at a path holds."""

    def show(obj: Json, _: datetime) -> int:
        found = at(obj, *path)
        return len(found) if isinstance(found, dict | list) else 0

    return show


def age_of(*path: str) -> Cell:
    """A cell that says how long ago the time at a path was."""
    return lambda obj, now: age(at(obj, *path), now)


def labels(pairs: Any) -> str:
    """Labels as people write them: `a=b,c=d`; `<none>` for none."""
    shown = ",".join(f"{key}={value}" for key, value in sorted(pairs.items())) if isinstance(pairs, dict) else ""
    return shown or NONE


def selector(wanted: Any) -> str:
    """A label selector as people write it; `<none>` for one that selects nothing or everything."""
    known = isinstance(wanted, dict) and ("matchLabels" in wanted or "matchExpressions" in wanted)
    return (selector_text(wanted) if known else "") or NONE


def shortened(found: Iterable[str], absent: str = NONE) -> str:
    """The first few of a list, and how many more there are."""
    shown = list(found)
    more = len(shown) - MORE_ENDPOINTS
    return (",".join(shown[:MORE_ENDPOINTS]) + (f" + {more} more..." if more > 0 else "")) or absent


NAME = Column(
    "Name", field_of("metadata", "name"), format="name", description="Name of the object, unique in its place."
)
AGE = Column("Age", age_of("metadata", "creationTimestamp"), description="Time since the object was created.")
CREATED = Column("Created At", field_of("metadata", "creationTimestamp"), description="When the object was created.")


def template_columns(*path: str) -> tuple[Column, Column]:
    """Containers and images of the pod template at a path."""

    def joined(field: str) -> Cell:
        return lambda obj, _: ",".join(text_at(each, field) for each in objects_at(obj, *path, "spec", "containers"))

    return (
        Column("Containers", joined("name"), description="Names of the containers in the template.", priority=1),
        Column("Images", joined("image"), description="Images that the containers in the template use.", priority=1),
    )


def selector_column(*path: str) -> Column:
    """The label selector at a path, shown wide."""
    return Column("Selector", lambda obj, _: selector(at(obj, *path)), priority=1)
