import asyncio
import time

from realtime.loop_lag import PERIOD, LoopLag
from realtime.testing import wait_until


async def test_a_stall_shows_as_long_as_it_was() -> None:
    lag = LoopLag()
    task = asyncio.create_task(lag.run())
    await wait_until(lambda: lag.seconds.count > 0)
    before = lag.seconds.sum
    stall = 3 * PERIOD.total_seconds()
    time.sleep(stall)  # noqa: ASYNC251 - the stall is what is measured
    await wait_until(lambda: lag.seconds.sum > before + stall - PERIOD.total_seconds())
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_who_listens_hears_each_look_and_how_busy_the_process_was() -> None:
    heard: list[tuple[float, float]] = []
    lag = LoopLag(lambda late, busy: heard.append((late, busy)))
    task = asyncio.create_task(lag.run())
    await wait_until(lambda: len(heard) > 1)
    before, until = len(heard), time.process_time() + 3 * PERIOD.total_seconds()
    while time.process_time() < until:
        pass
    await wait_until(lambda: len(heard) > before)
    late, busy = heard[before]
    assert late > PERIOD.total_seconds()
    assert busy > 0
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
