"""A channel and its subscribers: those at the head, and those that are being caught up."""

import asyncio
import math
import time
from collections.abc import Callable, Hashable, Sequence
from time import thread_time_ns
from typing import Protocol

from realtime.counts import HubCounts
from realtime.framing import Framing
from realtime.log import Log
from realtime.position import Position
from realtime.sink import Sink
from realtime.slices import Slices
from realtime.spending import Spent
from realtime.tally import Tally


class ChannelHub(Protocol):
    """What a channel needs of the hub that it belongs to."""

    flushed: int
    counts: HubCounts

    def step(self, subscriber: "Subscriber") -> None:
        """Write one slice to a subscriber that is behind."""

    def catch_up(self, subscriber: "Subscriber") -> None:
        """Bring a subscriber to the head, in turns with others."""

    def drop_channel(self, channel: "Channel") -> None:
        """Forget a channel that nobody listens to."""


class Subscriber:
    """A party with a position: live at the channel's head, or behind it and caught up later."""

    __slots__ = (
        "_behind_at",
        "_joined_at",
        "channel",
        "closed",
        "delivered",
        "heartbeat",
        "live",
        "queued",
        "quiet_since",
        "sink",
        "stalled_since",
    )

    def __init__(
        self, channel: "Channel", sink: Sink, position: Position, heartbeat: float | None
    ) -> None:
        now = time.monotonic()
        self.channel = channel
        self.sink = sink
        self.live = False
        self.closed = False
        self.queued = False
        self.heartbeat = heartbeat
        self.quiet_since = now
        self.stalled_since = now if sink.full else None
        self.delivered = 0
        self._behind_at = position
        self._joined_at = 0
        sink.listen(self)

    @property
    def position(self) -> Position:
        """Up to where everything was handed to the sink."""
        return self.channel.position if self.live else self._behind_at

    @property
    def waits(self) -> bool:
        """Whether nothing can be written now: the socket is full, or gone."""
        return self.closed or self.sink.full

    @property
    def early(self) -> bool:
        """Whether it has more than its paced channel has written; it waits for the next flush."""
        at, channel = self.position, self.channel
        return at.epoch == channel.log.epoch and at.offset > channel.position.offset

    def move_to(self, position: Position) -> None:
        """Note how far a subscriber that is behind has been brought."""
        self._behind_at = position

    def join_live(self) -> None:
        """Enter the live set; the caller has brought the position to the channel's."""
        self.live = True
        self._joined_at = self.channel.written
        self.channel.live[self] = self.sink
        self.sink.join(self.channel.tally)

    def fall_behind(self) -> None:
        """Leave the live set with the position that was reached."""
        if self.live:
            self._behind_at = self.channel.position
            self.delivered += self.channel.written - self._joined_at
            self.live = False
            del self.channel.live[self]
            self.sink.part()

    def sink_full(self) -> None:
        """Leave the live set: the socket is full."""
        self.fall_behind()
        self.stalled_since = time.monotonic()

    def sink_drained(self) -> None:
        """Catch up: the socket has room."""
        self.stalled_since = None
        self.channel.hub.catch_up(self)

    def sink_closed(self) -> None:
        """Leave for good."""
        self.close()

    def close(self) -> None:
        """Leave the channel; the sink stays as it is."""
        if not self.closed:
            self.fall_behind()
            self.closed = True
            self.sink.unlisten(self)
            self.channel.remove(self)


class Channel:
    """What a set of subscribers asks for, its recent payloads, and who is at its head.

    ``wants`` says for a part's topic whether the channel carries it. ``interval`` (seconds) is the
    least time between two flushes of this channel; zero follows the hub's. What writing costs is
    summed up in ``spent``.
    """

    def __init__(
        self,
        hub: ChannelHub,
        key: Hashable,
        *,
        wants: Callable[[str], bool],
        framing: Framing,
        log: Log[tuple[bytes, ...]],
        interval: float = 0.0,
        spent: Spent | None = None,
    ) -> None:
        self.hub = hub
        self.key = key
        self.wants = wants
        self.framing = framing
        self.log = log
        self.live: dict[Subscriber, Sink] = {}
        self.subscribers: dict[Subscriber, None] = {}
        self.last_write = time.monotonic()
        self.written = 0
        self.tally = Tally()
        self.slices = Slices(framing)
        self.spent = spent or Spent()
        self._interval = interval
        self._due = -math.inf
        self._timer: asyncio.TimerHandle | None = None
        self._pending: list[tuple[int, tuple[bytes, ...]]] = []
        self._early: list[Subscriber] = []

    @property
    def position(self) -> Position:
        """Up to where everything was written to those at the head."""
        upto = self._pending[0][0] - 1 if self._pending else self.hub.flushed
        return Position(self.log.epoch, upto)

    def attach(
        self, sink: Sink, position: Position, *, heartbeat: float | None = None
    ) -> Subscriber:
        """Serve ``sink`` from ``position`` on: what the log has at once, then live.

        No ``await`` lies between reading the log and joining the live set, so there is neither a
        gap nor a duplicate. A position below the log's floor is told as a gap. ``heartbeat`` is the
        longest silence in seconds.

        Raises:
            ValueError: the position is one that this replica has not reached; another replica may
                have given it, so wait for `Hub.reached` first.
        """
        if position.epoch == self.log.epoch and position.offset > self.hub.flushed:
            message = f"position {position} is ahead of {self.hub.flushed}"
            raise ValueError(message)
        subscriber = Subscriber(self, sink, position, heartbeat)
        self.subscribers[subscriber] = None
        if subscriber.early:
            self._early.append(subscriber)
        self.hub.step(subscriber)
        return subscriber

    def pend(self, offset: int, payloads: tuple[bytes, ...]) -> None:
        """Keep an entry's payloads for the next flush."""
        self._pending.append((offset, payloads))

    @property
    def paced(self) -> bool:
        """Whether this channel flushes at an interval of its own."""
        return self._interval > 0

    def flush(self, now: float) -> None:
        """Write what is pending to everybody at the head, now or when the interval is over."""
        if now >= self._due:
            self.flush_now(now)
        elif self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._due - now, self._flush_late)

    def flush_now(self, now: float) -> None:
        """Write what is pending, as far as the hub has flushed."""
        self.cancel_timer()
        ready = [item for item in self._pending if item[0] <= self.hub.flushed]
        if not ready:
            return
        self._pending = self._pending[len(ready) :]
        self._due = now + self._interval
        for offset, payloads in ready:
            self.log.append(offset, payloads, size=sum(map(len, payloads)), now=now)
        if self.live:
            self._write_ready(ready, now)
        early, self._early = self._early, []
        for subscriber in early:
            self.hub.step(subscriber)

    def cancel_timer(self) -> None:
        """Forget about the flush that was put off."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _flush_late(self) -> None:
        self.flush_now(time.monotonic())

    def _write_ready(self, ready: Sequence[tuple[int, tuple[bytes, ...]]], now: float) -> None:
        began = thread_time_ns()
        flat = self.framing.reduce([payload for _, payloads in ready for payload in payloads])
        chunks = self.framing.frame(flat, self.position)
        self.written += len(flat)
        receivers = self._write_live(chunks, now)
        self.hub.counts.deliveries += receivers * len(flat)
        self.spent.wrote(chunks, receivers=receivers)
        self.spent.since(began)

    def _write_live(self, chunks: Sequence[bytes], now: float) -> int:
        """Hand the same chunks to every sink at the head; returns how many sinks there were.

        A sink that fills while it is written to leaves the live set with the position after these
        chunks, so the loop runs over a copy and finishes them for everybody.
        """
        self.last_write = now
        sinks = list(self.live.values())
        for chunk in chunks:
            self.tally.count(chunk)
        for chunk in chunks:
            for sink in sinks:
                sink.write_shared(chunk)
        return len(sinks)

    def write_all(self, chunks: Sequence[bytes]) -> None:
        """Hand control chunks to every subscriber, also to those behind."""
        for subscriber in list(self.subscribers):
            for chunk in chunks:
                subscriber.sink.write(chunk)

    def write_head(self, chunks: Sequence[bytes]) -> int:
        """Hand passing chunks to those at the head; to how many.

        Who is behind misses them: what is soon told anew must not fill a socket that is full.
        """
        sinks = list(self.live.values())
        for sink in sinks:
            for chunk in chunks:
                sink.write(chunk)
        return len(sinks)

    def beat(self, now: float) -> None:
        """Write a heartbeat to those at the head that heard nothing for as long as they asked."""
        chunks: Sequence[bytes] | None = None
        for subscriber in list(self.live):
            quiet = now - max(self.last_write, subscriber.quiet_since)
            if subscriber.heartbeat is None or quiet < subscriber.heartbeat:
                continue
            chunks = chunks or self.framing.heartbeat(self.position)
            subscriber.quiet_since = now
            for chunk in chunks:
                subscriber.sink.write(chunk)
            self.spent.wrote(chunks)

    def remove(self, subscriber: Subscriber) -> None:
        """Forget a subscriber, and oneself with the last one."""
        self.subscribers.pop(subscriber, None)
        if not self.subscribers:
            self.hub.drop_channel(self)
