"""Watch events -> lines of JSON, each encoded once however many watch."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import datetime

import orjson

from roadstead.apimachinery import tables
from roadstead.apimachinery.faults import status_of
from roadstead.apimachinery.replies import Accepted, Form
from roadstead.apimachinery.resource import Resource
from roadstead.apimachinery.served import Event
from roadstead.apimachinery.shown import Shown
from roadstead.base.errors import Failure
from roadstead.kube import status

TABLE_EVENT = (
    b'{"type":"%b","object":{"kind":"Table","apiVersion":"%b","metadata":%b,"columnDefinitions":%b,"rows":[%b]}}\n'
)


async def lines(
    events: AsyncIterator[Event],
    resource: Resource,
    how: Accepted,
    now: Callable[[], datetime],
    report: Callable[[Exception], str],
) -> AsyncIterator[bytes]:
    """The lines of a watch. A failure under way becomes a last ERROR event, since the 200 is already sent."""
    line = _table_lines(resource, how, now) if how.form is Form.TABLE else _plain_lines(how)
    try:
        async for event in events:
            yield line(event)
    except Failure as failure:
        yield _line("ERROR", Shown.of(status_of(failure).status))
    except Exception as fault:
        yield _line("ERROR", Shown.of(status.internal(report(fault)).status))
    finally:
        stop = getattr(events, "aclose", None)
        if stop is not None:
            await stop()


def _line(kind: str, shown: Shown) -> bytes:
    return b'{"type":"%b","object":%b}\n' % (kind.encode(), shown.whole())


def _plain_lines(how: Accepted) -> Callable[[Event], bytes]:
    if how.form is Form.OBJECT:
        return lambda event: event.shown.memo(event.type, lambda: _line(event.type, event.shown))
    version = how.table.version

    def partial_line(event: Event) -> bytes:
        if event.type == "ERROR":
            return _line(event.type, event.shown)
        return event.shown.memo(
            (event.type, version),
            lambda: _line(event.type, Shown.of(tables.partial(event.shown.object, version))),
        )

    return partial_line


def _table_lines(resource: Resource, how: Accepted, now: Callable[[], datetime]) -> Callable[[Event], bytes]:
    """One-row Tables; only the first one says what the columns are (image-api contract, 16.5)."""
    columns, form = resource.columns or (), how.table
    definitions = orjson.dumps(tables.definitions(columns))
    version = form.api_version.encode()

    def row(event: Event, at: datetime) -> bytes:
        obj = event.shown.object
        if event.type == "BOOKMARK":
            return orjson.dumps(tables.empty_row(columns, obj, form))
        return orjson.dumps(tables.row(columns, obj, form, at))

    def table_line(event: Event) -> bytes:
        nonlocal definitions
        if event.type == "ERROR":
            return _line(event.type, event.shown)
        at = now()
        # Ages move by the second, so within one second all watchers share the row.
        made = event.shown.memo((event.type, form, int(at.timestamp())), lambda: row(event, at))
        revision = event.shown.memo("revision", lambda: _metadata(event.shown))
        first, definitions = definitions, b"null"
        return TABLE_EVENT % (event.type.encode(), version, revision, first, made)

    return table_line


def _metadata(shown: Shown) -> bytes:
    return orjson.dumps({"resourceVersion": shown.object.get("metadata", {}).get("resourceVersion", "")})
