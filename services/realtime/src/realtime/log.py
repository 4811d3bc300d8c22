"""A ring of recent events, each at its offset: the one thing that every subscriber reads from."""

import time
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Generic, TypeVar

T = TypeVar("T")

# Dropped slots are given back when they are half of the list: amortised O(1) per append.
_COMPACT_FROM: Final = 1_024


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLimits:
    """How much a log keeps; whichever bound is reached first drops the oldest."""

    count: int
    bytes: int
    age: timedelta


class Log(Generic[T]):
    """Recent items of one epoch in the order of their offsets.

    Everything of this log with an offset in ``(floor, head]`` is here: a reader at a position at or
    above the floor can be brought to the head without a gap. Appending is O(1) amortised, reading
    from an offset O(log n). Not thread-safe; used from one event loop.
    """

    def __init__(self, limits: LogLimits, *, epoch: str = "", floor: int = 0) -> None:
        self._limits = limits
        self._age = limits.age.total_seconds()
        self.epoch = epoch
        self.floor = floor
        self.head = floor
        self.bytes = 0
        self._offsets: list[int] = []
        self._items: list[T] = []
        self._sizes: list[int] = []
        self._times: list[float] = []
        self._start = 0
        self._compacted = 0

    def __len__(self) -> int:
        return len(self._offsets) - self._start

    @property
    def age(self) -> float:
        """How old the oldest item is, in seconds; 0 where there is none."""
        return time.monotonic() - self._times[self._start] if len(self) else 0.0

    def append(self, offset: int, item: T, *, size: int, now: float) -> None:
        """Add ``item`` of ``size`` bytes at ``offset``, above the head; ``now`` is in seconds.

        Raises:
            ValueError: the offset does not rise, which would break every reader's bisection.
        """
        if offset <= self.head:
            message = f"offset {offset} is not above the head {self.head}"
            raise ValueError(message)
        self._offsets.append(offset)
        self._items.append(item)
        self._sizes.append(size)
        self._times.append(now)
        self.bytes += size
        self.head = offset
        self.trim(now)

    def amend(self, offset: int, item: T, *, size: int) -> None:
        """Put ``item`` where another one was, or where nothing was; ``offset`` is above the floor.

        For whoever reads from now on. Above the head or at the floor and below nothing happens.
        """
        if not self.floor < offset <= self.head:
            return
        index = bisect_left(self._offsets, offset, lo=self._start)
        if index < len(self._offsets) and self._offsets[index] == offset:
            self.bytes += size - self._sizes[index]
            self._items[index], self._sizes[index] = item, size
            return
        neighbour = min(index, len(self._times) - 1)
        self._offsets.insert(index, offset)
        self._items.insert(index, item)
        self._sizes.insert(index, size)
        self._times.insert(index, self._times[neighbour] if neighbour >= self._start else 0.0)
        self.bytes += size

    def after(self, offset: int, *, limit: int) -> Sequence[tuple[int, T]]:
        """Up to ``limit`` items above ``offset``, oldest first, with their offsets."""
        low = bisect_right(self._offsets, offset, lo=self._start)
        high = min(low + limit, len(self._offsets))
        return list(zip(self._offsets[low:high], self._items[low:high], strict=True))

    def upto(self, offset: int, *, limit: int) -> Sequence[tuple[int, T]]:
        """The newest ``limit`` items at or below ``offset``, oldest first, with their offsets."""
        high = bisect_right(self._offsets, offset, lo=self._start)
        low = max(self._start, high - limit)
        return list(zip(self._offsets[low:high], self._items[low:high], strict=True))

    def page_after(self, offset: int, *, size: int) -> Sequence[tuple[int, T]]:
        """The items above ``offset`` up to the end of its page, oldest first, with their offsets.

        Pages of ``size`` items lie fixed over the log, so readers who begin at different places
        come to read the same pages.
        """
        low = bisect_right(self._offsets, offset, lo=self._start)
        return self.after(offset, limit=size - (self._compacted + low) % size)

    def tail(self, limit: int) -> Sequence[tuple[int, T]]:
        """The newest ``limit`` items, oldest first, with their offsets."""
        low = max(self._start, len(self._offsets) - limit)
        return list(zip(self._offsets[low:], self._items[low:], strict=True))

    def restart(self, *, epoch: str, floor: int) -> None:
        """Forget everything: what comes next follows ``floor`` in ``epoch``."""
        self.epoch = epoch
        self.floor = self.head = floor
        self.bytes = 0
        self._start = self._compacted = 0
        for column in (self._offsets, self._items, self._sizes, self._times):
            column.clear()

    def trim(self, now: float) -> None:
        """Drop from the oldest end what is over a bound."""
        oldest = now - self._age
        while len(self) and (
            len(self) > self._limits.count
            or self.bytes > self._limits.bytes
            or self._times[self._start] < oldest
        ):
            self._drop_oldest()
        if self._start >= _COMPACT_FROM and self._start * 2 >= len(self._offsets):
            self._compact()

    def _drop_oldest(self) -> None:
        index = self._start
        self.floor = self._offsets[index]
        self.bytes -= self._sizes[index]
        self._start += 1

    def _compact(self) -> None:
        for column in (self._offsets, self._items, self._sizes, self._times):
            del column[: self._start]
        self._compacted += self._start
        self._start = 0
