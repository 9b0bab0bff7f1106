"""Follows the log in PostgreSQL and keeps this process's copy up to date."""

import asyncio
import heapq
from collections.abc import Sequence

from roadstead.base.errors import Failure, Unavailable
from roadstead.base.observe import logger
from roadstead.objects.log import Key
from roadstead.objects.mirror import Diverged, apply
from roadstead.objects.postgres_line import Line
from roadstead.objects.postgres_plan import Row
from roadstead.objects.postgres_schema import CHANNEL, Connection
from roadstead.objects.sqlite import SqliteLog

POLL_SECONDS = 1.0
"""How long a change of another process may stay unseen when its notification was lost."""
RETRY_SECONDS = 0.5
BATCH = 500


class Tail:
    """Applies every change to the copy, in order, whoever made it."""

    def __init__(self, url: str, copy: SqliteLog) -> None:
        self._line, self._copy = Line(url), copy
        self._applying = asyncio.Lock()
        self._wake = asyncio.Event()
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._tickets = 0
        self._end: Failure | None = None
        self._task = asyncio.create_task(self._run(), name="follow PostgreSQL")

    def wake(self) -> None:
        """There may be something new."""
        self._wake.set()

    async def offer(self, rows: Sequence[Row]) -> None:
        """Applies rows that this process has just committed, unless others come first: those are fetched."""
        async with self._applying:
            if self._end is None and rows[0].revision == self._copy.revision() + 1:
                await self._apply(rows)
            else:
                self.wake()

    async def reached(self, revision: int) -> None:
        """Returns when the copy has this revision; raises Unavailable when it never will."""
        if self._copy.revision() >= revision:
            return
        if self._end is not None:
            raise Unavailable(self._end.message)
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._tickets += 1
        heapq.heappush(self._waiting, (revision, self._tickets, done))
        self.wake()
        await done

    async def stop(self) -> None:
        """Ends; who still waits is told that the log is closed."""
        self._task.cancel()
        await asyncio.wait([self._task])
        self._line.drop()
        self._finish(Unavailable("the object log is closed"))

    async def _run(self) -> None:
        while self._end is None:
            try:
                async with self._line.use() as connection:
                    await connection.add_listener(CHANNEL, lambda *_: self.wake())
                    while True:
                        async with self._applying:
                            await self._catch_up(connection)
                        await self._rest()
            except Diverged as ended:
                logger().critical("the copy of the object log cannot go on", why=ended.message)
                self._finish(ended)
            except Failure as failure:
                logger().warning("following PostgreSQL failed; trying again", why=failure.message)
                await asyncio.sleep(RETRY_SECONDS)
            except Exception:
                logger().exception("following PostgreSQL failed; trying again")
                self._line.drop()
                await asyncio.sleep(RETRY_SECONDS)

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(POLL_SECONDS):
                await self._wake.wait()
        except TimeoutError:
            pass

    async def _catch_up(self, connection: Connection) -> None:
        self._wake.clear()
        while True:
            found = await connection.fetch(
                "SELECT revision, resource, namespace, name, value FROM roadstead_rows"
                " WHERE revision > $1 ORDER BY revision LIMIT $2",
                self._copy.revision(),
                BATCH,
            )
            if not found:
                return
            if found[0][0] != self._copy.revision() + 1:
                raise Diverged(
                    f"this process stands at revision {self._copy.revision()} of the object log, and what follows was "
                    "compacted away meanwhile (objects.keep_changes_seconds is how long it may lag); start it again"
                )
            await self._apply([Row(each[0], Key(each[1], each[2], each[3]), each[4]) for each in found])

    async def _apply(self, rows: Sequence[Row]) -> None:
        await apply(self._copy, rows)
        while self._waiting and self._waiting[0][0] <= self._copy.revision():
            _, _, done = heapq.heappop(self._waiting)
            if not done.done():
                done.set_result(None)

    def _finish(self, end: Failure) -> None:
        self._end = end
        for _, _, done in self._waiting:
            if not done.done():
                done.set_exception(Unavailable(end.message))
        self._waiting.clear()
