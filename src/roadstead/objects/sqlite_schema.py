"""The object log's tables in SQLite, how a connection is set up, and SQLite's errors as ours."""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from roadstead.base.errors import StorageFull, StorageReadOnly, Unavailable, Unsupported

# `rows` is the history of every key. A state lives while `superseded` is NULL; a later change of the key sets it to its
# own revision. A deletion is a row without a state that supersedes itself, so "as things stood at R" is
# `revision <= R AND (superseded IS NULL OR superseded > R)`, whatever happened. The states lie apart because marking a
# row superseded rewrites it whole, and states can be large.
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE rows (
            revision INTEGER PRIMARY KEY,
            resource TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL,
            superseded INTEGER
        )""",
        "CREATE UNIQUE INDEX rows_live ON rows (resource, namespace, name) WHERE superseded IS NULL",
        "CREATE INDEX rows_history ON rows (resource, namespace, name, superseded)",
        "CREATE INDEX rows_superseded ON rows (superseded) WHERE superseded IS NOT NULL",
        "CREATE TABLE states (revision INTEGER PRIMARY KEY, value BLOB NOT NULL)",
        "CREATE TABLE latest (resource TEXT PRIMARY KEY, revision INTEGER NOT NULL) WITHOUT ROWID",
        "INSERT INTO meta VALUES ('compacted', 0)",
    ),
)
"""Step N brings a database of version N - 1 to version N. Steps are only ever added."""

BUSY_MILLISECONDS = 10_000
"""How long one connection waits for another one's lock."""


def connect(address: str, cache_kilobytes: int, *, durable: bool = True) -> sqlite3.Connection:
    """A connection to `address` (a `file:` URI) that holds at most `cache_kilobytes` of pages in memory.

    Threads may hand it around; each use is theirs to keep apart. `durable=False` is for copies of what is safe
    elsewhere. Raises Unavailable when it cannot be opened.
    """
    with failures_as_ours():
        connection = sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False)
        try:
            connection.execute(f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}")
            connection.execute(f"PRAGMA cache_size = -{cache_kilobytes}")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'OFF'}")
            connection.execute("PRAGMA journal_size_limit = 67108864")
        except BaseException:
            connection.close()
            raise
    return connection


def prepare_file(path: Path) -> None:
    """Makes the database file if it is missing, for its owner only; SQLite gives its other files the same mode."""
    try:
        path.touch(mode=0o600)
    except OSError as error:
        kind = {errno.ENOSPC: StorageFull, errno.EDQUOT: StorageFull, errno.EROFS: StorageReadOnly}
        raise kind.get(error.errno or 0, Unavailable)(f"the object log cannot be opened: {error}") from error


def migrate(connection: sqlite3.Connection, max_bytes: int = 0) -> None:
    """Brings the database to the newest version, step by step; raises Unsupported when it is newer than we are.

    `max_bytes` bounds how far this connection lets it grow (0: not at all).
    """
    with failures_as_ours():
        if max_bytes:
            (page_bytes,) = connection.execute("PRAGMA page_size").fetchone()
            connection.execute(f"PRAGMA max_page_count = {max(1, max_bytes // page_bytes)}")
        connection.execute(
            "CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID"
        )
        row = connection.execute("SELECT value FROM meta WHERE name = 'version'").fetchone()
        version: int = row[0] if row else 0
        if version > len(MIGRATIONS):
            raise Unsupported(
                f"the object log has version {version}, written by a newer release; "
                f"this one knows versions up to {len(MIGRATIONS)}"
            )
        for number, statements in enumerate(MIGRATIONS[version:], start=version + 1):
            with transaction(connection):
                for statement in statements:
                    connection.execute(statement)
                connection.execute("INSERT OR REPLACE INTO meta VALUES ('version', ?)", (number,))


@contextmanager
def transaction(connection: sqlite3.Connection, kind: str = "IMMEDIATE") -> Iterator[None]:
    """A transaction around the block: committed at its end, rolled back by whatever it raises."""
    connection.execute(f"BEGIN {kind}")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        # A full disk may have rolled back already; COMMIT itself may fail and leave the transaction open.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def failures_as_ours() -> Iterator[None]:
    """Turns what SQLite raises because of the storage into a Failure; a fault of ours passes as it is."""
    try:
        yield
    except sqlite3.Error as error:
        raise translated(error) from error


def translated(error: Exception) -> Exception:
    """The Failure that an error of SQLite stands for, or the error itself when it is a fault of ours."""
    code = getattr(error, "sqlite_errorcode", None)
    if code == sqlite3.SQLITE_IOERR_SHMSIZE:
        return StorageFull("no space is left for the object log")
    match None if code is None else code & 0xFF:
        case sqlite3.SQLITE_FULL:
            return StorageFull("no space is left for the object log")
        case sqlite3.SQLITE_READONLY:
            return StorageReadOnly("the storage of the object log is read-only")
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return Unavailable("the object log is locked by another process")
        case sqlite3.SQLITE_IOERR | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM | sqlite3.SQLITE_AUTH:
            return Unavailable(f"the storage of the object log does not answer: {error}")
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return Unavailable(f"the object log is damaged: {error}")
    return error
