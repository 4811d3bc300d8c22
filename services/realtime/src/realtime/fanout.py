"""The fan-out kernel: a subscriber is a position in a log.

Entries come in by `Hub.publish`, already encoded. A flush frames what came in since the last one,
once per channel, and writes the same bytes object to every sink at the head: no queue, no task and
no ``await`` per subscriber. A subscriber whose sink is full leaves the live set and keeps its
position; when there is room it is caught up from the log. Resume, replay, slow reader and drain are
this one mechanism.
"""

import asyncio
import math
import time
from collections.abc import Callable, Hashable, Sequence
from datetime import timedelta
from typing import Final, NamedTuple

from realtime.catchup import CatchUp
from realtime.channel import Channel, Subscriber
from realtime.counts import HubCounts
from realtime.errors import AirwaveError
from realtime.framing import Framing
from realtime.log import Log, LogLimits
from realtime.spending import Spent

TICK_SECONDS: Final = 0.5
"""How often heartbeats and evictions are due; the shortest bound that rests on it is 5 s."""
_ROUTES_MAX: Final = 50_000
"""Topics whose channels are remembered; names come from outside, so the cache is bounded."""


class Part(NamedTuple):
    """What one entry says on one topic, encoded once."""

    topic: str
    payload: bytes


class Entry(NamedTuple):
    """One event of the log at its offset; no parts where a message could not be read."""

    offset: int
    parts: tuple[Part, ...]


class TooManyChannelsError(AirwaveError):
    """This replica serves no further distinct channel."""

    code = "channels"
    retryable = True

    def __init__(self, limit: int) -> None:
        self.limit = limit
        super().__init__(f"this replica already serves {limit} distinct channels")


class Hub:
    """This replica's channels over one log.

    ``flush_interval``: an entry after quiet is written at once; under load what arrives within the
    interval is framed together. Zero writes each entry by itself. ``evict_after``: how long a
    subscriber's socket may stay full before it is aborted. ``on_flush`` sees the entries of a flush
    just before they are written, `on_written` is called when they are. Belongs to one event loop;
    every method but `run` returns at once.
    """

    def __init__(
        self,
        limits: LogLimits,
        *,
        flush_interval: timedelta,
        evict_after: timedelta,
        channels_max: int,
        on_flush: Callable[[Sequence[Entry]], None] = lambda _: None,
    ) -> None:
        self.log: Log[Entry] = Log(limits)
        self.counts = HubCounts()
        self.channels: dict[Hashable, Channel] = {}
        self.flushed = 0
        self._limits = limits
        self._interval = flush_interval.total_seconds()
        self._evict_after = evict_after.total_seconds()
        self._channels_max = channels_max
        self._on_flush = on_flush
        self._routes: dict[str, tuple[Channel, ...]] = {}
        self._unflushed: list[Entry] = []
        self._dirty: dict[Channel, None] = {}
        self._last_flush = -math.inf
        self._flush_timer: asyncio.TimerHandle | None = None
        self._catch_up = CatchUp(self.counts)
        self._waiters: list[tuple[int, asyncio.Future[None]]] = []
        self.on_written: Callable[[], object] = lambda: None

    @property
    def epoch(self) -> str:
        """The epoch that positions of this hub carry now; empty before the first `restart`."""
        return self.log.epoch

    @property
    def subscribers(self) -> int:
        """How many there are, over all channels."""
        return sum(len(channel.subscribers) for channel in self.channels.values())

    # ---------------------------------------------------------------- entries in

    def publish(self, entry: Entry) -> None:
        """Append an entry above the head and see that it reaches those who want it."""
        now = time.monotonic()
        self.log.append(entry.offset, entry, size=sum(len(p.payload) for p in entry.parts), now=now)
        self._unflushed.append(entry)
        self._route(entry)
        if self.log.floor > self.flushed:
            # A burst larger than the ring: whoever joins now would begin after what is not yet in
            # any snapshot.
            self.flush()
        elif self._flush_timer is None:
            due = self._last_flush + self._interval - now
            if due <= 0:
                self.flush()
            else:
                self._flush_timer = asyncio.get_running_loop().call_later(due, self.flush)

    def flush(self) -> None:
        """Write what came in since the last flush."""
        if self._flush_timer is not None:
            self._flush_timer.cancel()
            self._flush_timer = None
        if not self._unflushed:
            return
        now = self._last_flush = time.monotonic()
        entries, self._unflushed = self._unflushed, []
        dirty, self._dirty = self._dirty, {}
        self._on_flush(entries)
        self.flushed = entries[-1].offset
        self.counts.flushes += 1
        for channel in dirty:
            channel.flush(now)
        self.on_written()
        if self._waiters:
            self._wake_waiters()

    def amend(self, entry: Entry) -> None:
        """Put an entry in the place of the one at its offset, for everybody who reads it later.

        Who has had the other one is not told. Nothing happens where the ring doesn't reach.
        """
        self.flush()
        self.log.amend(entry.offset, entry, size=sum(len(p.payload) for p in entry.parts))
        for channel, payloads in self._wanted(entry).items():
            channel.flush_now(time.monotonic())
            # What was framed for readers before would hand the old one out.
            channel.slices.clear()
            channel.log.amend(entry.offset, tuple(payloads), size=sum(map(len, payloads)))

    async def reached(self, offset: int) -> None:
        """Wait until everything up to ``offset`` was flushed (or the log began anew)."""
        if self.flushed >= offset:
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.append((offset, future))
        await future

    def _wake_waiters(self) -> None:
        waiting, self._waiters = self._waiters, []
        for offset, future in waiting:
            if future.done():
                continue
            if offset <= self.flushed:
                future.set_result(None)
            else:
                self._waiters.append((offset, future))

    def skip(self, upto: int) -> None:
        """Take note that nothing up to ``upto`` will ever come: the stream has lost it."""
        self._break(epoch=self.log.epoch, floor=upto)

    def restart(self, *, epoch: str, floor: int) -> None:
        """Go on in a new incarnation of the stream, whose entries follow ``floor``."""
        self._break(epoch=epoch, floor=floor)

    def _break(self, *, epoch: str, floor: int) -> None:
        """Begin the logs anew; everybody is told a gap by the one path that tells gaps."""
        self.flush()
        for channel in self.channels.values():
            channel.flush_now(time.monotonic())
            for subscriber in list(channel.live):
                subscriber.fall_behind()
        self._catch_up.hole_upto = floor
        self.flushed = floor
        self.log.restart(epoch=epoch, floor=floor)
        for channel in list(self.channels.values()):
            channel.log.restart(epoch=epoch, floor=floor)
            for subscriber in list(channel.subscribers):
                self.step(subscriber)
        waiting, self._waiters = self._waiters, []
        for _, future in waiting:
            if not future.done():
                future.set_result(None)

    def _route(self, entry: Entry) -> None:
        for channel, payloads in self._wanted(entry).items():
            channel.pend(entry.offset, tuple(payloads))
            self._dirty[channel] = None

    def _wanted(self, entry: Entry) -> dict[Channel, list[bytes]]:
        wanted: dict[Channel, list[bytes]] = {}
        for part in entry.parts:
            for channel in self._channels_of(part.topic):
                wanted.setdefault(channel, []).append(part.payload)
        return wanted

    def _channels_of(self, topic: str) -> tuple[Channel, ...]:
        channels = self._routes.get(topic)
        if channels is None:
            if len(self._routes) >= _ROUTES_MAX:
                self._routes.clear()
            channels = tuple(c for c in self.channels.values() if c.wants(topic))
            self._routes[topic] = channels
        return channels

    # ---------------------------------------------------------------- channels

    def channel(
        self,
        key: Hashable,
        *,
        wants: Callable[[str], bool],
        framing: Framing,
        interval: timedelta = timedelta(0),
        spent: Spent | None = None,
    ) -> Channel:
        """The channel of ``key``: everybody with an equal one shares it, and its bytes.

        ``interval``: the least time between two of its flushes; zero follows the hub's. ``spent``:
        where what it costs is summed up.
        A new one begins with what this hub's log has for it. One without subscribers is dropped
        with its last subscriber, so attach before the next ``await``.

        Raises:
            TooManyChannelsError: the cap on distinct channels is reached.
        """
        channel = self.channels.get(key)
        if channel is not None:
            return channel
        if len(self.channels) >= self._channels_max:
            raise TooManyChannelsError(self._channels_max)
        log: Log[tuple[bytes, ...]] = Log(self._limits, epoch=self.log.epoch, floor=self.log.floor)
        seconds = interval.total_seconds()
        channel = Channel(
            self, key, wants=wants, framing=framing, log=log, interval=seconds, spent=spent
        )
        self._backfill(channel)
        self.channels[key] = channel
        self._routes.clear()
        return channel

    def _backfill(self, channel: Channel) -> None:
        now = time.monotonic()
        for offset, entry in self.log.after(self.log.floor, limit=len(self.log)):
            payloads = tuple(p.payload for p in entry.parts if channel.wants(p.topic))
            if not payloads:
                continue
            if offset <= self.flushed:
                channel.log.append(offset, payloads, size=sum(map(len, payloads)), now=now)
            else:
                channel.pend(offset, payloads)
                self._dirty[channel] = None

    def drop_channel(self, channel: Channel) -> None:
        """Forget a channel that nobody listens to."""
        if self.channels.get(channel.key) is channel:
            del self.channels[channel.key]
            self._dirty.pop(channel, None)
            channel.cancel_timer()
            self._routes.clear()

    def write_all(self, chunks: Sequence[bytes]) -> None:
        """Hand control chunks to every subscriber; conflation and lag never hold them back."""
        for channel in list(self.channels.values()):
            channel.write_all(chunks)

    # ---------------------------------------------------------------- catching up

    def step(self, subscriber: Subscriber) -> None:
        """Write one slice to a subscriber that is behind; it joins the head if that did it."""
        self._catch_up.step(subscriber)

    def catch_up(self, subscriber: Subscriber) -> None:
        """Bring a subscriber to the head in slices, in turns with others."""
        self._catch_up.later(subscriber)

    # ---------------------------------------------------------------- time

    async def run(self) -> None:
        """Heartbeats, evictions and ageing, until cancelled."""
        while True:
            await asyncio.sleep(TICK_SECONDS)
            self.tick(time.monotonic())

    def tick(self, now: float) -> None:
        """Do what is due at ``now`` (monotonic seconds)."""
        self.flush()
        self.log.trim(now)
        for channel in list(self.channels.values()):
            channel.log.trim(now)
            channel.slices.clear()
            channel.beat(now)
            for subscriber in list(channel.subscribers):
                stalled = subscriber.stalled_since
                if stalled is not None and now - stalled >= self._evict_after:
                    self.counts.evicted += 1
                    subscriber.sink.abort()
