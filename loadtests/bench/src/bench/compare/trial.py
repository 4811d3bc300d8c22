"""One way, tried by a crowd: steady, then through an outage."""

import asyncio
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.compare.clients import Client, Crowd
from bench.compare.decoding import Reading, readings_of
from bench.compare.publication import Publication, publishing
from bench.compare.stage import Stage, Used, staged
from bench.compare.ways import Way
from bench.cores import Cores
from bench.errors import NotConnectedError

_DEADLINE: Final = 60.0
_STEP: Final = 0.05
_FIRST: Final = 0.5
"""Seconds for the feed to have met every sensor."""
_GRACE: Final = 1.5
"""Seconds for what was published last to arrive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What every way has to carry; all times in seconds."""

    clients: int
    sensors: int = 20
    hertz: float = 2.0
    seconds: float = 10.0
    poll_seconds: float = 1.0
    outage: float = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What came of it. A reading is *due* once to each client; shares are of 1, delays in ms.

    Processor time is what it took beyond a feed and an edge without clients, bytes are between edge
    and clients, memory is what connected clients added.
    """

    way: Way
    feed_us: float
    edge_us: float
    bytes_down: float
    bytes_up: float
    seen: float
    delay_p50: float
    delay_p99: float
    feed_kib: float
    edge_kib: float
    back_p50: float
    back_p99: float
    recovered: float
    back_cpu_ms: float
    repeated: int
    refused: int
    late_ms: float


async def try_way(way: Way, load: Load, directory: Path, cores: Cores, dashboard: Path) -> Trial:
    """Try it on fresh servers."""
    with staged(directory, cores, dashboard) as stage:
        async with publishing(stage.nats_port, sensors=load.sensors, hertz=load.hertz) as sent:
            return await _Trying(way, load, stage, sent).run()


class _Trying:
    def __init__(self, way: Way, load: Load, stage: Stage, sent: Publication) -> None:
        self._way = way
        self._load = load
        self._stage = stage
        self._sent = sent
        self._crowd = Crowd(
            way, stage.edge_port, clients=load.clients, poll_seconds=load.poll_seconds
        )

    async def run(self) -> Trial:
        load, stage, crowd = self._load, self._stage, self._crowd
        await asyncio.sleep(_FIRST)
        alone = await self._use(load.seconds / 2)
        empty = stage.resident()
        await crowd.arrive()
        await self._all_heard()
        # A poll's interval, so that those who poll are past their first, fresh one.
        await asyncio.sleep(max(1.0, load.poll_seconds))
        before = (crowd.received_bytes, crowd.sent_bytes)
        began = time.time()
        used = await self._use(load.seconds)
        ended = time.time()
        down, up = crowd.received_bytes - before[0], crowd.sent_bytes - before[1]
        full = stage.resident()
        await asyncio.sleep(_GRACE)
        cut_at, back_at, storm = await self._outage(used)
        due = len(self._between(began, ended)) * load.clients
        beyond = _beyond(used, alone, load.seconds / (load.seconds / 2))
        shares, delays, repeated = self._steady(began, ended)
        back = sorted((one.heard_at - back_at) * 1e3 for one in crowd.clients)
        return Trial(
            way=self._way,
            feed_us=beyond.feed / due * 1e6,
            edge_us=beyond.edge / due * 1e6,
            bytes_down=down / due,
            bytes_up=up / due,
            seen=shares,
            delay_p50=part_of(delays, 0.5),
            delay_p99=part_of(delays, 0.99),
            feed_kib=(full[0] - empty[0]) / load.clients / 1024,
            edge_kib=(full[1] - empty[1]) / load.clients / 1024,
            back_p50=part_of(back, 0.5),
            back_p99=part_of(back, 0.99),
            recovered=self._share(cut_at, back_at),
            back_cpu_ms=storm / load.clients * 1e3,
            repeated=repeated,
            refused=crowd.refused,
            late_ms=self._sent.late_seconds * 1e3,
        )

    async def _use(self, seconds: float) -> Used:
        before = self._stage.used()
        await asyncio.sleep(seconds)
        return self._stage.used().since(before)

    async def _outage(self, steady: Used) -> tuple[float, float, float]:
        """Cut all, let them come back together: when, and the processor time beyond the usual."""
        load, crowd = self._load, self._crowd
        cut_at = time.time()
        await crowd.cut()
        await asyncio.sleep(max(0.0, cut_at + load.outage - time.time()))
        settle = load.poll_seconds + 1.0
        before, back_at = self._stage.used(), time.time()
        await crowd.return_at_once()
        await self._all_heard()
        await asyncio.sleep(max(0.0, settle - (time.time() - back_at)))
        took, seconds = self._stage.used().since(before), time.time() - back_at
        usual = (steady.feed + steady.edge) / load.seconds * seconds
        await asyncio.sleep(_GRACE)
        return cut_at, back_at, max(0.0, took.feed + took.edge - usual)

    async def _all_heard(self) -> None:
        until = time.monotonic() + _DEADLINE
        while self._crowd.heard < self._load.clients:
            if time.monotonic() > until:
                heard = self._crowd.heard
                raise NotConnectedError(self._load.clients, heard, self._load.clients - heard)
            await asyncio.sleep(_STEP)

    def _between(self, began: float, ended: float) -> set[tuple[str, float]]:
        return {one for one in self._sent.published if began <= one[1] < ended}

    def _steady(self, began: float, ended: float) -> tuple[float, list[float], int]:
        """The share that was seen of what was due, its delays in ms, and how much came twice."""
        due, seen, repeated, delays = self._between(began, ended), 0, 0, []
        for client in self._crowd.clients:
            had: set[tuple[str, float]] = set()
            for sensor, at, came in _all(client):
                if (sensor, at) not in due:
                    continue
                if (sensor, at) in had:
                    repeated += self._way.stays
                    continue
                had.add((sensor, at))
                delays.append((came - at) * 1e3)
            seen += len(had)
        return seen / (len(due) * len(self._crowd.clients)), sorted(delays), repeated

    def _share(self, began: float, ended: float) -> float:
        due = self._between(began, ended)
        if not due:
            return 0.0
        seen = sum(len(due & {one[:2] for one in _all(client)}) for client in self._crowd.clients)
        return seen / (len(due) * len(self._crowd.clients))


def _all(client: Client) -> Iterator[Reading]:
    for arrived in (*client.earlier, client.arrived):
        yield from readings_of(client.way, arrived)


def _beyond(used: Used, alone: Used, times: float) -> Used:
    """What clients cost: less than nothing is nothing, and due to others on the machine."""
    return Used(max(0.0, used.feed - alone.feed * times), max(0.0, used.edge - alone.edge * times))


def part_of(ordered: Iterable[float], part: float) -> float:
    """A percentile of sorted values; 0 of none."""
    values = list(ordered)
    return values[min(len(values) - 1, int(part * len(values)))] if values else 0.0
