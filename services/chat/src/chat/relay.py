"""Copies deliveries of CHAT into the hub's log: read, checked, encoded once."""

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import structlog

from chat.entries import Unreadable, UnreadableEntryError, read_message
from chat.protocol import encode_frame
from realtime.broker import Broker, Delivery
from realtime.fanout import Entry, Hub, Part
from realtime.health import Health
from realtime.subjects import CHAT
from realtime.tail import Tail
from realtime.telemetry import Sampler

log: structlog.stdlib.BoundLogger = structlog.get_logger()


def read_entry(delivery: Delivery, epoch: str) -> Entry:
    """Turn a delivery into an entry: the ``message`` frame that every member gets.

    Raises:
        UnreadableEntryError: it carries no message that this version knows.
    """
    message = read_message(delivery, epoch)
    return Entry(delivery.offset, (Part(message.room, encode_frame(message)),))


class Relay:
    """Follows CHAT for this replica.

    ``on_epoch`` is told that the stream is there, and when it is another one.
    """

    def __init__(
        self,
        broker: Broker,
        hub: Hub,
        health: Health,
        *,
        warm: timedelta,
        on_epoch: Callable[[], None] = lambda: None,
    ) -> None:
        self._hub = hub
        self._health = health
        self._on_epoch = on_epoch
        self._sampler = Sampler()
        self.tail = Tail(broker, CHAT, self, warm=warm)
        self.messages = 0
        self.unreadable: Counter[Unreadable] = Counter()
        self.upstream_up = False

    async def run(self) -> None:
        """Follow the stream until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.tail.run())
            await self.tail.started.wait()
            self._health.started = True
            log.info("ready", epoch=self._hub.epoch, head=self._hub.log.head)

    def entry_of(self, delivery: Delivery) -> Entry:
        """The delivery as an entry; an unreadable one is counted and keeps its offset, empty."""
        try:
            return read_entry(delivery, self._hub.epoch)
        except UnreadableEntryError as error:
            self.unreadable[error.reason] += 1
            held_back = self._sampler.admit(error.reason)
            if held_back is not None:
                # The detail says what was wrong, and may quote what somebody wrote: not logged.
                log.warning(
                    "entry_unreadable",
                    offset=delivery.offset,
                    reason=error.reason.value,
                    held_back=held_back,
                )
            return Entry(delivery.offset, ())

    # ---------------------------------------------------------------- what the tail finds

    def deliver(self, delivery: Delivery) -> None:
        """Hand a message to the hub."""
        entry = self.entry_of(delivery)
        self.messages += len(entry.parts)
        self._hub.publish(entry)

    def lost(self, after: int, upto: int) -> None:
        """Tell everybody that some are gone for good."""
        log.warning("messages_lost", after=after, upto=upto)
        self._hub.skip(upto)

    def restarted(self, epoch: str, floor: int) -> None:
        """Tell everybody that positions begin anew."""
        self._hub.restart(epoch=epoch, floor=floor)
        self._on_epoch()

    def upstream(self, *, up: bool) -> None:
        """Note whether the broker answers; a client learns it from the answer to its next post."""
        self.upstream_up = up
        self._health.set_degraded("nats", None if up else "the broker does not answer")
