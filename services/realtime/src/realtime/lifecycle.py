"""Leaving without loss: connections go over a window, each with a delay of its own."""

import asyncio
import random
from datetime import timedelta
from typing import Final, Protocol

import structlog

from realtime.health import Health

RECONNECT_MS: Final = (500, 2_500)
"""Bounds of the delay that a leaving replica asks for: the edge has to stop choosing it first.

Short, because the leaving itself is already spread over the window.
"""

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Leaver(Protocol):
    """A connection that can be told to come back elsewhere."""

    def leave(self, reconnect_in: timedelta) -> None:
        """Say farewell, with the delay to come back after, and end properly."""


class Departures:
    """The open connections of this process, and how they leave.

    ``pause``: how long the process stays up after it stopped being ready, so that whoever routes to
    it has seen a failed probe. ``window``: over how long the connections leave.
    """

    def __init__(self, health: Health, *, pause: timedelta, window: timedelta) -> None:
        self._health = health
        self._pause = pause.total_seconds()
        self._window = window.total_seconds()
        self._open: dict[Leaver, None] = {}
        self._hurry = asyncio.Event()

    def __len__(self) -> int:
        return len(self._open)

    def add(self, leaver: Leaver) -> None:
        """Count a connection in."""
        self._open[leaver] = None

    def discard(self, leaver: Leaver) -> None:
        """Forget a connection that has ended."""
        self._open.pop(leaver, None)

    def hurry(self) -> None:
        """Skip what is left of pause and window: somebody asked twice."""
        self._hurry.set()

    async def drain(self) -> None:
        """Stop being ready, wait a probe's period, then let everybody go, one after the other."""
        self._health.draining = True
        log.info("drain_begins", connections=len(self._open), window_s=self._window)
        await self._wait(self._pause)
        leaving = list(self._open)
        random.shuffle(leaving)
        step = self._window / len(leaving) if leaving else 0.0
        for number, leaver in enumerate(leaving):
            if leaver in self._open:
                leaver.leave(self._reconnect_in())
            # One timer per millisecond of progress is enough; 10,000 sleeps of 6 µs are not.
            last = number == len(leaving) - 1
            if not last and (step >= 0.001 or number % 100 == 99):  # noqa: PLR2004 - see above
                await self._wait(step if step >= 0.001 else step * 100)  # noqa: PLR2004
        log.info("drain_ends", still_open=len(self._open))

    def _reconnect_in(self) -> timedelta:
        """A delay of one connection's own, so that those who leave together come back apart."""
        return timedelta(milliseconds=random.randint(*RECONNECT_MS))  # noqa: S311 - spreads load

    async def _wait(self, seconds: float) -> None:
        if seconds <= 0 or self._hurry.is_set():
            await asyncio.sleep(0)
            return
        try:
            async with asyncio.timeout(seconds):
                await self._hurry.wait()
        except TimeoutError:
            pass
