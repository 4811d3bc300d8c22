"""Bounds on how often something may happen."""

import time
from collections.abc import Callable
from datetime import timedelta


class TokenBucket:
    """So many per second on average, ``burst`` at once after quiet."""

    __slots__ = ("_burst", "_clock", "_filled_at", "_per_second", "_tokens")

    def __init__(
        self, *, per_second: float, burst: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._per_second = per_second
        self._burst = burst
        self._clock = clock
        self._tokens = float(burst)
        self._filled_at = clock()

    @property
    def full(self) -> bool:
        """Whether it is as good as a new one."""
        self._fill()
        return self._tokens >= self._burst

    def take(self) -> float:
        """Take one if there is one; otherwise say in how many seconds there will be. 0 is taken."""
        self._fill()
        if self._tokens >= 1.0:
            self._tokens -= 1.0
            return 0.0
        return (1.0 - self._tokens) / self._per_second

    def _fill(self) -> None:
        now = self._clock()
        self._tokens += (now - self._filled_at) * self._per_second
        self._tokens = min(self._tokens, float(self._burst))
        self._filled_at = now


class Strikes:
    """Counts faults: ``limit`` within ``window`` are too many."""

    __slots__ = ("_clock", "_limit", "_times", "_window")

    def __init__(
        self, *, limit: int, window: timedelta, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._window = window.total_seconds()
        self._clock = clock
        self._limit = limit
        self._times: tuple[float, ...] = ()

    def add(self) -> bool:
        """Note one more; whether that was one too many."""
        now = self._clock()
        self._times = (*self._times, now)[-self._limit :]
        return len(self._times) == self._limit and now - self._times[0] <= self._window
