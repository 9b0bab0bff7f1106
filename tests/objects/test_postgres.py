"""The PostgreSQL log: its contract on a real server, and what several processes and a lost server do to it."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings

from roadstead.base.errors import Invalid, Unavailable, Unsupported
from roadstead.objects.log import Change, Entry, Log, WriteConflict
from roadstead.objects.postgres import PostgresLog
from roadstead.objects.postgres_schema import MIGRATIONS, connect
from roadstead.testing.log_contract import DurableLogContract
from roadstead.testing.log_model import STEPS, Step, key, put, remove, walk
from roadstead.testing.postgres import Postgres, binaries, running_postgres

pytestmark = pytest.mark.skipif(binaries() is None, reason="needs PostgreSQL: apt-get install postgresql")


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with running_postgres() as server:
        yield server


class TestPostgresLog(DurableLogContract):
    @pytest.fixture(autouse=True)
    def _server(self, postgres: Postgres) -> None:
        self.postgres = postgres

    async def open_log(self, folder: Path) -> Log:
        return await PostgresLog.open(await self.postgres.database(folder), folder / "mirrors")


@pytest.fixture
async def url(postgres: Postgres, tmp_path: Path) -> str:
    return await postgres.database(tmp_path)


@pytest.fixture
async def two(url: str, tmp_path: Path) -> AsyncIterator[tuple[PostgresLog, PostgresLog]]:
    """Two processes' worth of logs over one database."""
    here, there = [await PostgresLog.open(url, tmp_path / "mirrors") for _ in range(2)]
    yield here, there
    await here.close()
    await there.close()


@settings(max_examples=15, deadline=None)
@given(steps=STEPS)
def test_nobody_can_tell_the_log_from_a_plain_dictionary(postgres: Postgres, steps: list[Step]) -> None:
    async def compare(folder: Path) -> None:
        log = await PostgresLog.open(await postgres.database(folder), folder)
        try:
            await walk(log, steps)
        finally:
            await log.close()

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(compare(Path(folder)))


async def test_what_one_process_appended_another_reads_once_it_asked_for_the_present(
    two: tuple[PostgresLog, PostgresLog],
) -> None:
    here, there = two
    for n in range(20):
        writer, reader = (here, there) if n % 2 else (there, here)
        revisions = await writer.append([put("a", str(n).encode())])
        await reader.fresh()
        assert reader.get(key("a")) == Entry(key("a"), revisions[0], str(n).encode())


async def test_of_two_processes_that_saw_the_same_revision_one_wins(two: tuple[PostgresLog, PostgresLog]) -> None:
    here, there = two
    await here.append([put("a")])
    await there.fresh()
    racing = [log.append([put("a", b"%d" % n, expects=1)]) for n in range(10) for log in two]
    results = await asyncio.gather(*racing, return_exceptions=True)
    assert sum(not isinstance(result, WriteConflict) for result in results) == 1


async def test_revisions_have_no_gaps_however_many_processes_write(two: tuple[PostgresLog, PostgresLog]) -> None:
    writes = [[put(f"n{n}"), put("shared"), put("refused", expects=9**9 * (n % 2) or None)] for n in range(40)]
    appends = [log.append(each) for each in writes for log in two]
    results = await asyncio.gather(*appends, return_exceptions=True)
    assert any(isinstance(result, WriteConflict) for result in results)
    for log in two:
        await log.fresh()
    histories = [await log.changes(0, 0) for log in two]
    assert histories[0] == histories[1]
    assert [change.revision for change in histories[0]] == list(range(1, len(histories[0]) + 1))


async def test_followers_hear_of_the_changes_of_every_process(two: tuple[PostgresLog, PostgresLog]) -> None:
    here, there = two
    heard: list[Change] = []
    here.follow(heard.extend)
    await asyncio.gather(*(log.append([put(f"n{n}"), remove(f"n{n}")]) for n in range(10) for log in two))
    await here.fresh()
    assert heard == await here.changes(0, 0)


async def test_a_process_that_joins_later_has_the_history_too(
    two: tuple[PostgresLog, PostgresLog], url: str, tmp_path: Path
) -> None:
    here, _ = two
    await here.append([put("a"), put("a", b"2"), put("b"), remove("b"), put("c", resource="other")])
    late = await PostgresLog.open(url, tmp_path / "mirrors")
    try:
        assert await late.changes(0, 0) == await here.changes(0, 0)
        assert (late.revision("r"), late.revision("other")) == (4, 5)
    finally:
        await late.close()


async def test_a_server_that_went_away_is_said_and_everything_goes_on_when_it_is_back(tmp_path: Path) -> None:
    with running_postgres() as postgres:
        log = await PostgresLog.open(postgres.url(), tmp_path)
        try:
            await log.append([put("a")])
            postgres.stop()
            with pytest.raises(Unavailable):
                await log.append([put("lost")])
            with pytest.raises(Unavailable):
                await log.fresh()
            assert log.get(key("a")) is not None
            postgres.start()
            assert list(await log.append([put("b")])) == [2]
            await log.fresh()
            assert log.get(key("lost")) is None
        finally:
            await log.close()


async def test_a_process_that_lags_behind_a_compaction_says_that_it_cannot_go_on(
    two: tuple[PostgresLog, PostgresLog], url: str
) -> None:
    here, there = two
    await here.append([put("a")])
    await there.fresh()
    async with there._tail._applying:
        await here.append([put("a", b"2"), put("a", b"3")])
        await here.compact(3)
    with pytest.raises(Unavailable, match="start it again"):
        await there.fresh()


async def test_the_copies_of_processes_that_are_gone_are_removed(url: str, tmp_path: Path) -> None:
    left = tmp_path / "mirrors" / "dead"
    left.mkdir(parents=True)
    (left / "lock").touch()
    first = await PostgresLog.open(url, tmp_path / "mirrors")
    second = await PostgresLog.open(url, tmp_path / "mirrors")
    assert not left.exists()
    assert len(list((tmp_path / "mirrors").iterdir())) == 2
    await first.close()
    await second.close()
    assert list((tmp_path / "mirrors").iterdir()) == []


async def test_a_database_of_a_newer_release_is_not_touched(url: str, tmp_path: Path) -> None:
    await (await PostgresLog.open(url, tmp_path)).close()
    connection = await connect(url)
    await connection.execute("UPDATE roadstead_meta SET value = $1 WHERE name = 'version'", len(MIGRATIONS) + 1)
    await connection.close()
    with pytest.raises(Unsupported, match="newer release"):
        await PostgresLog.open(url, tmp_path)


async def test_an_address_that_does_not_answer_is_unavailable_and_a_wrong_database_is_invalid(
    postgres: Postgres, tmp_path: Path
) -> None:
    with pytest.raises(Unavailable, match="does not answer"):
        await PostgresLog.open(f"postgresql://x@/y?host={tmp_path}", tmp_path)
    with pytest.raises(Invalid, match="nowhere"):
        await PostgresLog.open(postgres.url("nowhere"), tmp_path)
