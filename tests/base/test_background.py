"""Work that comes round by itself."""

import asyncio

from roadstead.base.background import Background


async def test_work_comes_round_until_it_is_stopped() -> None:
    rounds = asyncio.Semaphore(0)

    async def work() -> None:
        rounds.release()

    background = Background()
    background.every(0.001, "count", work)
    for _ in range(3):
        await asyncio.wait_for(rounds.acquire(), 5)
    await background.stop()
    done = rounds._value
    await asyncio.sleep(0.01)
    assert rounds._value == done


async def test_work_that_fails_comes_round_again() -> None:
    rounds = asyncio.Semaphore(0)

    async def work() -> None:
        rounds.release()
        raise OSError("the disk is away")

    background = Background()
    background.every(0.001, "fail", work)
    for _ in range(2):
        await asyncio.wait_for(rounds.acquire(), 5)
    await background.stop()
