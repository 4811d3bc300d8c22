"""Leaving without loss: connections go one after the other, each told when to come back.

For three reasons: the replica ends (drain), the connection has been open for long enough (age), or
other replicas have fewer (shed). Whichever it is, a client hears the same farewell.
"""

import asyncio
import contextlib
import random
import time
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum
from itertools import islice
from typing import Final, Protocol

import structlog

from realtime.ages import Ages
from realtime.health import Health

RECONNECT_MS: Final = (500, 2_500)
"""Bounds of the delay that a leaving replica asks for: the edge has to stop choosing it first.

Short, because the leaving itself is already spread over the window.
"""
MOVE_MS: Final = (100, 1_000)
"""The same for a client that may come back to this replica too."""
LINGER: Final = timedelta(seconds=2)
"""After the last farewell of a drain: how long connections have to take it."""
_GOLDEN: Final = (5**0.5 - 1) / 2
_FINEST: Final = 0.001
"""Seconds between two farewells; 10,000 sleeps of 6 µs are not needed."""

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Leaver(Protocol):
    """A connection that can be told to come back elsewhere."""

    def leave(self, reconnect_in: timedelta) -> None:
        """Say farewell, with the delay to come back after, and end properly."""


class Reason(StrEnum):
    """Why connections are asked to leave."""

    DRAIN = "drain"
    AGE = "age"
    SHED = "shed"


class Departures:
    """The open connections of this process, and how they leave.

    ``pause``: how long the process stays up after it stopped being ready, so that whoever routes to
    it has seen a failed probe. ``window``: over how long the connections leave. ``age``: how long a
    connection may be open (± `realtime.ages.JITTER`), 0 for ever.
    """

    def __init__(
        self,
        health: Health,
        *,
        pause: timedelta,
        window: timedelta,
        age: timedelta = timedelta(0),
    ) -> None:
        self._health = health
        self._pause = pause.total_seconds()
        self._window = window.total_seconds()
        self._ages = Ages(age) if age else None
        # With the turn in which each is to go: nothing else is kept for it, no timer and no task.
        self._staying: dict[Leaver, int] = {}
        self._leaving: dict[Leaver, None] = {}
        self._hurry = asyncio.Event()
        self._gone = asyncio.Event()
        self.asked: Counter[Reason] = Counter()
        self.arrived = 0
        """Connections that have ever come."""

    def __len__(self) -> int:
        return len(self._staying) + len(self._leaving)

    @property
    def staying(self) -> int:
        """Connections that have not been asked to leave."""
        return len(self._staying)

    @property
    def leaving(self) -> int:
        """Connections that have been asked to leave and have not ended yet."""
        return len(self._leaving)

    @property
    def draining(self) -> bool:
        """Whether the whole replica leaves."""
        return self._health.draining

    def add(self, leaver: Leaver) -> None:
        """Count a connection in."""
        self.arrived += 1
        self._staying[leaver] = self._ages.place() if self._ages is not None else 0

    def discard(self, leaver: Leaver) -> None:
        """Forget a connection that has ended."""
        self._staying.pop(leaver, None)
        self._leaving.pop(leaver, None)
        if self._health.draining and not len(self):
            self._gone.set()

    def hurry(self) -> None:
        """Skip what is left of pause and window: somebody asked twice."""
        self._hurry.set()
        self._gone.set()

    async def drain(self) -> None:
        """Stop being ready, wait a probe's period, then let everybody go, one after the other.

        Done when all have gone, or have had `LINGER` to go since the last one was told.
        """
        self._health.draining = True
        log.info("drain_begins", connections=len(self), window_s=self._window)
        await self._wait(self._pause)
        leaving = list(self._staying)
        random.shuffle(leaving)
        await self._ask_all(leaving, Reason.DRAIN, over=self._window)
        # Who had been let in before the drain and was still being asked for a name.
        await self._ask_all(list(self._staying), Reason.DRAIN, over=0.0)
        await self._linger()
        log.info("drain_ends", still_open=len(self))

    async def run(self) -> None:
        """Let go whoever has been here for long enough, until cancelled."""
        ages = self._ages
        if ages is None:
            await asyncio.Event().wait()
            return
        due_at = time.monotonic()
        while True:
            turn = ages.advance()
            due = [leaver for leaver, its in self._staying.items() if its == turn]
            await self._ask_all(due, Reason.AGE, over=ages.turn)
            # By the clock and not by the sleeps, whose delays would add up.
            due_at += ages.turn
            await asyncio.sleep(max(due_at - time.monotonic(), 0.0))

    async def shed(self, count: int, *, over: float) -> None:
        """Let the ``count`` that came first go, spread over so many seconds."""
        await self._ask_all(list(islice(self._staying, count)), Reason.SHED, over=over)

    # ---------------------------------------------------------------- inside

    async def _ask_all(self, leavers: Sequence[Leaver], reason: Reason, *, over: float) -> None:
        """Ask those who are still there, spread over so many seconds.

        A drain takes over from the other reasons: it asks everybody anyway.
        """
        if not leavers:
            return
        step = over / len(leavers)
        # One timer per millisecond of progress is enough.
        stride = 1 if step >= _FINEST else 100
        spread = _Spread(*(RECONNECT_MS if reason is Reason.DRAIN else MOVE_MS))
        for number, leaver in enumerate(leavers, 1):
            if self._health.draining and reason is not Reason.DRAIN:
                return
            self._ask(leaver, reason, spread)
            if number % stride == 0 and number < len(leavers):
                await self._wait(step * stride)

    def _ask(self, leaver: Leaver, reason: Reason, spread: "_Spread") -> None:
        if self._staying.pop(leaver, None) is None:
            return
        self._leaving[leaver] = None
        self.asked[reason] += 1
        try:
            leaver.leave(spread.next())
        except Exception:
            # One broken connection must not keep the others from their farewell.
            log.exception("leave_failed")

    async def _linger(self) -> None:
        if len(self):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LINGER.total_seconds()):
                    await self._gone.wait()

    async def _wait(self, seconds: float) -> None:
        if seconds <= 0 or self._hurry.is_set():
            await asyncio.sleep(0)
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._hurry.wait()


class _Spread:
    """Delays between two bounds (milliseconds) such that those who leave evenly come back evenly.

    Multiples of the golden ratio, for chance alone makes crowds: of 1,000 who leave over 60 s,
    delays by the dice brought back 27 in one second (median of 200 simulated drains), these 19.
    """

    def __init__(self, shortest: int, longest: int) -> None:
        self._shortest = shortest
        self._range = longest - shortest
        self._at = random.random()  # noqa: S311 - spreads load

    def next(self) -> timedelta:
        """The next one's delay."""
        self._at = (self._at + _GOLDEN) % 1.0
        return timedelta(milliseconds=self._shortest + round(self._at * self._range))
