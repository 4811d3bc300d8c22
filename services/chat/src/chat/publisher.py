"""Posts and changes go into the log, and come back as a position that every replica will give them.

The broker answers a publish with an offset only. Which epoch that offset belongs to is known when
the relay has passed the very same message: a stream that was recreated or rolled back while the
post was under way would otherwise put its offsets under an old epoch. It also means that whoever
has an ack finds the message in this replica's ring, and so in the next page of history.
"""

import asyncio
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from chat.entries import (
    ChatEntry,
    DeleteEntry,
    EditEntry,
    PostEntry,
    ReactEntry,
    UnreadableEntryError,
    encode_entry,
    event_of,
    message_id,
    read_entry,
)
from chat.errors import CidReusedError
from chat.protocol import Deleted, Edited, Event, Message, Reacted, decode_event
from realtime import request_id
from realtime.broker import Broker, Stored
from realtime.buckets import DELAY_SECONDS, Buckets, Exemplar
from realtime.errors import BrokerUnavailableError
from realtime.fanout import Hub
from realtime.position import Position, parse_position
from realtime.subjects import CHAT, room_subject
from realtime.tracing import Span, Tracer, traced

CONFIRM: Final = timedelta(seconds=5)
"""Time for the relay to pass what is stored; it audits the stream every 2 s, so a lost live
delivery or a new epoch shows within that."""
_CONFIRMING: Final = "confirm a post"


@dataclass(frozen=True, slots=True)
class Receipt:
    """Where an entry is stored, and whether an earlier try had stored it."""

    position: Position
    duplicate: bool


class Publisher:
    """Stores posts and changes for this replica's users."""

    def __init__(
        self,
        broker: Broker,
        hub: Hub,
        *,
        confirm: timedelta = CONFIRM,
        tracer: Tracer | None = None,
    ) -> None:
        self._tracer = tracer
        self._broker = broker
        self._hub = hub
        self._confirm_seconds = confirm.total_seconds()
        self.tried = 0
        self.posts = 0
        self.duplicates = 0
        self.ack = Buckets(DELAY_SECONDS)

    async def publish(self, *, user: str, room: str, cid: str, text: str) -> Receipt:
        """Store a post once, however often it is sent within the stream's duplicate window.

        Raises:
            BadTokenError: the room's name is none.
            CidReusedError: the ``cid`` names another text.
            BrokerError: not known to be stored; sending it again with the same ``cid`` is safe.
        """
        return await self.store(room, PostEntry(cid=cid, user=user, text=text, time=now()))

    async def store(self, room: str, entry: ChatEntry) -> Receipt:
        """Store an entry as `publish` does a post.

        Raises:
            BadTokenError, CidReusedError, BrokerError: as `publish`.
        """
        subject = room_subject(room)
        self.tried += 1
        began = time.monotonic()
        with traced(self._tracer, "post", {"messaging.destination.name": subject}) as span:
            stored, event, position = await self._store(subject, room, entry, span)
        took = time.monotonic() - began
        self.ack.add(took)
        if span is not None:
            self.ack.show(Exemplar(span.trace, took, time.time()))
        if event is not None and not _says(event, entry):
            raise CidReusedError(entry.cid)
        self.posts += not stored.duplicate
        self.duplicates += stored.duplicate
        return Receipt(position, stored.duplicate)

    async def _store(
        self, subject: str, room: str, entry: ChatEntry, span: Span | None
    ) -> tuple[Stored, Event | None, Position]:
        """Store an entry, and wait until this replica has it; what is there, and where."""
        before = Position(self._hub.epoch, self._hub.flushed)
        stored = await self._broker.publish(
            subject,
            encode_entry(entry),
            message_id=message_id(user=entry.user, room=room, cid=entry.cid),
            headers={**request_id.carried(), **({} if span is None else span.headers)},
        )
        try:
            async with asyncio.timeout(self._confirm_seconds):
                event, position = await self._locate(stored, room, entry, before)
        except TimeoutError as error:
            raise BrokerUnavailableError(_CONFIRMING) from error
        return stored, event, position

    async def _locate(
        self, stored: Stored, room: str, entry: ChatEntry, before: Position
    ) -> tuple[Event | None, Position]:
        """Find the stored entry in the log of one epoch, waiting for the relay to get there.

        ``before``: the hub's position before the post.
        """
        while True:
            await self._hub.reached(stored.offset)
            position = Position(self._hub.epoch, stored.offset)
            if stored.offset > self._hub.log.floor:
                event = self._in_ring(stored.offset)
                found = event is not None and _is(event, room, entry)
            elif not stored.duplicate and position.epoch == before.epoch:
                # New, and yet at an offset that this epoch had long passed.
                event, found = None, stored.offset > before.offset
            else:
                event = await self._in_stream(position, room)
                found = event is None or _is(event, room, entry)
                found = found and await self._stream_is_at(position.epoch)
            if found and position.epoch == self._hub.epoch:
                return event, position
            # This offset holds something else: the hub is still in the epoch before the post's.
            await self._hub.reached(self._hub.flushed + 1)

    def _in_ring(self, offset: int) -> Event | None:
        for found, entry in self._hub.log.after(offset - 1, limit=1):
            if found == offset and entry.parts:
                return decode_event(entry.parts[0].payload)
        return None

    async def _in_stream(self, position: Position, room: str) -> Event | None:
        """The entry of an earlier try that is older than the ring."""
        deliveries = await self._broker.read(
            CHAT.name, after=position.offset - 1, limit=1, subject=room_subject(room)
        )
        if not deliveries or deliveries[0].offset != position.offset:
            return None
        try:
            return event_of(read_entry(deliveries[0]), position.epoch)
        except UnreadableEntryError:
            return None

    async def _stream_is_at(self, epoch: str) -> bool:
        """Whether what was read before this call belongs to ``epoch``."""
        return (await self._broker.stream_state(CHAT.name)).epoch == epoch


def now() -> float:
    """The time of an entry: Unix seconds, in milliseconds."""
    return round(time.time(), 3)


def _is(event: Event, room: str, entry: ChatEntry) -> bool:
    """Whether an event is the entry, or an earlier try of it (whose text may differ)."""
    return (event.room, event.user, event.cid) == (room, entry.user, entry.cid)


def _says(event: Event, entry: ChatEntry) -> bool:
    """Whether an earlier try said the same; of what was deleted since, the text is not known."""
    match event, entry:
        case Message(deleted=True), PostEntry():
            return True
        case Message(text=text), PostEntry():
            return text == entry.text
        case Edited(text=text, deleted=deleted), EditEntry():
            return _about(event, entry.target) and (deleted is True or text == entry.text)
        case Deleted(), DeleteEntry():
            return _about(event, entry.target)
        case Reacted(emoji=emoji, on=on), ReactEntry():
            return _about(event, entry.target) and (emoji, on) == (entry.emoji, entry.on)
    return False


def _about(event: Edited | Deleted | Reacted, target: int) -> bool:
    position = parse_position(event.target)
    return position is not None and position.offset == target
