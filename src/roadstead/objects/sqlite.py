"""The object log in one SQLite file: one thread writes, several read, point look-ups happen on the spot."""

import asyncio
import sqlite3
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Concatenate, ParamSpec, Self, TypeVar

from roadstead.base.errors import Unavailable, Unsupported
from roadstead.objects.log import Change, Entry, Follower, Key, Page, Write
from roadstead.objects.sqlite_reading import Wanted, read_bounds, read_changes, read_latest, read_one, read_page
from roadstead.objects.sqlite_schema import connect, migrate, prepare_file, translated
from roadstead.objects.sqlite_writing import Append, Compact, Outcome, Writer

READERS = 4
WRITER_CACHE_KILOBYTES = 8192
READER_CACHE_KILOBYTES = 4096

P = ParamSpec("P")
T = TypeVar("T")


class SqliteLog:
    """A `Log` in one file (and, while it is open, the two that SQLite keeps beside it). For one event loop.

    Durable by write-ahead log and synchronous=FULL. What `revision`, `compacted` and the followers say is told by the
    writer after each commit; a look-up may see a commit an instant before they do, never after.
    """

    def __init__(self, path: Path, *, max_bytes: int = 0, durable: bool = True) -> None:
        """Opens or makes the file, in a folder that exists, readable by its owner only: objects hold secrets.

        `max_bytes` bounds the database (0: the disk does); `durable=False` is for copies of what is safe elsewhere.
        Raises Unsupported for a file of a newer release, StorageFull, StorageReadOnly, or Unavailable when the file
        cannot be used.
        """
        prepare_file(path)
        self._open(path.absolute().as_uri(), max_bytes, durable=durable)

    @classmethod
    def in_memory(cls, *, max_bytes: int = 0) -> Self:
        """A log that is gone when it is closed. Raises Unsupported where SQLite is too old to share memory."""
        if sqlite3.sqlite_version_info < (3, 36):
            raise Unsupported(f"an object log in memory needs SQLite 3.36, this is {sqlite3.sqlite_version}")
        log = cls.__new__(cls)
        log._open(f"file:/{uuid.uuid4()}?vfs=memdb", max_bytes)
        return log

    def _open(self, address: str, max_bytes: int, *, durable: bool = True) -> None:
        opened = [connect(address, WRITER_CACHE_KILOBYTES, durable=durable)]
        try:
            migrate(opened[0], max_bytes)
            self._revision, self._compacted = read_bounds(opened[0])
            self._latest = read_latest(opened[0])
            for _ in range(1 + READERS):
                opened.append(connect(address, READER_CACHE_KILOBYTES))
        except BaseException:
            for connection in opened:
                connection.close()
            raise
        writing, self._looking, *reading = opened
        self._reading: SimpleQueue[sqlite3.Connection] = SimpleQueue()
        for connection in reading:
            self._reading.put(connection)
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="object-log-reader")
        self._followers: list[Follower] = []
        self._closed = False
        self._writer = Writer(writing, self._settle)

    def get(self, key: Key) -> Entry | None:
        """See `ReadableLog.get`."""
        try:
            return read_one(self._looking, key)
        except sqlite3.Error as error:
            self._refuse_when_closed()
            raise translated(error) from error

    async def list(
        self,
        resource: str,
        namespace: str | None = None,
        *,
        prefix: str = "",
        after: tuple[str, str] | None = None,
        limit: int = 0,
        at: int | None = None,
    ) -> Page:
        """See `ReadableLog.list`. Reads in a thread, from one snapshot."""
        return await self._read(read_page, Wanted(resource, namespace, prefix, after, limit, at))

    async def changes(self, after: int, limit: int) -> Sequence[Change]:
        """See `ReadableLog.changes`. Reads in a thread."""
        return await self._read(read_changes, after, limit)

    def revision(self, resource: str | None = None) -> int:
        """See `ReadableLog.revision`. Kept in memory."""
        return self._revision if resource is None else self._latest.get(resource, 0)

    def compacted(self) -> int:
        """See `ReadableLog.compacted`. Kept in memory."""
        return self._compacted

    async def fresh(self) -> None:
        """See `ReadableLog.fresh`. Nobody else writes this file."""

    async def append(self, writes: Sequence[Write]) -> Sequence[int]:
        """See `Log.append`. Appends that wait together share one commit, and each is still all or nothing."""
        self._refuse_when_closed()
        job = Append(writes, done=asyncio.get_running_loop().create_future())
        self._writer.submit(job)
        return await job.done

    async def compact(self, before: int) -> None:
        """See `Log.compact`. In small steps, between which appends go on."""
        self._refuse_when_closed()
        job = Compact(before, done=asyncio.get_running_loop().create_future())
        self._writer.submit(job)
        await job.done

    def follow(self, follower: Follower) -> None:
        """See `Log.follow`."""
        self._followers.append(follower)

    async def close(self) -> None:
        """See `Log.close`. Afterwards the one file holds everything. Harmless when repeated."""
        if not self._closed:
            self._closed = True
            self._looking.close()
            await asyncio.to_thread(self._shut)

    def _shut(self) -> None:
        self._readers.shutdown()
        while not self._reading.empty():
            self._reading.get().close()
        self._writer.stop()

    async def _read(self, function: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **_: P.kwargs) -> T:
        def borrow() -> T:
            connection = self._reading.get()
            try:
                return function(connection, *args, **_)
            finally:
                self._reading.put(connection)

        self._refuse_when_closed()
        return await asyncio.get_running_loop().run_in_executor(self._readers, borrow)

    def _settle(self, outcome: Outcome) -> None:
        """Runs in the event loop after each commit; whoever waits for a job goes on after this."""
        self._compacted = outcome.compacted
        for job in outcome.jobs:
            job.settle()
        if outcome.changes:
            self._revision = outcome.changes[-1].revision
            self._latest.update((change.key.resource, change.revision) for change in outcome.changes)
            for follower in self._followers:
                follower(outcome.changes)

    def _refuse_when_closed(self) -> None:
        if self._closed:
            raise Unavailable("the object log is closed")
