"""Copies deliveries of CHAT into the hub's log: read, checked, encoded once."""

import logging
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import structlog

from chat.changes import Changes
from chat.entries import (
    DeleteEntry,
    Logged,
    PostEntry,
    Unreadable,
    UnreadableEntryError,
    event_of,
    read_entry,
    same_post,
    tombstone,
    without_text,
)
from chat.protocol import Edited, Event, decode_event, encode_frame
from realtime.broker import Broker, Delivery
from realtime.fanout import Entry, Hub, Part
from realtime.health import Health
from realtime.relay import StreamRelay
from realtime.request_id import HEADER
from realtime.subjects import CHAT
from realtime.telemetry import Sampler

_library = logging.getLogger(__name__)
"""Asked whether anybody reads what is said of each message, which structlog answers later."""
log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Relay(StreamRelay):
    """Follows CHAT for this replica, and keeps ``changes`` up with the ring.

    A deletion takes the text out of the ring before it is told. A client learns from the answer to
    its next post whether the broker is there. ``on_epoch`` is told that the stream is there, and
    when it is another one.
    """

    def __init__(
        self,
        broker: Broker,
        hub: Hub,
        changes: Changes,
        health: Health,
        *,
        warm: timedelta,
        on_epoch: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(broker, CHAT, hub, health, warm=warm)
        self._on_epoch = on_epoch
        self._sampler = Sampler()
        self._changes = changes
        self.unreadable: Counter[Unreadable] = Counter()
        self.relayed: Counter[str] = Counter()

    def entry_of(self, delivery: Delivery) -> Entry:
        """The delivery as an entry; an unreadable one is counted and keeps its offset, empty."""
        try:
            logged = read_entry(delivery)
        except UnreadableEntryError as error:
            self.unreadable[error.reason] += 1
            held_back = self._sampler.admit(error.reason)
            if held_back is not None:
                # The detail says what was wrong, and may quote what somebody wrote: not logged.
                log.warning(
                    "entry_unreadable",
                    offset=delivery.offset,
                    request_id=delivery.headers.get(HEADER),
                    reason=error.reason.value,
                    held_back=held_back,
                )
            return Entry(delivery.offset, ())
        event = self._take(logged)
        if _library.isEnabledFor(logging.DEBUG):
            log.debug(
                "relayed",
                room=logged.room,
                offset=logged.offset,
                request_id=delivery.headers.get(HEADER),
            )
        self.relayed[type(event).__name__.lower()] += 1
        return framed(logged.offset, event)

    def _take(self, logged: Logged) -> Event:
        """Note what an entry changes; gives what members are told of it."""
        event = event_of(logged, self._hub.epoch)
        if isinstance(logged.entry, PostEntry):
            return event
        self._changes.trim(self._hub.log.floor)
        if isinstance(logged.entry, DeleteEntry) and not self._is_about(logged):
            return event
        self._changes.add(logged)
        if isinstance(logged.entry, DeleteEntry):
            self._take_text_out(logged)
        elif isinstance(event, Edited) and self._changes.deletion_of(logged.room, logged.target):
            # Two replicas did not know of each other: the edit came after the deletion.
            return without_text(event)
        return event

    def _is_about(self, deletion: Logged) -> bool:
        """Whether the target is the message that was meant, or out of the ring's sight.

        It isn't where the stream was made anew while the deletion was under way.
        """
        for at, entry in self._hub.log.after(deletion.target - 1, limit=1):
            if at == deletion.target and entry.parts:
                event = decode_event(entry.parts[0].payload)
                return same_post(event, tombstone(deletion, self._hub.epoch))
        return True

    def _take_text_out(self, deletion: Logged) -> None:
        epoch = self._hub.epoch
        self._hub.amend(framed(deletion.target, tombstone(deletion, epoch)))
        for change in self._changes.of(deletion.room, deletion.target):
            event = event_of(change, epoch)
            if isinstance(event, Edited):
                self._hub.amend(framed(change.offset, without_text(event)))

    def restarted(self, epoch: str, floor: int) -> None:
        """Tell everybody that positions begin anew."""
        self._changes.clear()
        super().restarted(epoch, floor)
        self._on_epoch()


def framed(offset: int, event: Event) -> Entry:
    """An event as the one frame that every member of its room gets."""
    return Entry(offset, (Part(event.room, encode_frame(event)),))
