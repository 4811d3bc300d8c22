"""Posts go into the log, and come back as a position that every replica will give them.

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
    PostEntry,
    UnreadableEntryError,
    encode_entry,
    message_id,
    read_message,
)
from chat.errors import CidReusedError
from chat.protocol import Message, decode_message
from realtime.broker import Broker, Stored
from realtime.errors import BrokerUnavailableError
from realtime.fanout import Hub
from realtime.position import Position
from realtime.subjects import CHAT, room_subject

CONFIRM: Final = timedelta(seconds=5)
"""Time for the relay to pass what is stored; it audits the stream every 2 s, so a lost live
delivery or a new epoch shows within that."""
_CONFIRMING: Final = "confirm a post"


@dataclass(frozen=True, slots=True)
class Receipt:
    """Where a post is stored, and whether an earlier try had stored it."""

    position: Position
    duplicate: bool


class Publisher:
    """Stores posts for this replica's users."""

    def __init__(self, broker: Broker, hub: Hub, *, confirm: timedelta = CONFIRM) -> None:
        self._broker = broker
        self._hub = hub
        self._confirm_seconds = confirm.total_seconds()
        self.tried = 0
        self.posts = 0
        self.duplicates = 0

    async def publish(self, *, user: str, room: str, cid: str, text: str) -> Receipt:
        """Store a post once, however often it is sent within the stream's duplicate window.

        Raises:
            BadTokenError: the room's name is none.
            CidReusedError: the ``cid`` names another text.
            BrokerError: not known to be stored; sending it again with the same ``cid`` is safe.
        """
        subject = room_subject(room)
        self.tried += 1
        entry = PostEntry(cid=cid, user=user, text=text, time=round(time.time(), 3))
        before = Position(self._hub.epoch, self._hub.flushed)
        stored = await self._broker.publish(
            subject, encode_entry(entry), message_id=message_id(user=user, room=room, cid=cid)
        )
        try:
            async with asyncio.timeout(self._confirm_seconds):
                message, position = await self._locate(stored, room, entry, before)
        except TimeoutError as error:
            raise BrokerUnavailableError(_CONFIRMING) from error
        if message is not None and message.text != text:
            raise CidReusedError(cid)
        self.posts += not stored.duplicate
        self.duplicates += stored.duplicate
        return Receipt(position, stored.duplicate)

    async def _locate(
        self, stored: Stored, room: str, entry: PostEntry, before: Position
    ) -> tuple[Message | None, Position]:
        """Find the stored message in the log of one epoch, waiting for the relay to get there.

        ``before``: the hub's position before the post.
        """
        while True:
            await self._hub.reached(stored.offset)
            position = Position(self._hub.epoch, stored.offset)
            if stored.offset > self._hub.log.floor:
                message = self._in_ring(stored.offset)
                found = message is not None and _is(message, room, entry)
            elif not stored.duplicate and position.epoch == before.epoch:
                # New, and yet at an offset that this epoch had long passed.
                message, found = None, stored.offset > before.offset
            else:
                message = await self._in_stream(position, room)
                found = message is None or _is(message, room, entry)
                found = found and await self._stream_is_at(position.epoch)
            if found and position.epoch == self._hub.epoch:
                return message, position
            # This offset holds something else: the hub is still in the epoch before the post's.
            await self._hub.reached(self._hub.flushed + 1)

    def _in_ring(self, offset: int) -> Message | None:
        for found, entry in self._hub.log.after(offset - 1, limit=1):
            if found == offset and entry.parts:
                return decode_message(entry.parts[0].payload)
        return None

    async def _in_stream(self, position: Position, room: str) -> Message | None:
        """The message of an earlier try that is older than the ring."""
        deliveries = await self._broker.read(
            CHAT.name, after=position.offset - 1, limit=1, subject=room_subject(room)
        )
        if not deliveries or deliveries[0].offset != position.offset:
            return None
        try:
            return read_message(deliveries[0], position.epoch)
        except UnreadableEntryError:
            return None

    async def _stream_is_at(self, epoch: str) -> bool:
        """Whether what was read before this call belongs to ``epoch``."""
        return (await self._broker.stream_state(CHAT.name)).epoch == epoch


def _is(message: Message, room: str, entry: PostEntry) -> bool:
    """Whether a message is the post, or an earlier try of it (whose text may differ)."""
    return (message.room, message.user, message.cid) == (room, entry.user, entry.cid)
