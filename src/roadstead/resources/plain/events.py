"""Events: what happened to other objects; no I/O."""

from __future__ import annotations

from datetime import datetime

from roadstead.apimachinery.resource import Column
from roadstead.base.values import Json
from roadstead.resources.ages import age
from roadstead.resources.plain.cells import at, field_of, number_at, text_at
from roadstead.resources.plain.rows import row, selects

ABOUT = ("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath")


def last_seen(obj: Json) -> object:
    """When an event was last observed."""
    seen = at(obj, "series", "lastObservedTime") or obj.get("lastTimestamp") or obj.get("eventTime")
    return seen or at(obj, "metadata", "creationTimestamp")


def _last_seen(obj: Json, now: datetime) -> str:
    return age(last_seen(obj), now)


def _first_seen(obj: Json, now: datetime) -> str:
    return age(obj.get("firstTimestamp") or obj.get("eventTime"), now)


def _object(obj: Json, _: datetime) -> str:
    return f"{text_at(obj, 'involvedObject', 'kind').lower()}/{text_at(obj, 'involvedObject', 'name')}"


def _source(obj: Json, _: datetime) -> str:
    component = text_at(obj, "source", "component") or text_at(obj, "reportingComponent")
    host = text_at(obj, "source", "host")
    return f"{component}, {host}" if host else component


def _count(obj: Json, _: datetime) -> int:
    return number_at(obj, "series", "count") or number_at(obj, "count") or 1


def _message(obj: Json, _: datetime) -> str:
    return text_at(obj, "message").strip()


EVENTS = row(
    "",
    "Event",
    (
        Column("Last Seen", _last_seen),
        Column("Type", field_of("type")),
        Column("Reason", field_of("reason")),
        Column("Object", _object),
        Column("Subobject", field_of("involvedObject", "fieldPath"), priority=1),
        Column("Source", _source, priority=1),
        Column("Message", _message),
        Column("First Seen", _first_seen, priority=1),
        Column("Count", _count, "integer", priority=1),
        Column("Name", field_of("metadata", "name"), format="name", priority=1),
    ),
    short=("ev",),
    selectable=selects(
        type=("type",),
        reason=("reason",),
        source=("source", "component"),
        reportingComponent=("reportingComponent",),
        **{f"involvedObject_{part}": ("involvedObject", part) for part in ABOUT},
    ),
)
