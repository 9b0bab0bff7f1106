"""Columns -> Table, and the metadata-only forms of objects; no I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

import orjson

from roadstead.apimachinery.resource import Column, Resource
from roadstead.base.values import Json


class Include(Enum):
    """How much of each object accompanies its row (`?includeObject=`)."""

    METADATA = "Metadata"
    OBJECT = "Object"
    NONE = "None"


@dataclass(frozen=True, slots=True)
class TableForm:
    """How a Table was asked for."""

    version: str = "v1"
    include: Include = Include.METADATA

    @property
    def api_version(self) -> str:
        """The apiVersion of the Table."""
        return f"meta.k8s.io/{self.version}"


def definitions(columns: Sequence[Column]) -> list[Json]:
    """The columnDefinitions of a Table."""
    return [
        {
            "name": column.name,
            "type": column.type,
            "format": column.format,
            "description": column.description,
            "priority": column.priority,
        }
        for column in columns
    ]


def row(columns: Sequence[Column], obj: Json, form: TableForm, now: datetime) -> Json:
    """One row; every column is computed, whatever its priority (image-api contract, section 17)."""
    cells = [column.value(obj, now) for column in columns]
    return {"cells": cells, "object": _accompanying(obj, form)}


def _accompanying(obj: Json, form: TableForm) -> Json | None:
    # Clients get null, not silence, where they asked for none.
    if form.include is Include.NONE:
        return None
    return obj if form.include is Include.OBJECT else partial(obj, form.version)


def table_head(resource: Resource, metadata: Json, form: TableForm) -> bytes:
    """A Table as JSON, up to its first row; `metadata` is the list's."""
    head = {
        "kind": "Table",
        "apiVersion": form.api_version,
        "metadata": metadata,
        "columnDefinitions": definitions(resource.columns or ()),
    }
    return orjson.dumps(head)[:-1] + b',"rows":['


def table_row(resource: Resource, obj: Json, form: TableForm, now: datetime) -> bytes:
    """One row as JSON."""
    return orjson.dumps(row(resource.columns or (), obj, form, now))


def partial(obj: Json, version: str = "v1") -> Json:
    """PartialObjectMetadata of an object."""
    return {
        "kind": "PartialObjectMetadata",
        "apiVersion": f"meta.k8s.io/{version}",
        "metadata": obj.get("metadata", {}),
    }


def partial_head(metadata: Json, version: str = "v1") -> bytes:
    """A PartialObjectMetadataList as JSON, up to its first item."""
    head = {"kind": "PartialObjectMetadataList", "apiVersion": f"meta.k8s.io/{version}", "metadata": metadata}
    return orjson.dumps(head)[:-1] + b',"items":['


def partial_item(obj: Json, version: str = "v1") -> bytes:
    """An item of such a list as JSON; other than in lists of objects it carries its kind."""
    return orjson.dumps(partial(obj, version))


def empty_row(columns: Sequence[Column], obj: Json, form: TableForm) -> Json:
    """The row of a bookmark: its cells say nothing."""
    blank = [0 if column.type in ("number", "integer") else "" for column in columns]
    return {"cells": blank, "object": _accompanying(obj, form)}
