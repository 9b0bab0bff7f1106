"""The object log in PostgreSQL, shared by many processes; each reads from a copy of its own."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Self

from roadstead.base.errors import Unavailable
from roadstead.objects import mirror
from roadstead.objects.log import Change, Entry, Follower, Key, Page, Write
from roadstead.objects.mirror import History, MirrorFolder
from roadstead.objects.postgres_line import Line
from roadstead.objects.postgres_schema import Connection, connect, failures_as_ours, migrate
from roadstead.objects.postgres_tail import Tail
from roadstead.objects.postgres_writing import PostgresWriter
from roadstead.objects.sqlite import SqliteLog

LOAD_BATCH = 1000


class PostgresLog:
    """A `Log` that lives in PostgreSQL. For one event loop.

    Reads are answered by the copy, which follows the log within milliseconds; what this process appended is in it
    before `append` returns, and `fresh` waits for what others appended (docs/decisions, 16). When the database does
    not answer, `fresh` and `append` raise Unavailable.
    """

    def __init__(self, url: str, folder: MirrorFolder) -> None:
        """Over a copy that was just loaded into `folder`; use `open`."""
        self._folder, self._copy = folder, SqliteLog(folder.file, durable=False)
        self._asking, self._turn = Line(url), asyncio.Lock()
        self._barrier: asyncio.Task[None] | None = None
        self._tail = Tail(url, self._copy)
        self._writer = PostgresWriter(url, self._tail)
        self._closed = False

    @classmethod
    async def open(cls, url: str, mirrors: Path) -> Self:
        """Makes the tables if need be and copies the log into a folder under `mirrors`.

        Raises Invalid (address or login), Unavailable, or Unsupported for a database of a newer release.
        """
        connection = await connect(url)
        folder = MirrorFolder(mirrors)
        try:
            await migrate(connection)
            async with failures_as_ours(), connection.transaction(isolation="repeatable_read", readonly=True):
                compacted = await connection.fetchval("SELECT value FROM roadstead_meta WHERE name = 'compacted'")
                latest = dict(await connection.fetch("SELECT resource, revision FROM roadstead_latest"))
                await mirror.load(folder.file.absolute().as_uri(), compacted, latest, _history(connection))
            return cls(url, folder)
        except BaseException:
            folder.release()
            raise
        finally:
            connection.terminate()

    def get(self, key: Key) -> Entry | None:
        """See `ReadableLog.get`."""
        return self._copy.get(key)

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
        """See `ReadableLog.list`."""
        return await self._copy.list(resource, namespace, prefix=prefix, after=after, limit=limit, at=at)

    async def changes(self, after: int, limit: int) -> Sequence[Change]:
        """See `ReadableLog.changes`."""
        return await self._copy.changes(after, limit)

    def revision(self, resource: str | None = None) -> int:
        """See `ReadableLog.revision`."""
        return self._copy.revision(resource)

    def compacted(self) -> int:
        """See `ReadableLog.compacted`."""
        return self._copy.compacted()

    async def fresh(self) -> None:
        """See `ReadableLog.fresh`. Callers that wait together share one question."""
        self._refuse_when_closed()
        if self._barrier is None:
            self._barrier = asyncio.create_task(self._ask())
        await asyncio.shield(self._barrier)

    async def _ask(self) -> None:
        async with self._turn:
            self._barrier = None  # who comes from now on needs an answer of a later moment
            async with self._asking.use() as connection:
                revision = await connection.fetchval("SELECT value FROM roadstead_meta WHERE name = 'revision'")
        await self._tail.reached(revision)

    async def append(self, writes: Sequence[Write]) -> Sequence[int]:
        """See `Log.append`."""
        self._refuse_when_closed()
        return await self._writer.append(writes)

    async def compact(self, before: int) -> None:
        """See `Log.compact`."""
        self._refuse_when_closed()
        await self._writer.compact(before)
        await self._copy.compact(before)

    def follow(self, follower: Follower) -> None:
        """See `Log.follow`; changes made by other processes come too."""
        self._copy.follow(follower)

    async def close(self) -> None:
        """See `Log.close`. Harmless when repeated."""
        if self._closed:
            return
        self._closed = True
        await self._writer.stop()
        await self._tail.stop()
        self._asking.drop()
        await self._copy.close()
        self._folder.release()

    def _refuse_when_closed(self) -> None:
        if self._closed:
            raise Unavailable("the object log is closed")


async def _history(connection: Connection) -> AsyncIterator[Sequence[History]]:
    rows: list[History] = []
    async for each in connection.cursor(
        "SELECT revision, resource, namespace, name, superseded, value FROM roadstead_rows ORDER BY revision",
        prefetch=LOAD_BATCH,
    ):
        rows.append(tuple(each))
        if len(rows) == LOAD_BATCH:
            yield rows
            rows = []
    yield rows
