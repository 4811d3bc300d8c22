"""What is charged to whom: work and not waiting, and whatever ends it."""

import asyncio
from time import thread_time_ns

import pytest

from realtime.spending import Charged, Spent


def burn(ns: int) -> None:
    """Use so much processor time."""
    until = thread_time_ns() + ns
    while thread_time_ns() < until:
        pass


async def test_work_is_charged_and_what_others_do_meanwhile_is_not() -> None:
    spent = Spent()
    may_go = asyncio.Event()

    async def work() -> str:
        burn(2_000_000)
        await may_go.wait()
        burn(2_000_000)
        return "done"

    task = asyncio.ensure_future(_awaited(Charged(spent, work())))
    await asyncio.sleep(0)
    burn(50_000_000)
    may_go.set()
    assert await task == "done"
    assert 4_000_000 <= spent.cpu_ns < 40_000_000


async def _awaited(work: Charged[str]) -> str:
    return await work


async def test_a_cancelled_one_ends_as_it_wants_to_and_is_charged_for_that() -> None:
    spent = Spent()
    cleaned: list[bool] = []

    async def work() -> str:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            burn(2_000_000)
            await asyncio.sleep(0)
            cleaned.append(True)
            raise
        return "never"

    task = asyncio.ensure_future(_awaited(Charged(spent, work())))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert cleaned
    assert spent.cpu_ns >= 2_000_000


async def test_what_fails_fails_to_whoever_awaits_it() -> None:
    async def work() -> str:
        await asyncio.sleep(0)
        raise ValueError(7)

    with pytest.raises(ValueError, match="7"):
        await Charged(Spent(), work())


async def test_chunks_count_for_each_receiver() -> None:
    spent = Spent()
    spent.wrote([b"one", b"three"], receivers=3)
    spent.wrote([b"x"])
    assert (spent.messages, spent.sent_bytes) == (7, 25)
