import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from threading import enumerate as threads

import pytest
import structlog
from structlog.typing import EventDict

from realtime.stalls import Stalls
from realtime.testing import wait_until


@asynccontextmanager
async def watching(after: float) -> AsyncIterator[tuple[Stalls, list[EventDict]]]:
    stalls = Stalls(timedelta(seconds=after))
    with structlog.testing.capture_logs() as said, pytest.MonkeyPatch.context() as patch:
        # A logger that was used under another test's configuration would keep it.
        patch.setattr("realtime.stalls.log", structlog.get_logger())
        task = asyncio.create_task(stalls.run())
        await wait_until(lambda: any(thread.name == "stalls" for thread in threads()))
        try:
            yield stalls, said
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await wait_until(lambda: not any(thread.name == "stalls" for thread in threads()))


def hold_the_loop_up_until(condition: object) -> None:
    deadline = time.monotonic() + 30
    while not condition() and time.monotonic() < deadline:  # type: ignore[operator]
        time.sleep(0.01)


async def test_a_stall_is_counted_once_and_told_with_its_place() -> None:
    async with watching(0.2) as (stalls, said):
        hold_the_loop_up_until(lambda: stalls.count)
        long_after = time.monotonic() + 0.5
        hold_the_loop_up_until(lambda: time.monotonic() > long_after)
        assert stalls.count == 1
        (line,) = [entry for entry in said if entry["event"] == "event_loop_stalled"]
        assert line["log_level"] == "warning"
        assert line["seconds"] >= 0.2
        assert "test_stalls.py" in line["stack"]
        assert "hold_the_loop_up_until" in line["stack"]


async def test_each_stall_has_a_line_of_its_own() -> None:
    async with watching(0.2) as (stalls, said):
        for number in (1, 2):
            hold_the_loop_up_until(lambda number=number: stalls.count == number)
            turned = asyncio.Event()
            asyncio.get_running_loop().call_later(0.15, turned.set)
            await turned.wait()
        assert stalls.count == 2
        assert len(said) == 2


async def test_a_loop_that_turns_is_left_alone() -> None:
    async with watching(5.0) as (stalls, said):
        until = time.monotonic() + 0.3
        await wait_until(lambda: time.monotonic() > until)
        hold_the_loop_up_until(lambda: time.monotonic() > until + 0.3)
    assert (stalls.count, said) == (0, [])
