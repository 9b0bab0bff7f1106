"""Listeners: nothing lost, nothing doubled, nobody waited for."""

import asyncio
import itertools
from collections.abc import AsyncIterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roadstead.base.errors import Expired
from roadstead.objects.log import Change
from roadstead.objects.sqlite import SqliteLog
from roadstead.objects.store import Store
from roadstead.objects.watch import HISTORY_PAGE, Listener
from roadstead.testing.log_model import key, put, remove


@pytest.fixture
async def store() -> AsyncIterator[Store]:
    store = Store(SqliteLog.in_memory(), watch_queue=3)
    yield store
    await store.close()


async def taken(listener: Listener, count: int) -> list[Change]:
    return [await anext(listener) for _ in range(count)]


async def test_a_listener_hears_of_the_past_and_then_of_the_present(store: Store) -> None:
    await store.append([put("a"), put("a", b"2")])
    async with store.watch("r", 1) as listener:
        await store.append([remove("a")])
        first, second = await taken(listener, 2)
        await store.append([put("a", b"3")])
        third = await anext(listener)
    assert [(change.type, change.revision) for change in (first, second, third)] == [
        ("MODIFIED", 2),
        ("DELETED", 3),
        ("ADDED", 4),
    ]
    assert (second.value, second.previous) == (b"2", b"2")


async def test_a_listener_hears_of_its_resource_only_and_one_without_hears_of_all(store: Store) -> None:
    mine, everything = store.watch("r", 0), store.watch(None, 0)
    await store.append([put("a"), put("b", resource="other"), put("c")])
    assert [change.key.name for change in await taken(mine, 2)] == ["a", "c"]
    assert [change.key.name for change in await taken(everything, 3)] == ["a", "b", "c"]


async def test_a_listener_from_the_future_waits_for_it(store: Store) -> None:
    listener = store.watch("r", 2)
    await store.append([put("a"), put("b"), put("c")])
    assert (await anext(listener)).revision == 3


async def test_a_listener_that_lags_is_closed_and_the_others_hear_on(store: Store) -> None:
    slow, quick = store.watch("r", 0), store.watch("r", 0)
    for n in range(1, 5):
        await store.append([put("a", str(n).encode())])
        assert (await anext(quick)).revision == n
    with pytest.raises(Expired, match="too old resource version: 3 "):
        await anext(slow)
    with pytest.raises(Expired):
        await anext(slow)
    await store.append([put("a", b"5")])
    assert (await anext(quick)).revision == 5


async def test_a_listener_may_lag_as_far_as_its_bound(store: Store) -> None:
    listener = store.watch("r", 0)
    await store.append([put("a"), put("b"), put("c"), put("d", resource="other")])
    assert [change.revision for change in await taken(listener, 3)] == [1, 2, 3]


async def test_reading_a_long_past_is_not_lagging(store: Store) -> None:
    length = HISTORY_PAGE * 2 + 1
    await store.append([put("a", str(n).encode()) for n in range(length)])
    listener = store.watch("r", 0)
    seen = [(await anext(listener)).revision]
    await store.append([put("b", str(n).encode()) for n in range(10)])
    seen += [change.revision for change in await taken(listener, length + 9)]
    assert seen == list(range(1, length + 11))


async def test_a_past_that_was_compacted_is_expired(store: Store) -> None:
    await store.append([put("a"), remove("a"), put("b")])
    await store.compact(2)
    with pytest.raises(Expired, match=r"too old resource version: 1 \(2\)"):
        await anext(store.watch("r", 1))
    assert (await anext(store.watch("r", 2))).revision == 3


async def test_giving_up_on_a_change_loses_nothing(store: Store) -> None:
    await store.append([put("a")])
    for after in (0, 1):
        listener = store.watch("r", after)
        waiting = asyncio.ensure_future(anext(listener))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await store.append([put("b", str(after).encode())])
        assert (await anext(listener)).revision == after + 1


async def test_closing_a_listener_ends_it_after_what_it_was_handed(store: Store) -> None:
    listener = store.watch("r", 0)
    await store.append([put("a"), put("b")])
    listener.close()
    listener.close()
    await store.append([put("c")])
    assert [change.revision async for change in listener] == [1, 2]


async def test_closing_the_store_ends_every_listener_and_refuses_new_ones() -> None:
    store = Store(SqliteLog.in_memory())
    await store.append([put("a")])
    listeners = [store.watch(resource, 1) for resource in ("r", "r", None)]
    waiting = [asyncio.ensure_future(anext(listener, None)) for listener in listeners]
    await asyncio.sleep(0)
    await store.close()
    assert await asyncio.gather(*waiting) == [None, None, None]
    assert await anext(store.watch("r", 1), None) is None


async def test_a_listener_says_how_far_it_has_told_everything(store: Store) -> None:
    await store.append([put("a"), put("b", resource="other")])
    listener = store.watch("r", 0)
    assert listener.revision == 0
    await anext(listener)
    assert listener.revision == 2
    live = store.watch("r", 2)
    await store.append([put("c", resource="other"), put("d"), put("e"), put("f", resource="other")])
    assert live.revision == 3
    await anext(live)
    assert live.revision == 4
    await anext(live)
    assert live.revision == 6


async def test_the_last_change_of_a_resource_is_known_with_its_deletions(store: Store) -> None:
    await store.append([put("a"), put("b", resource="other"), remove("a")])
    assert (store.last_change("r"), store.last_change("other"), store.last_change("never")) == (3, 2, 0)


@settings(max_examples=30, deadline=None)
@given(
    past=st.integers(0, HISTORY_PAGE * 2),
    appends=st.lists(st.lists(st.sampled_from(["r", "other"]), min_size=1, max_size=5), min_size=1, max_size=20),
    listeners=st.lists(
        st.tuples(st.sampled_from(["r", "other", None]), st.floats(0, 1), st.integers(0, 20)), min_size=1, max_size=6
    ),
)
def test_nothing_is_lost_or_doubled_however_listening_and_writing_interleave(
    past: int, appends: list[list[str]], listeners: list[tuple[str | None, float, int]]
) -> None:
    async def play() -> None:
        log = SqliteLog.in_memory()
        store = Store(log)
        names = (f"n{n}" for n in itertools.count())
        await store.append([put(next(names), resource="r" if n % 3 else "other") for n in range(past)])
        begun: list[asyncio.Future[None]] = [asyncio.get_running_loop().create_future() for _ in listeners]

        async def listen(number: int, resource: str | None, part: float, turns: int) -> None:
            for _ in range(turns):
                await asyncio.sleep(0)
            after = int(store.revision() * part)
            listener, seen = store.watch(resource, after), list[int]()
            begun[number].set_result(None)
            async for change in listener:
                seen.append(change.revision)
                if change.key == key("end", resource=resource or "other"):
                    listener.close()
            history = await log.changes(after, 0)
            assert seen == [change.revision for change in history if resource in (None, change.key.resource)]

        async def finish() -> None:
            await asyncio.gather(*begun)
            await store.append([put("end", resource="r"), put("end", resource="other")])

        writes = (store.append([put(next(names), resource=resource) for resource in each]) for each in appends)
        await asyncio.gather(finish(), *writes, *(listen(number, *each) for number, each in enumerate(listeners)))
        await store.close()

    asyncio.run(play())
