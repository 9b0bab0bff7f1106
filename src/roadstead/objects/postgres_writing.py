"""Appends to the log in PostgreSQL: those that wait together share one commit."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from roadstead.base.errors import Failure, Unavailable
from roadstead.objects.log import Key, Write
from roadstead.objects.postgres_line import Line
from roadstead.objects.postgres_plan import Plan, plan
from roadstead.objects.postgres_schema import CHANNEL, Connection
from roadstead.objects.postgres_tail import Tail

GROUP = 256
"""Appends that share one commit, at most."""

COMPACT_STEP = 5000
"""Rows forgotten in one transaction."""


@dataclass(frozen=True, slots=True)
class _Job:
    writes: Sequence[Write]
    done: asyncio.Future[Sequence[int]]

    def settle(self, result: Sequence[int] | Exception) -> None:
        if self.done.done():
            return
        if isinstance(result, Exception):
            self.done.set_exception(result)
        else:
            self.done.set_result(result)


class PostgresWriter:
    """One task that commits. Every process that shares the database has one; a row lock orders their commits."""

    def __init__(self, url: str, tail: Tail) -> None:
        self._line, self._tail = Line(url), tail
        self._jobs: asyncio.Queue[_Job | None] = asyncio.Queue()
        self._settling: set[asyncio.Task[None]] = set()
        self._task = asyncio.create_task(self._run(), name="write to PostgreSQL")

    async def append(self, writes: Sequence[Write]) -> Sequence[int]:
        """See `Log.append`. When the connection breaks at the commit, Unavailable leaves open whether it happened."""
        job = _Job(writes, asyncio.get_running_loop().create_future())
        self._jobs.put_nowait(job)
        return await job.done

    async def compact(self, before: int) -> None:
        """Forgets in the database, in steps; the mark is moved first: nobody may see a past with holes."""
        line = Line(self._line.url)  # beside the appends, which go on meanwhile
        try:
            async with line.use() as connection:
                await connection.execute(
                    "UPDATE roadstead_meta SET value = greatest(value, least($1,"
                    " (SELECT value FROM roadstead_meta WHERE name = 'revision'))) WHERE name = 'compacted'",
                    before,
                )
                gone = COMPACT_STEP
                while gone == COMPACT_STEP:
                    gone = await connection.fetchval(
                        "WITH gone AS (DELETE FROM roadstead_rows WHERE revision IN (SELECT revision FROM"
                        " roadstead_rows WHERE superseded <= (SELECT value FROM roadstead_meta WHERE name ="
                        " 'compacted') LIMIT $1) RETURNING 1) SELECT count(*) FROM gone",
                        COMPACT_STEP,
                    )
        finally:
            line.drop()

    async def stop(self) -> None:
        """Finishes what is queued and lets the connection go."""
        self._jobs.put_nowait(None)
        await self._task
        if self._settling:
            await asyncio.wait(self._settling)
        self._line.drop()

    async def _run(self) -> None:
        stopping = False
        while not stopping:
            group, stopping = await self._gather()
            if group:
                await self._carry_out(group)

    async def _gather(self) -> tuple[list[_Job], bool]:
        """Waits for one job, takes what came meanwhile; and whether the end was among it."""
        group: list[_Job] = []
        job = await self._jobs.get()
        while job is not None:
            group.append(job)
            if len(group) == GROUP or self._jobs.empty():
                return group, False
            job = self._jobs.get_nowait()
        return group, True

    async def _carry_out(self, group: Sequence[_Job]) -> None:
        try:
            async with self._line.use() as connection, connection.transaction():
                made = await _write(connection, [job.writes for job in group])
        except Exception as error:
            failure = error if isinstance(error, Failure) else Unavailable(f"the object log failed: {error}")
            for job in group:
                job.settle(failure)
            return
        # The next group may be committed while this one is still on its way into the copy.
        settling = asyncio.create_task(self._settle(group, made))
        self._settling.add(settling)
        settling.add_done_callback(self._settling.discard)

    async def _settle(self, group: Sequence[_Job], made: Plan) -> None:
        """Callers go on when the copy has what they wrote: they read what they have written."""
        failure: Exception | None = None
        try:
            if made.rows:
                await self._tail.offer(made.rows)
            await self._tail.reached(made.revision)
        except Exception as error:
            failure = error
        for job, result in zip(group, made.results, strict=True):
            job.settle(failure or result)


async def _write(connection: Connection, appends: Sequence[Sequence[Write]]) -> Plan:
    """One commit's worth, from the lock that orders writers to the notification."""
    revision = await connection.fetchval("SELECT value FROM roadstead_meta WHERE name = 'revision' FOR UPDATE")
    made = plan(appends, await _living(connection, {write.key for writes in appends for write in writes}), revision)
    if not made.rows:
        return made
    fresh = {row.revision for row in made.rows}
    replaced = [(old, by) for old, by in made.superseded.items() if old not in fresh]
    await connection.execute(
        "UPDATE roadstead_rows r SET superseded = s.by FROM unnest($1::bigint[], $2::bigint[]) s(revision, by)"
        " WHERE r.revision = s.revision",
        [old for old, _ in replaced],
        [by for _, by in replaced],
    )
    await connection.execute(
        "INSERT INTO roadstead_rows SELECT * FROM"
        " unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bytea[])",
        [row.revision for row in made.rows],
        *_columns([row.key for row in made.rows]),
        [made.superseded.get(row.revision, row.revision if row.value is None else None) for row in made.rows],
        [row.value for row in made.rows],
    )
    latest = {row.key.resource: row.revision for row in made.rows}
    await connection.execute(
        "INSERT INTO roadstead_latest SELECT * FROM unnest($1::text[], $2::bigint[])"
        " ON CONFLICT (resource) DO UPDATE SET revision = excluded.revision",
        list(latest),
        list(latest.values()),
    )
    await connection.execute("UPDATE roadstead_meta SET value = $1 WHERE name = 'revision'", made.revision)
    await connection.execute("SELECT pg_notify($1, '')", CHANNEL)
    return made


async def _living(connection: Connection, keys: set[Key]) -> dict[Key, int]:
    found = await connection.fetch(
        "SELECT r.resource, r.namespace, r.name, r.revision FROM roadstead_rows r"
        " JOIN unnest($1::text[], $2::text[], $3::text[]) AS k(resource, namespace, name)"
        " USING (resource, namespace, name) WHERE r.superseded IS NULL",
        *_columns(list(keys)),
    )
    return {Key(each[0], each[1], each[2]): each[3] for each in found}


def _columns(keys: Sequence[Key]) -> tuple[list[str], list[str], list[str]]:
    return [key.resource for key in keys], [key.namespace for key in keys], [key.name for key in keys]
