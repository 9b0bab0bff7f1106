"""A copy of a log that lies elsewhere, in an SQLite file of this process, so that reading costs no trip."""

import fcntl
import os
import secrets
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from pathlib import Path

from roadstead.base.errors import Failure
from roadstead.objects.log import Write
from roadstead.objects.postgres_plan import Row
from roadstead.objects.sqlite import SqliteLog
from roadstead.objects.sqlite_schema import connect, failures_as_ours, migrate, prepare_file, transaction

LOADING_CACHE_KILOBYTES = 8192

History = tuple[int, str, str, str, int | None, bytes | None]
"""A row as it stands in the log: revision, resource, namespace, name, what superseded it, value."""


class Diverged(Failure):
    """The copy and the log tell different histories; only a new copy helps."""


class MirrorFolder:
    """A folder for one copy, under `above`, removed by `release`; those whose process is gone are removed too."""

    def __init__(self, above: Path) -> None:
        above.mkdir(mode=0o700, parents=True, exist_ok=True)
        for left in above.iterdir():
            _remove_if_left(left)
        self.path = above / secrets.token_hex(8)
        self.path.mkdir(mode=0o700)
        prepare_file(self.file)
        self._lock = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)

    @property
    def file(self) -> Path:
        """Where the copy lies."""
        return self.path / "objects.db"

    def release(self) -> None:
        """Removes the copy. Harmless when repeated."""
        if self._lock >= 0:
            shutil.rmtree(self.path, ignore_errors=True)
            os.close(self._lock)
            self._lock = -1


def _remove_if_left(folder: Path) -> None:
    with suppress(OSError):
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CLOEXEC)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(lock)


async def load(file: str, compacted: int, latest: dict[str, int], batches: AsyncIterator[Sequence[History]]) -> None:
    """Writes a whole log into a file made for it, named by its `file:` URI.

    `batches` are the rows by revision, `latest` has the revision of the latest change of each resource.
    """
    with failures_as_ours():
        connection = connect(file, LOADING_CACHE_KILOBYTES, durable=False)
        try:
            migrate(connection)
            with transaction(connection):
                connection.execute("UPDATE meta SET value = ? WHERE name = 'compacted'", (compacted,))
                connection.executemany("INSERT INTO latest VALUES (?, ?)", latest.items())
                async for rows in batches:
                    connection.executemany("INSERT INTO rows VALUES (?, ?, ?, ?, ?)", [row[:5] for row in rows])
                    states = [(row[0], row[5]) for row in rows if row[5] is not None]
                    connection.executemany("INSERT INTO states VALUES (?, ?)", states)
        finally:
            connection.close()


async def apply(copy: SqliteLog, rows: Sequence[Row]) -> None:
    """Brings the copy up to the last row; its followers hear of every change. Raises Diverged."""
    revisions = await copy.append([Write(row.key, row.value, None) for row in rows])
    if list(revisions) != [row.revision for row in rows]:
        raise Diverged(
            f"the copy of the object log went another way at revision {rows[0].revision}; start this process again"
        )
