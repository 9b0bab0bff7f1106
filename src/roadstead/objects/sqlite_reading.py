"""What is read from the object log in SQLite: statements out, values back. Each function takes an open connection."""

import sqlite3
from dataclasses import dataclass, replace

from roadstead.base.errors import Expired, OutOfRange
from roadstead.objects.log import Change, Entry, Key, Page
from roadstead.objects.sqlite_schema import failures_as_ours, transaction


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
        now, compacted = read_bounds(connection)
        at = now if wanted.at is None else wanted.at
        if at < compacted:
            raise Expired("The resourceVersion for the provided list is too old.")
        if at > now:
            raise OutOfRange(f"Too large resource version: {at}, current: {now}")
        table, condition, arguments = _selection(wanted, at, current=at == now)
        rows = connection.execute(
            f"SELECT namespace, name, revision, value FROM {table} JOIN states USING (revision)"
            f" WHERE {condition} ORDER BY namespace, name LIMIT :limit",
            {**arguments, "limit": wanted.limit + 1 if wanted.limit else -1},
        ).fetchall()
        more = 0 < wanted.limit < len(rows)
        remaining = 0
        if more:
            del rows[wanted.limit :]
            rest = replace(wanted, after=(rows[-1][0], rows[-1][1]))
            table, condition, arguments = _selection(rest, at, current=at == now)
            (remaining,) = connection.execute(f"SELECT count(*) FROM {table} WHERE {condition}", arguments).fetchone()
    return Page([Entry(Key(wanted.resource, *row[:2]), *row[2:]) for row in rows], at, more, remaining)


def read_changes(connection: sqlite3.Connection, after: int, limit: int) -> list[Change]:
    """The changes behind a revision, each with the state it replaced. Raises Expired."""
    with failures_as_ours(), transaction(connection, "DEFERRED"):
        _, compacted = read_bounds(connection)
        if after < compacted:
            raise Expired(f"too old resource version: {after} ({compacted})")
        rows = connection.execute(
            "SELECT r.revision, r.resource, r.namespace, r.name, s.value, old.value FROM rows r"
            " LEFT JOIN states s ON s.revision = r.revision"
            " LEFT JOIN rows p ON p.superseded = r.revision AND p.revision < r.revision"
            " LEFT JOIN states old ON old.revision = p.revision"
            " WHERE r.revision > ? ORDER BY r.revision LIMIT ?",
            (after, limit or -1),
        ).fetchall()
    return [change(Key(*row[1:4]), row[0], row[4], row[5]) for row in rows]


def read_bounds(connection: sqlite3.Connection) -> tuple[int, int]:
    """The latest revision and the compacted one."""
    # The row of the latest revision may itself be compacted away, when it was a deletion.
    newest, compacted = connection.execute(
        "SELECT (SELECT max(revision) FROM rows), (SELECT value FROM meta WHERE name = 'compacted')"
    ).fetchone()
    return max(newest or 0, compacted), compacted


def read_latest(connection: sqlite3.Connection) -> dict[str, int]:
    """For each resource the revision of its latest change."""
    with failures_as_ours():
        return dict(connection.execute("SELECT resource, revision FROM latest"))


def change(key: Key, revision: int, value: bytes | None, previous: bytes | None) -> Change:
    """What became of a key, told from its new state (None: deleted) and the one before (None: there was none)."""
    if value is None:
        return Change("DELETED", key, revision, previous or b"", previous)
    return Change("ADDED" if previous is None else "MODIFIED", key, revision, value, previous)


def _selection(wanted: Wanted, at: int, *, current: bool) -> tuple[str, str, dict[str, object]]:
    """The table with the index to walk, the condition, and its arguments."""
    table = "rows INDEXED BY rows_live" if current else "rows INDEXED BY rows_history"
    alive = "superseded IS NULL" if current else "revision <= :at AND (superseded IS NULL OR superseded > :at)"
    conditions = ["resource = :resource", alive]
    arguments: dict[str, object] = {"resource": wanted.resource, "at": at}
    start, after = wanted.prefix, wanted.after
    if wanted.namespace is not None:
        conditions.append("namespace = :namespace")
        arguments["namespace"] = wanted.namespace
    if after is not None and after[0] == wanted.namespace and after[1] >= start:
        # One lower bound only: given two, SQLite may walk the index from the worse one.
        conditions.append("name > :start")
        start, after = after[1], None
    elif start:
        conditions.append("name >= :start")
    if after is not None:
        conditions.append("(namespace, name) > (:after_namespace, :after_name)")
        arguments |= {"after_namespace": after[0], "after_name": after[1]}
    if end := _behind(wanted.prefix):
        conditions.append("name < :end")
        arguments["end"] = end
    return table, " AND ".join(conditions), {**arguments, "start": start}


def _behind(prefix: str) -> str:
    """The smallest text greater than everything that starts with `prefix`; "" when there is none."""
    kept = prefix.rstrip("\U0010ffff")
    if not kept:
        return ""
    # UTF-8 has no bytes for the surrogates, so the character behind U+D7FF is U+E000.
    last = 0xE000 if kept[-1] == "\ud7ff" else ord(kept[-1]) + 1
    return kept[:-1] + chr(last)
