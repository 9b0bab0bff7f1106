"""What is read from the object log in SQLite: statements and rows into values. Each takes one open connection."""

import sqlite3
from dataclasses import dataclass

from roadstead.base.errors import Expired, OutOfRange
from roadstead.objects.log import Change, Entry, Key, Page
from roadstead.objects.sqlite_schema import failures_as_ours, transaction

LIVE = "superseded IS NULL"
AS_OF = "revision <= :at AND (superseded IS NULL OR superseded > :at)"


@dataclass(frozen=True, slots=True)
class Wanted:
    """The arguments of a list; see `ReadableLog.list`."""

    resource: str
    namespace: str | None
    prefix: str
    after: tuple[str, str] | None
    limit: int
    at: int | None


def read_one(connection: sqlite3.Connection, key: Key) -> Entry | None:
    """The living state of a key."""
    row = connection.execute(
        "SELECT revision, value FROM rows INDEXED BY rows_live JOIN states USING (revision)"
        " WHERE resource = ? AND namespace = ? AND name = ? AND superseded IS NULL",
        (key.resource, key.namespace, key.name),
    ).fetchone()
    return None if row is None else Entry(key, row[0], row[1])


def read_page(connection: sqlite3.Connection, wanted: Wanted) -> Page:
    """One page of a list, all of it from one snapshot. Raises Expired, OutOfRange."""
    with failures_as_ours(), transaction(connection, "DEFERRED"):
        revision, compacted = read_bounds(connection)
        at = revision if wanted.at is None else wanted.at
        if at < compacted:
            raise Expired("The resourceVersion for the provided list is too old.")
        if at > revision:
            raise OutOfRange(f"Too large resource version: {at}, current: {revision}")
        source, arguments = _source(wanted, at, revision)
        rows = connection.execute(
            "SELECT namespace, name, revision, value" + source.replace(" WHERE", " JOIN states USING (revision) WHERE", 1)
            + " ORDER BY namespace, name LIMIT :limit",
            {**arguments, "limit": wanted.limit + 1 if wanted.limit else -1},
        ).fetchall()
        more = 0 < wanted.limit < len(rows)
        shown = rows[: wanted.limit] if more else rows
        remaining = 0
        if more:
            arguments |= {"after_namespace": shown[-1][0], "after_name": shown[-1][1]}
            remaining = 0
    entries = [Entry(Key(wanted.resource, row[0], row[1]), row[2], row[3]) for row in shown]
    return Page(entries, at, more, remaining)
