"""A recorded file, replayed: as if what it holds happened now."""

from collections.abc import AsyncGenerator, AsyncIterator
from itertools import groupby
from typing import Final

import structlog

from producer.clock import Clock, Dates
from producer.sources.recording import Recording
from realtime.contracts import Record

LONG_WAIT: Final = 60.0
"""Seconds until the next reading that are worth a line, lest the silence be taken for a fault."""
_DEFAULT_INTERVAL: Final = 1.0

log = structlog.stdlib.get_logger()


class _Pace:
    """When recorded times are due: monotonic moments that keep their intervals over ``speed``."""

    def __init__(self, start: float, speed: float) -> None:
        self._origin: float | None = None
        self._start = start
        self._speed = speed
        self._last = 0.0
        self._interval = _DEFAULT_INTERVAL

    def due(self, recorded: float) -> float:
        if self._origin is None:
            self._origin = self._last = recorded
        if recorded > self._last:
            self._interval, self._last = recorded - self._last, recorded
        return self._start + (recorded - self._origin) / self._speed

    def begin_again(self) -> None:
        """Let the next recorded time follow the newest one at the last interval."""
        if self._origin is not None:
            self._start += (self._last - self._origin + self._interval) / self._speed
            self._origin = None


class Replay:
    """Readings of a recording, at ``speed`` times its pace (none: as fast as they are taken).

    The first reading is dated now and the others keep their intervals to it, divided by ``speed``,
    so that a replay is as live as it looks. Without a speed each row is dated when it is read. With
    ``loop`` the file begins again after its end, at the interval of its last two times.
    """

    name = "replay"
    can_wait = True

    def __init__(
        self, recording: Recording, *, speed: float | None, loop: bool, clock: Clock
    ) -> None:
        self._recording = recording
        self._speed = speed
        self._loop = loop
        self._clock = clock

    async def readings(self) -> AsyncGenerator[Record]:
        """Yield each reading when it is due, in the order of the file."""
        pace = _Pace(self._clock.monotonic(), self._speed or 1.0)
        dates = Dates(self._clock)
        again = True
        while again:
            count = 0
            async for reading in self._once(pace, dates):
                yield reading
                count += 1
            log.info("replay_ended", file=str(self._recording.path), readings=count)
            pace.begin_again()
            again = self._loop and count > 0

    async def _once(self, pace: _Pace, dates: Dates) -> AsyncIterator[Record]:
        for row in self._recording.rows():
            if not row:
                # A file of a million bad rows must not hold up the other sources.
                await self._clock.sleep_until(self._clock.monotonic())
            for recorded, records in groupby(row, key=lambda record: record.t):
                time = await self._wait(pace, dates, recorded)
                for record in records:
                    yield _dated(record, time)

    async def _wait(self, pace: _Pace, dates: Dates, recorded: float) -> float:
        """Wait until what was recorded then is due; returns its date."""
        now = self._clock.monotonic()
        due = now if self._speed is None else pace.due(recorded)
        if due - now > LONG_WAIT:
            log.info("replay_waits", file=str(self._recording.path), seconds=round(due - now))
        await self._clock.sleep_until(due)
        return dates.of(due)


def _dated(record: Record, time: float) -> Record:
    return Record(n=record.n, u=record.u, v=record.v, vs=record.vs, vb=record.vb, t=time)
