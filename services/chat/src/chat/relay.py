"""Copies deliveries of CHAT into the hub's log: read, checked, encoded once."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import structlog

from chat.entries import Unreadable, UnreadableEntryError, read_message
from chat.protocol import encode_frame
from realtime.broker import Broker, Delivery
from realtime.fanout import Entry, Hub, Part
from realtime.health import Health
from realtime.relay import StreamRelay
from realtime.subjects import CHAT
from realtime.telemetry import Sampler

log: structlog.stdlib.BoundLogger = structlog.get_logger()


def read_entry(delivery: Delivery, epoch: str) -> Entry:
    """Turn a delivery into an entry: the ``message`` frame that every member gets.

    Raises:
        UnreadableEntryError: it carries no message that this version knows.
    """
    message = read_message(delivery, epoch)
    return Entry(delivery.offset, (Part(message.room, encode_frame(message)),))


class Relay(StreamRelay):
    """Follows CHAT for this replica.

    A client learns from the answer to its next post whether the broker is there. ``on_epoch`` is
    told that the stream is there, and when it is another one.
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
        super().__init__(broker, CHAT, hub, health, warm=warm)
        self._on_epoch = on_epoch
        self._sampler = Sampler()
        self.unreadable: Counter[Unreadable] = Counter()

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

    def restarted(self, epoch: str, floor: int) -> None:
        """Tell everybody that positions begin anew."""
        super().restarted(epoch, floor)
        self._on_epoch()
