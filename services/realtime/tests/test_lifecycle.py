import asyncio
from datetime import timedelta

from realtime.health import Health
from realtime.lifecycle import RECONNECT_MS, Departures
from realtime.testing import wait_until


class Connection:
    def __init__(self, departures: Departures) -> None:
        self.departures = departures
        self.asked: timedelta | None = None
        departures.add(self)

    def leave(self, reconnect_in: timedelta) -> None:
        self.asked = reconnect_in
        self.departures.discard(self)


def make(*, pause: float = 0.0, window: float = 0.0) -> Departures:
    return Departures(Health(), pause=timedelta(seconds=pause), window=timedelta(seconds=window))


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
