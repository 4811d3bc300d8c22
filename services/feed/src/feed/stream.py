"""One open stream: where it begins, what it is told first, and how it ends."""

import random
import time
from datetime import timedelta
from typing import Final

import structlog
from msgspec import UNSET

from feed.costs import Transport
from feed.events import UPSTREAM_DOWN, Hello, NotResumed
from feed.fanout import ChannelKey, Fanout
from feed.framing import (
    Encode,
    encode_busy,
    encode_drain,
    encode_expired,
    encode_expiring,
    encode_hello,
    encode_status,
    server_time,
)
from feed.query import ReadingsQuery
from feed.relay import readable_parts
from realtime.admission import Refusal, Slot
from realtime.broker import Delivery
from realtime.channel import Channel, Subscriber
from realtime.errors import BrokerError
from realtime.fanout import TooManyChannelsError
from realtime.framing import Gap, GapReason
from realtime.identity.watch import EndReason, Pass
from realtime.identity.who import GUEST, Identity
from realtime.position import Position
from realtime.relay import is_reached
from realtime.sink import ClosedSink, Sink, room_in
from realtime.sse import encode_event, encode_retry
from realtime.subjects import SENSORS

PAGE: Final = 500
"""Messages of the stream that become one replayed event."""
RETRY_MS: Final = (1_000, 5_000)
"""Bounds of the random reconnection time, so that reconnects spread."""

log: structlog.stdlib.BoundLogger = structlog.get_logger()


def random_retry_ms() -> int:
    """A reconnection time for one client."""
    return random.randint(*RETRY_MS)  # noqa: S311 - spreads load


def _plain(seconds: float) -> float:
    """15 rather than 15.0: whole numbers are written as such."""
    return int(seconds) if seconds.is_integer() else seconds


class Stream:
    """A client's stream of readings; `open` gives it the sink that it writes to.

    ``encode`` is its ``transport``'s. `ended_by` says who or what ended it, the client unless it
    did so itself.
    """

    def __init__(
        self,
        fanout: Fanout,
        query: ReadingsQuery,
        slot: Slot,
        *,
        ip: str,
        identity: Identity = GUEST,
        encode: Encode = encode_event,
        transport: Transport = Transport.SSE,
        request_id: str = "",
    ) -> None:
        self._request_id = request_id
        self._fanout = fanout
        self._transport = transport
        self._spent = fanout.costs.spent[transport]
        self._query = query
        self._slot = slot
        self._sink: Sink = ClosedSink()
        self._ip = ip
        self._identity = identity
        self._pass: Pass | None = None
        self._began = time.monotonic()
        self._subscriber: Subscriber | None = None
        self._replayed = 0
        self.ended_by = "client"
        self._encode = encode
        self._framing = fanout.framings.of(query.sensors, query.pace, encode)

    # ---------------------------------------------------------------- beginning

    async def open(self, sink: Sink) -> None:
        """Write what comes first, then follow the channel."""
        self._sink = sink
        self._fanout.departures.add(self)
        self._pass = self._fanout.watch.enter(self._identity, self)
        try:
            await self._begin()
        except TooManyChannelsError as error:
            self._slot.refuse(Refusal.CHANNELS)
            self._turn_away(error.code)
        except BrokerError:
            # Nothing was told to be lost: the client comes back with the position it has.
            self._turn_away(UPSTREAM_DOWN)

    async def _begin(self) -> None:
        query, hub = self._query, self._fanout.hub
        position = query.position
        if position is None:
            self._begin_fresh(NotResumed.BAD_POSITION if query.offered else None)
            return
        if position.epoch != hub.epoch:
            self._begin_after_gap(position, GapReason.EPOCH)
        elif position.offset > hub.flushed and not await is_reached(
            hub, self._fanout.broker, SENSORS.name, position.offset
        ):
            self._begin_fresh(NotResumed.BAD_POSITION)
        elif position.offset >= hub.log.floor:
            self._resume(position)
        else:
            await self._resume_from_stream(position)

    def _begin_fresh(self, reason: NotResumed | None) -> None:
        channel = self._channel()
        position = channel.position
        self._hello(position, resumed=False, reason=reason)
        self._write(self._framing.snapshot(position))
        self._attach(channel, position)

    def _begin_after_gap(self, position: Position, reason: GapReason) -> None:
        self._hello(self._channel().position, resumed=False, reason=NotResumed(reason))
        self._go_on_after_gap(position, reason)

    def _go_on_after_gap(self, position: Position, reason: GapReason) -> None:
        channel = self._channel()
        gap = Gap(after=position, upto=channel.position, reason=reason)
        self._fanout.hub.counts.gaps[reason] += 1
        self._write(*self._framing.gap(gap))
        self._attach(channel, gap.upto)

    def _resume(self, position: Position) -> None:
        channel = self._channel()
        self._hello(position, resumed=True)
        self._attach(channel, position)

    async def _resume_from_stream(self, position: Position) -> None:
        """Replay what the ring no longer has; live events wait in the log meanwhile."""
        log_ = self._fanout.hub.log
        too_many = log_.floor - position.offset > self._fanout.replay_events * PAGE
        page = [] if too_many else await self._page(position)
        if not page:
            self._begin_after_gap(position, GapReason.TOO_FAR)
            return
        self._hello(position, resumed=True)
        while page:
            position = Position(position.epoch, page[-1].offset)
            self._write_page(page, position)
            await room_in(self._sink)
            if position.epoch != log_.epoch or position.offset >= log_.floor:
                self._attach(self._channel(), position)
                return
            page = await self._page(position)
        self._go_on_after_gap(position, GapReason.TOO_FAR)

    async def _page(self, position: Position) -> list[Delivery]:
        """What follows ``position`` in the stream without a hole, as far as this replica is."""
        hub, broker = self._fanout.hub, self._fanout.broker
        page = await broker.read(SENSORS.name, after=position.offset, limit=PAGE)
        # Asked last: then all that was read belongs to the position's epoch.
        if (await broker.stream_state(SENSORS.name)).epoch != position.epoch:
            return []
        return [
            delivery
            for expected, delivery in enumerate(page, position.offset + 1)
            if delivery.offset == expected and delivery.offset <= hub.flushed
        ]

    def _write_page(self, page: list[Delivery], upto: Position) -> None:
        wants = self._query.sensors.wants
        payloads = self._framing.reduce(
            [part.payload for part in readable_parts(page) if wants(part.topic)]
        )
        self._replayed += len(payloads)
        if payloads:
            self._write(*self._framing.frame(payloads, upto))

    def _channel(self) -> Channel:
        sensors, pace = self._query.sensors, self._query.pace
        return self._fanout.hub.channel(
            ChannelKey(sensors, pace, self._transport),
            wants=sensors.wants,
            framing=self._framing,
            interval=timedelta(0) if pace is None else pace.interval,
            spent=self._spent,
        )

    def _attach(self, channel: Channel, position: Position) -> None:
        if not self._fanout.relay.upstream_up:
            self._write(encode_status(up=False, encode=self._encode))
        heartbeat = self._query.heartbeat.total_seconds()
        self._subscriber = channel.attach(self._sink, position, heartbeat=heartbeat)

    def _hello(
        self, position: Position, *, resumed: bool, reason: NotResumed | None = None
    ) -> None:
        hello = Hello(
            epoch=position.epoch,
            resumed=resumed,
            heartbeat=_plain(self._query.heartbeat.total_seconds()),
            server_time=server_time(),
            reason=UNSET if reason is None else reason,
        )
        self._write(self._retry() + encode_hello(hello, position, self._encode))

    def _write(self, *chunks: bytes) -> None:
        for chunk in chunks:
            self._sink.write(chunk)
        self._spent.wrote(chunks)

    # ---------------------------------------------------------------- end

    def leave(self, reconnect_in: timedelta) -> None:
        """Say farewell; the position stays with the client."""
        self.ended_by = "drain"
        self._write(encode_drain(int(reconnect_in / timedelta(milliseconds=1)), self._encode))
        self._sink.close()

    def expiring(self, left: timedelta) -> None:
        """Tell that the token of this stream ends in so long."""
        self._write(encode_expiring(left, self._encode))

    def expired(self, reason: EndReason) -> None:
        """Tell that it has ended; one that reads nothing is not waited for."""
        self.ended_by = reason.value
        if self._sink.full:
            self._sink.abort()
        else:
            self._write(encode_expired(reason, self._encode))
            self._sink.close()

    def ended(self) -> None:
        """Give everything back and write the connection's one line."""
        self._fanout.departures.discard(self)
        self._fanout.watch.leave(self._pass)
        self._slot.leave()
        delivered = self._replayed
        if self._subscriber is not None:
            self._subscriber.close()
            delivered += self._subscriber.delivered
        log.info(
            "stream_ended",
            ended_by="evicted" if self._was_evicted() else self.ended_by,
            user=self._identity.user or None,
            ip=self._ip,
            request_id=self._request_id or None,
            delivered=delivered,
            resumed_from=str(self._query.position) if self._query.position else None,
            patterns=len(self._query.sensors.patterns),
            seconds=round(time.monotonic() - self._began, 3),
        )

    def _was_evicted(self) -> bool:
        return self._sink.aborted and self.ended_by not in set(EndReason)

    def _turn_away(self, reason: str) -> None:
        self.ended_by = reason
        busy = encode_busy(random_retry_ms(), reason, self._encode)
        self._write(self._retry() + busy)
        self._sink.close()

    def _retry(self) -> bytes:
        """Only Server-Sent Events have a word for it."""
        return encode_retry(random_retry_ms()) if self._encode is encode_event else b""
