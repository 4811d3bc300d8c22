"""Readings between their source and the broker: one lane per sensor, one bound over all."""

import asyncio
from collections import OrderedDict, deque
from dataclasses import dataclass, field


@dataclass(slots=True, eq=False)
class Entry:
    """A reading on its way. The same ``message_id`` goes with every attempt."""

    source: str
    message_id: str
    subject: str
    payload: bytes
    first_sent: float | None = None
    """When the oldest attempt of unknown fate was made, in monotonic seconds."""


@dataclass(slots=True, eq=False)
class _Lane:
    """The readings of one sensor that wait behind each other."""

    waiting: deque[Entry] = field(default_factory=deque)
    scheduled: bool = False
    """Whether the lane is up for `Spool.take`, or one of its entries is in flight."""


class Spool:
    """A bounded store that gives each sensor's readings out one at a time, oldest first.

    The next reading of a sensor is given out only after the one before it is `done`: whatever
    happens to an attempt, a reading cannot overtake an earlier one of its sensor. Different sensors
    do not wait for each other.

    At most ``capacity`` readings wait; one more drops the oldest of all. What is in flight is not
    counted as waiting and not dropped, because it may have been stored already.
    """

    def __init__(self, *, capacity: int, roomy_below: int) -> None:
        self._capacity = capacity
        self._roomy_below = min(roomy_below, capacity)
        self._lanes: dict[str, _Lane] = {}
        # Age order over all lanes. An ordinary dict would be slow to say which is its first key
        # after many were removed from the front.
        self._waiting: OrderedDict[Entry, None] = OrderedDict()
        self._up: asyncio.Queue[str] = asyncio.Queue()
        self._roomy = asyncio.Event()
        self._roomy.set()
        self._empty = asyncio.Event()
        self._empty.set()
        self.in_flight = 0

    def __len__(self) -> int:
        """How many readings wait."""
        return len(self._waiting)

    def put(self, entry: Entry) -> Entry | None:
        """Add a reading; returns the one that was dropped to make room."""
        dropped = self._drop_oldest() if len(self._waiting) >= self._capacity else None
        lane = self._lanes.setdefault(entry.subject, _Lane())
        lane.waiting.append(entry)
        self._waiting[entry] = None
        if not lane.scheduled:
            self._schedule(entry.subject, lane)
        self._tell()
        return dropped

    async def take(self) -> Entry:
        """Wait for a reading that may be sent, and count it as in flight."""
        while True:
            subject = await self._up.get()
            lane = self._lanes[subject]
            if lane.waiting:
                entry = lane.waiting.popleft()
                del self._waiting[entry]
                self.in_flight += 1
                self._tell()
                return entry
            # All that waited here was dropped since the lane was put up.
            del self._lanes[subject]

    def done(self, entry: Entry) -> None:
        """End an entry's flight; the next one of its sensor may go."""
        self.in_flight -= 1
        lane = self._lanes[entry.subject]
        if lane.waiting:
            self._schedule(entry.subject, lane)
        else:
            del self._lanes[entry.subject]
        self._tell()

    async def room(self) -> None:
        """Wait until fewer than ``roomy_below`` readings wait."""
        await self._roomy.wait()

    async def empty(self) -> None:
        """Wait until nothing waits and nothing is in flight."""
        await self._empty.wait()

    def _schedule(self, subject: str, lane: _Lane) -> None:
        lane.scheduled = True
        self._up.put_nowait(subject)

    def _drop_oldest(self) -> Entry:
        oldest, _ = self._waiting.popitem(last=False)
        # The oldest of all is the oldest of its lane.
        self._lanes[oldest.subject].waiting.popleft()
        return oldest

    def _tell(self) -> None:
        _set(self._roomy, when=len(self._waiting) < self._roomy_below)
        _set(self._empty, when=not self._waiting and not self.in_flight)


def _set(event: asyncio.Event, *, when: bool) -> None:
    if when:
        event.set()
    else:
        event.clear()
