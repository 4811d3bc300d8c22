"""How old what is written is, and how much goes together: looked at once per flush."""

import time
from collections.abc import Callable

from realtime.buckets import DELAY_SECONDS, PARTS, Buckets


class Freshness:
    """The delay between the broker's storing and our writing.

    Of each flush the oldest entry counts, so no delivery was later than ``delay`` says. The two
    times are of two clocks: what they differ by is in it, and what came "before" it was stored
    counts as at once. ``clock`` gives Unix seconds.
    """

    __slots__ = ("_clock", "_oldest", "_parts", "delay", "size")

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._oldest: float | None = None
        self._parts = 0
        self.delay = Buckets(DELAY_SECONDS)
        self.size = Buckets(PARTS)

    def took(self, stored_at: float, parts: int) -> None:
        """Note an entry that the next flush will write; they come in the order of their ages."""
        if self._oldest is None:
            self._oldest = stored_at
        self._parts += parts

    def written(self) -> float | None:
        """Note that all of it is written; gives the delay, or None where there was nothing."""
        if self._oldest is None:
            return None
        delay = max(self._clock() - self._oldest, 0.0)
        self.delay.add(delay)
        self.size.add(self._parts)
        self._oldest, self._parts = None, 0
        return delay
