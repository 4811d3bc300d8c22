"""Bringing those who are behind to the head: from the log, in slices, in turns."""

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from time import thread_time_ns
from typing import Final

from realtime.channel import Subscriber
from realtime.counts import HubCounts
from realtime.framing import Gap, GapReason
from realtime.position import Position

PUMP_SECONDS: Final = 0.005
"""How long catching up may hold the loop before live deliveries get their turn."""
SLICE_ENTRIES: Final = 256
"""Entries that one step frames: a step of them stays well below the pump's 5 ms."""


class CatchUp:
    """The subscribers of a hub that are behind and have room.

    ``hole_upto`` is where the hub's logs last began anew: a position below it lies before a loss of
    the stream's, not of the ring's.
    """

    def __init__(self, counts: HubCounts) -> None:
        self.hole_upto = 0
        self._counts = counts
        self._behind: deque[Subscriber] = deque()
        self._pumping = False

    def later(self, subscriber: Subscriber) -> None:
        """Take the next step when it is the subscriber's turn."""
        if subscriber.queued or subscriber.live or subscriber.closed:
            return
        subscriber.queued = True
        self._behind.append(subscriber)
        if not self._pumping:
            self._pumping = True
            asyncio.get_running_loop().call_soon(self._pump)

    def step(self, subscriber: Subscriber) -> None:
        """Write one slice to a subscriber that is behind; it joins the head if that did it."""
        if subscriber.closed or subscriber.live or subscriber.sink.full or subscriber.early:
            return
        self._write_next(subscriber)
        if subscriber.waits:
            return
        if subscriber.position.offset >= subscriber.channel.log.head:
            subscriber.join_live()
        else:
            self.later(subscriber)

    def _pump(self) -> None:
        until = time.monotonic() + PUMP_SECONDS
        while self._behind and time.monotonic() < until:
            subscriber = self._behind.popleft()
            subscriber.queued = False
            began = thread_time_ns()
            self.step(subscriber)
            subscriber.channel.spent.since(began)
        self._pumping = bool(self._behind)
        if self._pumping:
            asyncio.get_running_loop().call_soon(self._pump)

    def _write_next(self, subscriber: Subscriber) -> None:
        log = subscriber.channel.log
        position = subscriber.position
        if position.epoch != log.epoch or position.offset < log.floor:
            self._tell_gap(subscriber)
            return
        # What a paced channel missed is conflated to one event, however much it was.
        if subscriber.channel.paced:
            items = log.after(position.offset, limit=len(log))
        else:
            items = log.page_after(position.offset, size=SLICE_ENTRIES)
        if items:
            self._write_slice(subscriber, items)

    def _write_slice(
        self, subscriber: Subscriber, items: Sequence[tuple[int, tuple[bytes, ...]]]
    ) -> None:
        channel = subscriber.channel
        chunks, count = channel.slices.framed(items, channel.log.epoch)
        subscriber.move_to(Position(channel.log.epoch, items[-1][0]))
        subscriber.delivered += count
        self._counts.deliveries += count
        for chunk in chunks:
            subscriber.sink.write(chunk)
        channel.spent.wrote(chunks)

    def _tell_gap(self, subscriber: Subscriber) -> None:
        channel = subscriber.channel
        position = subscriber.position
        if position.epoch != channel.log.epoch:
            reason = GapReason.EPOCH
        elif position.offset < self.hole_upto:
            reason = GapReason.OVERFLOW
        else:
            reason = GapReason.EVICTED
        self._counts.gaps[reason] += 1
        gap = Gap(after=position, upto=channel.position, reason=reason)
        subscriber.move_to(gap.upto)
        chunks = channel.framing.gap(gap)
        for chunk in chunks:
            subscriber.sink.write(chunk)
        channel.spent.wrote(chunks)
