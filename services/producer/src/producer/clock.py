"""Time as the producer needs it: a monotonic one to wait by, a wall clock to date readings with.

Nothing here waits by the wall clock, so a step of it (NTP, a resumed laptop) neither stalls nor
floods a source; it only changes what the next readings are dated with.
"""

import asyncio
import time
from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Final, Protocol

# Longer than any pause of a healthy loop, shorter than a suspended laptop's.
CATCH_UP: Final = timedelta(seconds=2)
"""A beat that is later than this is not made up for: nobody measured anything then."""
_WALL_CLOCK_SET: Final = 0.02
"""Seconds between the clocks that are no longer a pause between reading the one and the other."""


class Clock(Protocol):
    """Where a source gets its time from; `producer.testing.ManualClock` is the one for tests."""

    def time(self) -> float:
        """Unix seconds."""
        ...

    def monotonic(self) -> float:
        """Seconds that never jump, from any origin."""
        ...

    async def sleep_until(self, moment: float) -> None:
        """Return once `monotonic` has reached ``moment``; others run meanwhile even if it has."""
        ...


class SystemClock:
    """This machine's clocks."""

    def time(self) -> float:
        """Unix seconds."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds since some moment, unaffected by steps of the wall clock."""
        return time.monotonic()

    async def sleep_until(self, moment: float) -> None:
        """Return once `monotonic` has reached ``moment``; others run meanwhile even if it has."""
        await asyncio.sleep(max(0.0, moment - time.monotonic()))


class Dates:
    """Unix seconds of monotonic moments.

    Intervals between moments are kept exactly, except across a moment at which the wall clock was
    set (or the machine slept, which the monotonic clock of Linux does not count).
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._offset = clock.time() - clock.monotonic()

    def of(self, moment: float) -> float:
        """When ``moment`` was or will be, in Unix seconds to the millisecond."""
        offset = self._clock.time() - self._clock.monotonic()
        if abs(offset - self._offset) > _WALL_CLOCK_SET:
            self._offset = offset
        return round(moment + self._offset, 3)


async def beats(clock: Clock, period: timedelta) -> AsyncGenerator[float]:
    """Yield the intended time (Unix seconds) of each beat, one per ``period``, for ever.

    A beat is dated with when it was due, not with when the loop came round to it: otherwise a busy
    machine would hide its own delay. Beats missed by more than `CATCH_UP` are left out.
    """
    step = period.total_seconds()
    dates = Dates(clock)
    due = clock.monotonic()
    while True:
        await clock.sleep_until(due)
        late = clock.monotonic() - due
        if late > CATCH_UP.total_seconds():
            due += late // step * step
        yield dates.of(due)
        due += step
