"""What every object log must do: subclass `LogContract`, say how to open one, and run the tests it brings."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from roadstead.base.errors import Expired, OutOfRange, Unavailable
from roadstead.objects.log import Change, Entry, Log, Write, WriteConflict
from roadstead.testing.log_model import key, put, remove


class LogContract(ABC):
    """The contract of `roadstead.objects.log.Log`."""

    @abstractmethod
    async def open_log(self, folder: Path) -> Log:
        """A log that lives in `folder`; a new one when the folder is empty."""

    @pytest.fixture
    async def log(self, tmp_path: Path) -> AsyncIterator[Log]:
        log = await self.open_log(tmp_path)
        yield log
        await log.close()

    async def test_a_new_log_is_empty_and_stands_at_revision_zero(self, log: Log) -> None:
        page = await log.list("r")
        assert (page.entries, page.revision, page.more, page.remaining) == ([], 0, False, 0)
        assert (log.revision(), log.revision("r"), log.compacted()) == (0, 0, 0)
        assert log.get(key("a")) is None
        assert await log.changes(0, 10) == []

    async def test_every_write_gets_the_next_revision(self, log: Log) -> None:
        assert list(await log.append([put("a"), put("b")])) == [1, 2]
        assert list(await log.append([put("a", b"2"), remove("b")])) == [3, 4]
        assert log.get(key("a")) == Entry(key("a"), 3, b"2")
        assert log.get(key("b")) is None
        assert log.revision() == 4

    async def test_an_append_of_nothing_changes_nothing(self, log: Log) -> None:
        assert list(await log.append([])) == []
        assert log.revision() == 0

    async def test_deleting_what_does_not_exist_changes_nothing(self, log: Log) -> None:
        assert list(await log.append([remove("a"), remove("a", expects=0), put("b")])) == [0, 0, 1]

    @pytest.mark.parametrize(
        ("write", "found"),
        [(put("a", expects=0), 1), (put("a", expects=7), 1), (remove("a", expects=2), 1), (put("b", expects=1), 0)],
    )
    async def test_a_write_that_expects_another_revision_is_refused(self, log: Log, write: Write, found: int) -> None:
        await log.append([put("a")])
        with pytest.raises(WriteConflict) as caught:
            await log.append([write])
        assert (caught.value.key, caught.value.expected, caught.value.found) == (write.key, write.expects, found)

    async def test_a_write_that_expects_what_is_there_is_carried_out(self, log: Log) -> None:
        await log.append([put("a", expects=0)])
        assert list(await log.append([put("a", b"2", expects=1), remove("a", expects=2), put("a", expects=0)])) == [
            2,
            3,
            4,
        ]

    async def test_one_refused_write_takes_back_the_whole_append_and_no_revision(self, log: Log) -> None:
        await log.append([put("a")])
        with pytest.raises(WriteConflict):
            await log.append([put("b"), put("a", b"2"), put("c", expects=9)])
        assert log.get(key("b")) is None
        assert log.get(key("a")) == Entry(key("a"), 1, b"1")
        assert list(await log.append([put("d")])) == [2]

    async def test_a_refused_append_does_not_touch_those_that_wait_beside_it(self, log: Log) -> None:
        appends = [log.append([put(f"n{n}", expects=n % 3), put(f"m{n}")]) for n in range(30)]
        results = await asyncio.gather(*appends, return_exceptions=True)
        for n, result in enumerate(results):
            assert isinstance(result, WriteConflict) == (n % 3 > 0)
            assert (log.get(key(f"m{n}")) is None) == (n % 3 > 0)
        assert [change.revision for change in await log.changes(0, 0)] == list(range(1, 21))

    async def test_of_two_writers_of_the_same_revision_exactly_one_wins(self, log: Log) -> None:
        await log.append([put("a")])
        racing = (log.append([put("a", str(n).encode(), expects=1)]) for n in range(20))
        results = await asyncio.gather(*racing, return_exceptions=True)
        winners = [n for n, result in enumerate(results) if not isinstance(result, WriteConflict)]
        assert len(winners) == 1
        assert log.get(key("a")) == Entry(key("a"), 2, str(winners[0]).encode())

    async def test_an_append_whose_caller_gave_up_is_still_whole(self, log: Log) -> None:
        waiting = asyncio.ensure_future(log.append([put("a"), put("b")]))
        await asyncio.sleep(0)
        waiting.cancel()
        await log.append([put("c")])
        assert (log.get(key("a")) is None) == (log.get(key("b")) is None)

    async def test_a_list_is_ordered_by_namespace_and_name_in_byte_order(self, log: Log) -> None:
        names = ["b", "a", "B", "a-b", "a.b", "é", "z", "\uffff", "\U0001f6a2", "a%", "a_"]
        await log.append([put(name, namespace=namespace) for name in names for namespace in ("y", "", "x")])
        await log.append([put("elsewhere", resource="other")])
        wanted = sorted((namespace, name.encode()) for name in names for namespace in ("y", "", "x"))
        listed = (await log.list("r")).entries
        assert [(entry.key.namespace, entry.key.name.encode()) for entry in listed] == wanted
        assert [entry.key.namespace for entry in (await log.list("r", "")).entries] == [""] * len(names)

    @pytest.mark.parametrize("prefix", ["a", "ab", "a%", "a\ud7ff", "\U0010ffff", "a\U0010ffff", "nothing"])
    async def test_a_list_by_prefix_takes_the_prefix_literally(self, log: Log, prefix: str) -> None:
        names = ["a", "ab", "aB", "a%", "a%b", "b", "a\ud7ff", "a\ue000", "a\U0010ffff", "a\U0010ffffb", "\U0010ffffz"]
        await log.append([put(name, namespace=namespace) for name in names for namespace in ("x", "y")])
        wanted = sorted(name for name in names if name.startswith(prefix))
        assert [entry.key.name for entry in (await log.list("r", "x", prefix=prefix)).entries] == wanted
        assert [entry.key.name for entry in (await log.list("r", prefix=prefix)).entries] == wanted * 2

    async def test_pages_at_one_revision_add_up_to_the_list_whatever_happens_between_them(self, log: Log) -> None:
        await log.append([put(f"n{n}", namespace=namespace) for n in range(5) for namespace in ("x", "y")])
        whole = await log.list("r")
        page, seen, remaining = await log.list("r", limit=3), list[Entry](), list[int]()
        while True:
            seen += page.entries
            remaining.append(page.remaining)
            assert page.revision == whole.revision
            if not page.more:
                break
            await log.append([put(f"new{len(seen)}"), remove("n0", namespace="x"), put("n4", b"2", namespace="y")])
            last = page.entries[-1].key
            page = await log.list("r", after=(last.namespace, last.name), limit=3, at=whole.revision)
        assert seen == whole.entries
        assert remaining == [7, 4, 1, 0]

    async def test_nothing_remains_of_a_list_without_a_limit_or_with_one_just_met(self, log: Log) -> None:
        await log.append([put("a"), put("b")])
        for limit in (0, 2, 3):
            page = await log.list("r", limit=limit)
            assert (len(page.entries), page.more, page.remaining) == (2, False, 0)

    async def test_a_list_can_look_back(self, log: Log) -> None:
        await log.append([put("a"), put("b"), remove("a"), put("b", b"2"), put("a", b"3")])
        pasts = [await log.list("r", at=at) for at in range(6)]
        assert [[(entry.key.name, entry.value) for entry in past.entries] for past in pasts] == [
            [],
            [("a", b"1")],
            [("a", b"1"), ("b", b"1")],
            [("b", b"1")],
            [("b", b"2")],
            [("a", b"3"), ("b", b"2")],
        ]
        assert [past.revision for past in pasts] == list(range(6))

    async def test_a_list_cannot_look_ahead(self, log: Log) -> None:
        with pytest.raises(OutOfRange):
            await log.list("r", at=1)

    async def test_changes_tell_what_each_write_replaced(self, log: Log) -> None:
        await log.append([put("a"), put("a", b"2"), put("b"), remove("a"), put("a", b"3")])
        history = [
            Change("ADDED", key("a"), 1, b"1", None),
            Change("MODIFIED", key("a"), 2, b"2", b"1"),
            Change("ADDED", key("b"), 3, b"1", None),
            Change("DELETED", key("a"), 4, b"2", b"2"),
            Change("ADDED", key("a"), 5, b"3", None),
        ]
        assert await log.changes(0, 0) == history
        assert await log.changes(1, 2) == history[1:3]
        assert await log.changes(5, 0) == await log.changes(99, 0) == []

    async def test_followers_get_every_change_in_order_before_the_append_returns(self, log: Log) -> None:
        followed: list[Change] = []

        def follower(changes: Sequence[Change]) -> None:
            assert changes
            followed.extend(changes)

        await log.append([put("before")])
        log.follow(follower)
        for n in range(3):
            revisions = await log.append([put("a", str(n).encode()), remove("b"), remove("a")])
            assert followed[-1].revision == revisions[-1]
        await asyncio.gather(*(log.append([put("c", str(n).encode())]) for n in range(20)))
        assert followed == await log.changes(1, 0)

    async def test_compaction_forgets_the_past_and_keeps_what_lives(self, log: Log) -> None:
        await log.append([put("a"), put("a", b"2"), put("b"), remove("b"), put("a", b"3"), put("c")])
        await log.compact(4)
        assert log.compacted() == 4
        for at in range(4):
            with pytest.raises(Expired):
                await log.list("r", at=at)
            with pytest.raises(Expired):
                await log.changes(at, 1)
        assert [(each.key.name, each.value) for each in (await log.list("r", at=4)).entries] == [("a", b"2")]
        assert [(change.revision, change.previous) for change in await log.changes(4, 0)] == [(5, b"2"), (6, None)]
        assert [entry.revision for entry in (await log.list("r")).entries] == [5, 6]

    async def test_compaction_ends_at_the_present_and_never_goes_back(self, log: Log) -> None:
        await log.append([put("a"), put("b"), remove("b")])
        await log.compact(99)
        await log.compact(1)
        assert (log.compacted(), log.revision(), log.revision("r")) == (3, 3, 3)
        assert [entry.revision for entry in (await log.list("r", at=3)).entries] == [1]
        assert list(await log.append([put("b", expects=0)])) == [4]

    async def test_a_long_past_is_forgotten_while_writes_go_on(self, log: Log) -> None:
        await log.append([put("a", str(n).encode()) for n in range(1000)])
        _, *revisions = await asyncio.gather(log.compact(1000), *(log.append([put(f"n{n}")]) for n in range(10)))
        assert [list(each or ()) for each in revisions] == [[n] for n in range(1001, 1011)]
        assert [change.revision for change in await log.changes(1000, 0)] == list(range(1001, 1011))

    async def test_each_resource_knows_its_latest_change(self, log: Log) -> None:
        await log.append([put("a"), put("a", resource="other"), put("b"), remove("b")])
        assert (log.revision("r"), log.revision("other"), log.revision("third")) == (4, 2, 0)

    async def test_readers_beside_a_writer_see_whole_appends_only(self, log: Log) -> None:
        async def read() -> None:
            while log.revision() < 200:
                left, right = (await log.list("r")).entries or (None, None)
                assert left is None or right is None or left.value == right.value

        readers = asyncio.gather(*(read() for _ in range(8)))
        for n in range(100):
            await log.append([put("left", str(n).encode()), put("right", str(n).encode())])
        await readers

    async def test_a_closed_log_refuses_and_says_so(self, tmp_path: Path) -> None:
        log = await self.open_log(tmp_path)
        unfinished = asyncio.ensure_future(log.append([put("a")]))
        await asyncio.sleep(0)
        await log.close()
        await log.close()
        assert list(await unfinished) == [1]
        for refused in (log.append([put("b")]), log.list("r"), log.changes(0, 1), log.compact(1)):
            with pytest.raises(Unavailable):
                await refused
        with pytest.raises(Unavailable):
            log.get(key("a"))


class DurableLogContract(LogContract):
    """The contract of a log that outlives its process."""

    async def test_everything_is_there_when_it_is_opened_again(self, tmp_path: Path) -> None:
        log = await self.open_log(tmp_path)
        await log.append([put("a"), put("a", b"2"), put("b"), put("c", resource="other"), remove("b")])
        await log.compact(2)
        history = await log.changes(2, 0)
        await log.close()
        log = await self.open_log(tmp_path)
        assert (log.revision(), log.revision("other"), log.compacted()) == (5, 4, 2)
        assert log.get(key("a")) == Entry(key("a"), 2, b"2")
        assert await log.changes(2, 0) == history
        assert list(await log.append([put("b", expects=0)])) == [6]
        await log.close()

    async def test_revisions_do_not_start_over_when_the_newest_was_compacted(self, tmp_path: Path) -> None:
        log = await self.open_log(tmp_path)
        await log.append([put("a"), remove("a")])
        await log.compact(2)
        await log.close()
        log = await self.open_log(tmp_path)
        assert (log.revision(), log.revision("r")) == (2, 2)
        assert list(await log.append([put("a")])) == [3]
        await log.close()
