"""The object log's tables in PostgreSQL, how a connection is made, and its errors as ours."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from roadstead.base.errors import Invalid, StorageFull, StorageReadOnly, Unavailable, Unsupported

# As in SQLite (sqlite_schema.py): a state lives while `superseded` is NULL, and a deletion is a row without a value
# that supersedes itself. Here the states stay beside their rows, because PostgreSQL keeps large values apart by itself.
# The row `revision` of `meta` is what every writer locks: revisions are given out in the order of the commits.
MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE roadstead_rows (
        revision bigint PRIMARY KEY,
        resource text COLLATE "C" NOT NULL, namespace text COLLATE "C" NOT NULL, name text COLLATE "C" NOT NULL,
        superseded bigint, value bytea
    );
    CREATE UNIQUE INDEX roadstead_rows_live ON roadstead_rows (resource, namespace, name) WHERE superseded IS NULL;
    CREATE INDEX roadstead_rows_superseded ON roadstead_rows (superseded) WHERE superseded IS NOT NULL;
    CREATE TABLE roadstead_latest (resource text COLLATE "C" PRIMARY KEY, revision bigint NOT NULL);
    INSERT INTO roadstead_meta VALUES ('revision', 0), ('compacted', 0);
    """,
)
"""Step N brings a database of version N - 1 to version N. Steps are only ever added."""

CHANNEL = "roadstead_log"
MIGRATION_LOCK = 0x726F6164
CONNECT_SECONDS = 10.0
COMMAND_SECONDS = 30.0

Connection = Any
"""An asyncpg connection; the library ships no types."""


async def connect(url: str) -> Connection:
    """A connection; raises Unavailable when the server does not answer, Invalid when the address or login is wrong."""
    async with failures_as_ours():
        try:
            return await asyncpg.connect(url, timeout=CONNECT_SECONDS, command_timeout=COMMAND_SECONDS)
        except (asyncpg.InvalidAuthorizationSpecificationError, asyncpg.InvalidCatalogNameError, ValueError) as wrong:
            raise Invalid(f"objects.url: PostgreSQL does not let us in: {wrong}") from None


async def migrate(connection: Connection) -> None:
    """Brings the database to the newest version; replicas that start together wait for each other.

    Raises Unsupported when the database is newer than we are.
    """
    async with failures_as_ours(), connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", MIGRATION_LOCK)
        await connection.execute(
            "CREATE TABLE IF NOT EXISTS roadstead_meta (name text PRIMARY KEY, value bigint NOT NULL)"
        )
        version = await connection.fetchval("SELECT value FROM roadstead_meta WHERE name = 'version'") or 0
        if version > len(MIGRATIONS):
            raise Unsupported(
                f"the object log has version {version}, written by a newer release; "
                f"this one knows versions up to {len(MIGRATIONS)}"
            )
        for statements in MIGRATIONS[version:]:
            await connection.execute(statements)
        await connection.execute(
            "INSERT INTO roadstead_meta VALUES ('version', $1) ON CONFLICT (name) DO UPDATE SET value = $1",
            len(MIGRATIONS),
        )


@asynccontextmanager
async def failures_as_ours() -> AsyncIterator[None]:
    """Turns what PostgreSQL and its connection raise into a Failure; a fault of ours passes as it is."""
    try:
        yield
    except (asyncpg.DiskFullError, asyncpg.OutOfMemoryError):
        raise StorageFull("no space is left for the object log in PostgreSQL") from None
    except asyncpg.ReadOnlySQLTransactionError:
        raise StorageReadOnly("PostgreSQL is read-only: it may be a standby that is not promoted yet") from None
    except (
        OSError,
        ssl.SSLError,
        TimeoutError,
        asyncio.IncompleteReadError,
        asyncpg.InterfaceError,
        asyncpg.PostgresConnectionError,
        asyncpg.OperatorInterventionError,
        asyncpg.InsufficientResourcesError,
        asyncpg.QueryCanceledError,
    ) as error:
        raise Unavailable(f"PostgreSQL does not answer: {error or type(error).__name__}") from error
