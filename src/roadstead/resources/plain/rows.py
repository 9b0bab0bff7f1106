"""A plain kind in one line: what the rows of the tables are made with; no I/O."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from roadstead.apimachinery.resource import ALL_VERBS, Column, Resource, Subresource
from roadstead.base.values import Json
from roadstead.resources.plain.cells import AGE, NAME, number_of, text_at
from roadstead.resources.shapes import shape_of

PLAINLY = (NAME, AGE)
"""The columns of a kind that has none of its own."""
SCALE_COLUMNS = (
    NAME,
    Column("Desired", number_of("spec", "replicas"), "integer"),
    Column("Available", number_of("status", "replicas"), "integer"),
    AGE,
)
ONE_BY_ONE = tuple(verb for verb in ALL_VERBS if verb != "deletecollection")
READ_VERBS = ("get", "list", "watch")
ALL = ("all",)
"""The category that `kubectl get all` asks for."""


def row(
    group: str,
    kind: str,
    columns: Sequence[Column] = PLAINLY,
    *,
    short: Sequence[str] = (),
    version: str = "v1",
    plural: str = "",
    subresources: Sequence[Subresource] = (),
    **more: Any,
) -> Resource:
    """A plain kind; `plural` where it is not just the kind with an s."""
    singular = kind.lower()
    parts = tuple(replace(each, columns=tuple(columns)) if each.name == "status" else each for each in subresources)
    return Resource(
        group,
        version,
        plural or f"{singular}s",
        singular,
        kind,
        more.pop("namespaced", True),
        shape=more.pop("shape", None) or shape_of(group, kind),
        columns=tuple(columns),
        unconditional_update=more.pop("unconditional_update", True),
        short_names=tuple(short),
        subresources=parts,
        **more,
    )


def status_of(kind: str) -> Subresource:
    """The status of an object, written by whoever looks after it."""
    return Subresource("status", kind, ("get", "patch", "update"))


SCALE = Subresource(
    "scale",
    "Scale",
    ("get", "patch", "update"),
    "autoscaling",
    "v1",
    shape_of("autoscaling", "Scale"),
    columns=SCALE_COLUMNS,
)
"""How many there shall be, in one form for every kind that has such a number."""

TOKEN = Subresource(
    "token",
    "TokenRequest",
    ("create",),
    "authentication.k8s.io",
    "v1",
    shape_of("authentication.k8s.io", "TokenRequest"),
)
"""A token of a service account, for whoever asks and may."""


def selects(**paths: Sequence[str]) -> dict[str, Callable[[Json], str]]:
    """Field selectors by their path; an underscore in a keyword stands for a dot."""
    return {name.replace("_", "."): _text_of(path) for name, path in paths.items()}


def _text_of(path: Sequence[str]) -> Callable[[Json], str]:
    return lambda obj: text_at(obj, *path)
