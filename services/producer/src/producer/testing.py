"""What tests of the producer run on instead of real time."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final, TypeVar

T = TypeVar("T")

START: Final = 1_795_343_351.0
"""Where a `ManualClock` begins, in Unix seconds: a moment in November 2026."""


class ManualClock:
    """A clock on which a sleep is over at once, and which remembers how long each one was."""

    def __init__(self, *, start: float = START) -> None:
        self._start = start
        self._passed = 0.0
        self._set_by = 0.0
        self.slept: list[float] = []

    def time(self) -> float:
        """Unix seconds: the start plus what was slept, advanced and set."""
        return self._start + self._passed + self._set_by

    def monotonic(self) -> float:
        """Seconds that were slept and advanced."""
        return self._passed

    def advance(self, seconds: float) -> None:
        """Let time pass without anybody sleeping, as when the loop or the machine stands still."""
        self._passed += seconds

    def set_wall(self, by: float) -> None:
        """Put the wall clock forward ``by`` seconds, which nobody lived through."""
        self._set_by += by

    async def sleep_until(self, moment: float) -> None:
        """Jump to ``moment``, unless it is past, and give others a turn."""
        if moment > self._passed:
            self.slept.append(moment - self._passed)
            self._passed = moment
        await asyncio.sleep(0)


async def first(count: int, iterator: AsyncGenerator[T]) -> list[T]:
    """Take ``count`` items (fewer if there are no more) and close the iterator."""
    taken: list[T] = []
    async with aclosing(iterator) as items:
        async for item in items:
            taken.append(item)
            if len(taken) == count:
                break
    return taken
