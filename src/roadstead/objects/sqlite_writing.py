"""The one thread that writes the object log: appends that wait together share one commit."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from roadstead.base.errors import Unavailable
from roadstead.objects.log import Change, Write, WriteConflict
from roadstead.objects.sqlite_reading import change, read_bounds, read_one
from roadstead.objects.sqlite_schema import transaction, translated

GROUP = 256
"""Appends that share one commit, at most: what a crash of the storage may refuse at once."""

COMPACT_STEP = 200
"""Rows forgotten in one transaction, so that appends wait milliseconds at most."""


@dataclass(kw_only=True)
class Job:
    """Something for the writer to do, who waits for it, and what became of it."""

    done: asyncio.Future[Sequence[int]]
    result: Sequence[int] = ()
    failure: Exception | None = None

    def settle(self) -> None:
        """Lets the caller go on; call it in the event loop. One that was cancelled no longer waits."""
        if self.done.done():
            return
        if self.failure is None:
            self.done.set_result(self.result)
        else:
            self.done.set_exception(self.failure)


@dataclass
class Append(Job):
    """Writes, all or none of them; the result is one revision for each."""

    writes: Sequence[Write]


@dataclass
class Compact(Job):
    """A compaction, done in steps."""

    before: int
    finished: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one commit brought: the jobs that are over, the changes in order, the compacted revision."""

    jobs: Sequence[Job]
    changes: Sequence[Change]
    compacted: int


class Writer:
    """Owns the writing connection. Jobs go in from the event loop, and every commit comes back into it."""

    def __init__(self, connection: sqlite3.Connection, tell: Callable[[Outcome], None]) -> None:
        """`tell` is called in the event loop of the jobs, once per commit, before any of them returns."""
        self._connection = connection
        self._tell = tell
        self._revision, self._compacted = read_bounds(connection)
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="object-log-writer", daemon=True)
        self._thread.start()

    def submit(self, job: Job) -> None:
        """Queues a job; its future is settled by whoever is told."""
        self._jobs.put(job)

    def stop(self) -> None:
        """Finishes what is queued, moves the write-ahead log into the database file, closes it. Waits."""
        self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        stopping = False
        while not stopping:
            group, stopping = self._gather()
            if group:
                self._report(group, self._carry_out(group))
        # Only a compaction can be left, one that put itself behind the end; it may go on another time.
        while not self._jobs.empty():
            if (job := self._jobs.get()) is not None:
                job.failure = Unavailable("the object log is closed")
                self._report([job], [])
        try:
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.Error:
            pass  # What the checkpoint could not move is safe where it lies, and found there by the next start.
        self._connection.close()

    def _gather(self) -> tuple[list[Job], bool]:
        """Waits for one job, takes what came meanwhile; and whether the end was among it."""
        group: list[Job] = []
        job = self._jobs.get()
        while job is not None:
            group.append(job)
            if len(group) == GROUP:
                return group, False
            try:
                job = self._jobs.get_nowait()
            except Empty:
                return group, False
        return group, True

    def _carry_out(self, group: Sequence[Job]) -> list[Change]:
        """One transaction for the whole group; when it fails, so has every job in it."""
        before = self._revision, self._compacted
        changes: list[Change] = []
        try:
            with transaction(self._connection):
                for job in group:
                    self._attempt(job, changes)
                self._connection.executemany(
                    "INSERT OR REPLACE INTO latest VALUES (?, ?)",
                    {change.key.resource: change.revision for change in changes}.items(),
                )
        except Exception as error:
            self._revision, self._compacted = before
            for job in group:
                job.failure = translated(error)
            return []
        return changes

    def _attempt(self, job: Job, changes: list[Change]) -> None:
        """One job, all or nothing: what it wrote before it failed is taken back."""
        before, length = (self._revision, self._compacted), len(changes)
        self._connection.execute("SAVEPOINT job")
        try:
            if isinstance(job, Append):
                job.result = [self._write(write, changes) for write in job.writes]
            elif isinstance(job, Compact):
                self._forget(job)
        except Exception as error:
            # Out of space, SQLite may have rolled back the whole transaction: then the group has failed.
            if not self._connection.in_transaction:
                raise
            self._connection.execute("ROLLBACK TO job")
            self._revision, self._compacted = before
            del changes[length:]
            job.failure = translated(error)
        self._connection.execute("RELEASE job")

    def _write(self, write: Write, changes: list[Change]) -> int:
        entry = read_one(self._connection, write.key)
        found = entry.revision if entry else 0
        if write.expects not in (None, found):
            raise WriteConflict(write.key, write.expects or 0, found)
        if write.value is None and entry is None:
            return 0
        self._revision += 1
        key, revision = write.key, self._revision
        if entry:
            self._connection.execute("UPDATE rows SET superseded = ? WHERE revision = ?", (revision, found))
        self._connection.execute(
            "INSERT INTO rows VALUES (?, ?, ?, ?, ?)",
            (revision, key.resource, key.namespace, key.name, revision if write.value is None else None),
        )
        if write.value is not None:
            self._connection.execute("INSERT INTO states VALUES (?, ?)", (revision, write.value))
        changes.append(change(key, revision, write.value, entry.value if entry else None))
        return revision

    def _forget(self, job: Compact) -> None:
        """One step of a compaction. The mark is moved first: nobody may see a past with holes."""
        self._compacted = max(self._compacted, min(job.before, self._revision))
        self._connection.execute("UPDATE meta SET value = ? WHERE name = 'compacted'", (self._compacted,))
        rows = self._connection.execute(
            "SELECT revision FROM rows WHERE superseded <= ? LIMIT ?", (self._compacted, COMPACT_STEP)
        ).fetchall()
        self._connection.executemany("DELETE FROM states WHERE revision = ?", rows)
        self._connection.executemany("DELETE FROM rows WHERE revision = ?", rows)
        job.finished = len(rows) < COMPACT_STEP

    def _report(self, group: Sequence[Job], changes: Sequence[Change]) -> None:
        over = []
        for job in group:
            if job.failure is None and isinstance(job, Compact) and not job.finished:
                self._jobs.put(job)
            else:
                over.append(job)
        try:
            loop = group[0].done.get_loop()
            loop.call_soon_threadsafe(self._tell, Outcome(over, changes, self._compacted))
        except RuntimeError:
            pass  # The loop is closed: nobody waits any more, and what is written stays written.
