import asyncio
import time
from bisect import bisect_left
from datetime import timedelta

import pytest

from realtime.health import Health
from realtime.lifecycle import MOVE_MS, RECONNECT_MS, Departures, Reason, _Spread
from realtime.testing import wait_until


class Connection:
    def __init__(self, departures: Departures) -> None:
        self.departures = departures
        self.asked: timedelta | None = None
        departures.add(self)

    def leave(self, reconnect_in: timedelta) -> None:
        self.asked = reconnect_in
        self.departures.discard(self)


def make(*, pause: float = 0.0, window: float = 0.0, age: float = 0.0) -> Departures:
    return Departures(
        Health(),
        pause=timedelta(seconds=pause),
        window=timedelta(seconds=window),
        age=timedelta(seconds=age),
    )


async def test_everybody_is_asked_to_leave_with_a_delay_of_its_own() -> None:
    departures = make(window=0.05)
    connections = [Connection(departures) for _ in range(50)]
    await departures.drain()
    delays = [connection.asked for connection in connections]
    low, high = (timedelta(milliseconds=bound) for bound in RECONNECT_MS)
    assert all(delay is not None and low <= delay <= high for delay in delays)
    assert len(set(delays)) > 10
    assert len(departures) == 0


async def test_readiness_ends_before_anybody_is_asked() -> None:
    departures = make(pause=60)
    connection = Connection(departures)
    draining = asyncio.create_task(departures.drain())
    await wait_until(lambda: departures._health.draining)
    assert connection.asked is None
    departures.hurry()
    await draining
    assert connection.asked is not None


async def test_who_left_by_himself_is_not_asked() -> None:
    departures = make(window=60)
    connections = [Connection(departures) for _ in range(2)]
    draining = asyncio.create_task(departures.drain())
    await wait_until(lambda: any(c.asked for c in connections))
    late = next(c for c in connections if c.asked is None)
    departures.discard(late)
    departures.hurry()
    await draining
    assert late.asked is None


async def test_many_leave_within_the_window() -> None:
    departures = make(window=0.2)
    connections = [Connection(departures) for _ in range(3_000)]
    await asyncio.wait_for(departures.drain(), 10)
    assert all(connection.asked for connection in connections)


def worst_second(times: list[float]) -> int:
    times = sorted(times)
    return max(bisect_left(times, at + 1.0) - number for number, at in enumerate(times))


@pytest.mark.parametrize(("count", "window"), [(1_000, 60), (300, 10), (30, 3)])
def test_who_leaves_evenly_comes_back_evenly(count: int, window: int) -> None:
    spread = _Spread(*RECONNECT_MS)
    back = [number * window / count + spread.next().total_seconds() for number in range(count)]
    assert worst_second(back) <= 1.5 * count / window


async def test_a_connection_leaves_when_it_is_old_and_not_before() -> None:
    departures = make(age=1.0)
    began = time.monotonic()
    connections = [Connection(departures) for _ in range(50)]
    running = asyncio.create_task(departures.run())
    try:
        await wait_until(lambda: any(c.asked for c in connections))
        assert time.monotonic() - began >= 0.75
        await wait_until(lambda: all(c.asked for c in connections))
    finally:
        running.cancel()
    assert departures.asked == {Reason.AGE: 50}
    low, high = (timedelta(milliseconds=bound) for bound in MOVE_MS)
    assert all(c.asked and low <= c.asked <= high for c in connections)


async def test_without_an_age_nobody_is_asked() -> None:
    departures = make()
    connection = Connection(departures)
    running = asyncio.create_task(departures.run())
    await asyncio.sleep(0)
    assert not running.done()
    running.cancel()
    assert connection.asked is None


async def test_one_that_fails_keeps_nobody_from_the_farewell() -> None:
    class Broken(Connection):
        def leave(self, reconnect_in: timedelta) -> None:
            super().leave(reconnect_in)
            raise OSError

    departures = make()
    connections = [Broken(departures) for _ in range(5)]
    await departures.drain()
    assert all(connection.asked for connection in connections)


async def test_a_drain_waits_for_who_was_told_and_not_for_ever() -> None:
    class Slow(Connection):
        def leave(self, reconnect_in: timedelta) -> None:
            self.asked = reconnect_in

    departures = make()
    slow = Slow(departures)
    draining = asyncio.create_task(departures.drain())
    await wait_until(lambda: slow.asked)
    assert (departures.staying, departures.leaving, departures.draining) == (0, 1, True)
    assert not draining.done()
    departures.discard(slow)
    await asyncio.wait_for(draining, 10)
    stuck = Slow(departures)
    await asyncio.wait_for(departures.drain(), 30)
    assert stuck.asked, "after its time to linger the drain has ended without it"
