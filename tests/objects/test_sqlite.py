"""The SQLite log: its contract, on disk and in memory, and what only a file can go through."""

import asyncio
import os
import shutil
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings

from roadstead.base.errors import Failure, StorageFull, StorageReadOnly, Unavailable, Unsupported
from roadstead.objects.log import Log
from roadstead.objects.sqlite import SqliteLog
from roadstead.objects.sqlite_reading import Wanted, read_one, read_page
from roadstead.objects.sqlite_schema import MIGRATIONS, connect, migrate, translated
from roadstead.testing.log_contract import DurableLogContract, LogContract
from roadstead.testing.log_model import STEPS, Step, key, put, remove, walk


class TestSqliteLogInAFile(DurableLogContract):
    async def open_log(self, folder: Path) -> Log:
        return SqliteLog(folder / "objects.db")


class TestSqliteLogInMemory(LogContract):
    async def open_log(self, folder: Path) -> Log:
        return SqliteLog.in_memory()


@settings(max_examples=40, deadline=None)
@given(STEPS)
def test_nobody_can_tell_the_log_from_a_plain_dictionary(steps: list[Step]) -> None:
    async def compare() -> None:
        log = SqliteLog.in_memory()
        try:
            await walk(log, steps)
        finally:
            await log.close()

    asyncio.run(compare())


async def test_a_closed_log_is_one_file_that_a_plain_copy_backs_up(tmp_path: Path) -> None:
    log = SqliteLog(tmp_path / "objects.db")
    await log.append([put(f"n{n}") for n in range(100)])
    await log.close()
    assert os.listdir(tmp_path) == ["objects.db"]
    shutil.copy(tmp_path / "objects.db", tmp_path / "copy.db")
    copy = SqliteLog(tmp_path / "copy.db")
    assert len((await copy.list("r")).entries) == 100
    await copy.close()


def test_every_commit_is_synced_before_it_is_acknowledged(tmp_path: Path) -> None:
    # No test can pull the plug, so this one looks at the switch: 2 is FULL, which in WAL mode syncs on each commit.
    connection = connect((tmp_path / "objects.db").as_uri(), 1024)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
    connection.close()


async def test_only_the_owner_may_read_what_can_hold_secrets(tmp_path: Path) -> None:
    log = SqliteLog(tmp_path / "objects.db")
    await log.append([put("a")])
    modes = {name: stat.S_IMODE((tmp_path / name).stat().st_mode) for name in os.listdir(tmp_path)}
    assert modes == dict.fromkeys(["objects.db", "objects.db-wal", "objects.db-shm"], 0o600)
    await log.close()


async def test_a_path_may_hold_characters_that_mean_something_in_addresses(tmp_path: Path) -> None:
    folder = tmp_path / "a b?c=d#e%20é"
    folder.mkdir()
    log = SqliteLog(folder / "objects.db")
    await log.append([put("a")])
    assert "objects.db" in os.listdir(folder)
    await log.close()


async def test_a_database_of_a_newer_release_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "objects.db"
    await SqliteLog(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE meta SET value = 99 WHERE name = 'version'")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(Unsupported, match=f"version 99, written by a newer release.*up to {len(MIGRATIONS)}"):
        SqliteLog(path)
    assert path.read_bytes() == before


def test_a_migration_that_stopped_half_way_starts_again_where_it_stopped(tmp_path: Path) -> None:
    (tmp_path / "objects.db").touch()
    connection = connect((tmp_path / "objects.db").as_uri(), 1024)
    connection.execute("CREATE TABLE states (x)")
    with pytest.raises(sqlite3.OperationalError, match="already exists"):
        migrate(connection)
    assert connection.execute("SELECT name FROM sqlite_schema WHERE name = 'rows'").fetchall() == []
    connection.execute("DROP TABLE states")
    migrate(connection)
    migrate(connection)
    assert connection.execute("SELECT value FROM meta WHERE name = 'version'").fetchone() == (len(MIGRATIONS),)
    connection.close()


async def test_what_is_no_database_is_refused_with_a_reason(tmp_path: Path) -> None:
    (tmp_path / "objects.db").write_bytes(b"certainly no database " * 1000)
    with pytest.raises(Unavailable, match="damaged: file is not a database"):
        SqliteLog(tmp_path / "objects.db")
    with pytest.raises(Unavailable, match="cannot be opened"):
        SqliteLog(tmp_path / "no such folder" / "objects.db")


@pytest.mark.parametrize("overwrite", [True, False])
async def test_a_full_disk_refuses_writes_loses_nothing_and_can_be_got_over(tmp_path: Path, overwrite: bool) -> None:
    log = SqliteLog(tmp_path / "objects.db", max_bytes=300_000)
    acknowledged = 0

    async def fill() -> None:
        nonlocal acknowledged
        while True:
            name = "a" if overwrite else f"n{acknowledged}"
            (acknowledged,) = await log.append([put(name, b"x" * 9000)])

    with pytest.raises(StorageFull, match="no space is left"):
        await fill()
    assert log.revision() == acknowledged
    assert [change.revision for change in await log.changes(0, 0)] == list(range(1, acknowledged + 1))
    await log.append([remove("n1")])
    await log.compact(log.revision())
    assert list(await log.append([put("after", b"x" * 5000)])) == [log.revision()]
    await log.close()


async def test_a_full_disk_refuses_every_append_of_a_commit_or_none(tmp_path: Path) -> None:
    log = SqliteLog(tmp_path / "objects.db", max_bytes=300_000)
    appends = (log.append([put(f"n{n}", b"x" * 9000), put(f"m{n}")]) for n in range(50))
    results = await asyncio.gather(*appends, return_exceptions=True)
    assert any(isinstance(result, StorageFull) for result in results)
    for n, result in enumerate(results):
        present = not isinstance(result, StorageFull)
        assert (log.get(key(f"n{n}")) is not None) == (log.get(key(f"m{n}")) is not None) == present
    kept = [revision for result in results if not isinstance(result, BaseException) for revision in result]
    assert sorted(kept) == list(range(1, log.revision() + 1))
    await log.close()


async def test_a_write_that_cannot_be_stored_fails_alone(tmp_path: Path) -> None:
    log = SqliteLog(tmp_path / "objects.db")
    good, bad, fine = await asyncio.gather(
        log.append([put("a")]), log.append([put("b"), put("\ud800")]), log.append([put("c")]), return_exceptions=True
    )
    assert (good, type(bad), fine) == ([1], UnicodeEncodeError, [2])
    await log.close()


def test_errors_of_the_storage_become_failures(tmp_path: Path) -> None:
    def raised_by(statement: str, options: str = "") -> Exception:
        connection = sqlite3.connect(
            f"{(tmp_path / 'x.db').as_uri()}?{options}", uri=True, isolation_level=None, timeout=0
        )
        try:
            connection.execute("PRAGMA max_page_count = 3")
            connection.execute(statement)
        except sqlite3.Error as error:
            return translated(error)
        finally:
            connection.close()
        raise AssertionError("nothing was raised")

    holder = sqlite3.connect(tmp_path / "x.db", isolation_level=None)
    holder.execute("CREATE TABLE t (x)")
    assert isinstance(raised_by("INSERT INTO t VALUES (1)", "mode=ro"), StorageReadOnly)
    assert isinstance(raised_by("INSERT INTO t VALUES (zeroblob(99999))"), StorageFull)
    assert not isinstance(raised_by("INSERT INTO nowhere VALUES (1)"), Failure)
    holder.execute("BEGIN EXCLUSIVE")
    assert isinstance(raised_by("INSERT INTO t VALUES (1)"), Unavailable)
    holder.close()


@pytest.fixture(scope="module")
def long_list(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    """A connection to a log of twice five thousand objects."""
    path = tmp_path_factory.mktemp("cost") / "objects.db"

    async def fill() -> None:
        log = SqliteLog(path)
        await log.append([put(f"{n:05}", namespace=space) for space in ("x", "y") for n in range(5000)])
        await log.close()

    asyncio.run(fill())
    connection = connect(path.as_uri(), 4096)
    yield connection
    connection.close()


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted("r", "y", "0200", None, 0, None),
        Wanted("r", "y", "0200", ("y", "02005"), 0, None),
        Wanted("r", "y", "", ("y", "04990"), 5, None),
        Wanted("r", None, "", ("y", "04990"), 5, None),
        Wanted("r", "y", "0200", None, 0, 9999),
        Wanted("r", "y", "", ("y", "04990"), 5, 9999),
    ],
)
def test_a_list_walks_no_further_than_what_it_shows(long_list: sqlite3.Connection, wanted: Wanted) -> None:
    # Counted in hundreds of steps of SQLite's machine, so that the result is the same on every computer.
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    long_list.set_progress_handler(count, 100)
    page = read_page(long_list, wanted)
    read_one(long_list, key("04000", "y"))
    long_list.set_progress_handler(None, 0)
    assert 0 < len(page.entries) <= 10
    assert steps < 10
