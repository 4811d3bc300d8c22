"""The kernel as feed and chat put it together: a hub, one channel, what the broker hands over."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import feed.relay
from chat.entries import PostEntry, encode_entry, event_of, read_entry
from chat.framing import RoomFraming
from chat.relay import framed
from feed.catalogue import Catalogue
from feed.framing import ReadingsFraming
from feed.query import SensorFilter
from realtime.broker import Delivery
from realtime.channel import Channel, Subscriber
from realtime.contracts import Record, encode_pack
from realtime.fanout import Entry, Hub
from realtime.log import LogLimits
from realtime.position import Position
from realtime.sink import Sink

EPOCH: Final = "e3f9c2"
NOW: Final = 1_795_343_351.25
ROOM: Final = "lobby"
SENSORS: Final = 20
LONG: Final = timedelta(hours=1)
"""No timer of the kernel's goes off: flushes are asked for."""

READINGS: Final = tuple(
    encode_pack([Record(f"greenhouse-{number}/temperature", u="Cel", v=20.5, t=NOW)])
    for number in range(SENSORS)
)
POST: Final = encode_entry(
    PostEntry(cid="6f1c2d9e", user="ada-7f3a", text="The tomatoes look thirsty. " * 4, time=NOW)
)


@dataclass(frozen=True, slots=True)
class Kernel:
    """One channel of a hub, and how it reads what a broker hands over."""

    hub: Hub
    channel: Channel
    read: Callable[[Delivery], Entry]
    delivery: Callable[[int], Delivery]

    def publish(self, entries: int) -> None:
        """Read, encode and append so many deliveries; flush them together."""
        first = self.hub.log.head + 1
        for offset in range(first, first + entries):
            self.hub.publish(self.read(self.delivery(offset)))
        self.hub.flush()

    def attach(self, sink: Sink, *, behind: int = 0) -> Subscriber:
        """Serve a sink from so many offsets below the head."""
        position = Position(EPOCH, self.channel.position.offset - behind)
        return self.channel.attach(sink, position, heartbeat=15.0)

    def close(self) -> None:
        """Let everybody go."""
        for subscriber in list(self.channel.subscribers):
            subscriber.close()


def feed_kernel() -> Kernel:
    """A stream of all readings; those of one `Kernel.publish` become one event."""
    catalogue = Catalogue(sensors_max=1_000, stale_after=LONG, forget_after=LONG)
    hub = _hub(interval=LONG, on_flush=catalogue.take)
    sensors = SensorFilter(frozenset())
    framing = ReadingsFraming(lambda: catalogue.snapshot(sensors.wants))
    channel = hub.channel(sensors, wants=sensors.wants, framing=framing)

    def delivery(offset: int) -> Delivery:
        number = offset % SENSORS
        subject = f"sensors.greenhouse-{number}.temperature"
        return Delivery(subject, READINGS[number], offset, NOW)

    return Kernel(hub, channel, feed.relay.read_entry, delivery)


def chat_kernel() -> Kernel:
    """A room; each message is flushed by itself, as chat does."""
    hub = _hub(interval=timedelta(0), on_flush=lambda _: None)
    channel = hub.channel(ROOM, wants=ROOM.__eq__, framing=RoomFraming(ROOM))
    return Kernel(
        hub,
        channel,
        _chat_entry,
        lambda offset: Delivery(f"rooms.{ROOM}", POST, offset, NOW),
    )


def _chat_entry(delivery: Delivery) -> Entry:
    logged = read_entry(delivery)
    return framed(logged.offset, event_of(logged, EPOCH))


def _hub(*, interval: timedelta, on_flush: Callable[..., None]) -> Hub:
    hub = Hub(
        LogLimits(count=100_000, bytes=2**26, age=LONG),
        flush_interval=interval,
        evict_after=LONG,
        channels_max=1_000,
        on_flush=on_flush,
    )
    hub.restart(epoch=EPOCH, floor=0)
    return hub
