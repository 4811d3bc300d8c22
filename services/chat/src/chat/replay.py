"""What a member missed: from the ring, or from the stream where it is older than the ring."""

import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from chat.entries import (
    DeleteEntry,
    Logged,
    UnreadableEntryError,
    event_of,
    read_entry,
    tombstone,
    without_text,
)
from chat.pages import Messages
from chat.protocol import Edited, Event, encode_frame
from chat.replica import Replica
from realtime.broker import Delivery
from realtime.framing import GapReason
from realtime.position import Position
from realtime.relay import is_reached
from realtime.subjects import CHAT, room_subject

REPLAY_BYTES: Final = 1024 * 1024
"""What one replay from the stream may hold in memory; beyond, it is a gap."""
_PAGE: Final = 250


@dataclass(frozen=True, slots=True)
class Resume:
    """A member can go on: ``frames`` first, then the room's ring after ``position``."""

    frames: Messages
    position: Position


class Replay:
    """Finds where a member of ``room`` goes on."""

    def __init__(self, replica: Replica, room: str) -> None:
        self._replica = replica
        self._hub = replica.hub
        self._room = room

    async def find(self, asked: Position) -> Resume | GapReason | None:
        """Where a member that has everything up to ``asked`` goes on.

        A reason is a loss to tell; None means that the position is none of this log. A `Resume`
        holds until the next ``await``.

        Raises:
            BrokerError: the stream has to be asked, and doesn't answer.
        """
        if self._is_ahead(asked) and not await is_reached(
            self._hub, self._replica.broker, CHAT.name, asked.offset
        ):
            return None
        if asked.epoch != self._hub.epoch:
            return GapReason.EPOCH
        if asked.offset >= self._floor():
            return Resume([], asked)
        return await self._from_stream(asked)

    def _is_ahead(self, asked: Position) -> bool:
        return asked.epoch == self._hub.epoch and asked.offset > self._hub.flushed

    def _floor(self) -> int:
        """Above this offset the ring has every message of the room."""
        channel = self._hub.channels.get(self._room)
        return self._hub.log.floor if channel is None else channel.log.floor

    async def _from_stream(self, asked: Position) -> Resume | GapReason:
        """Read up to the ring's floor; live messages wait in the ring meanwhile."""
        read: list[Logged] = []
        size = 0
        position = asked
        while True:
            async with self._replica.replays:
                while position.offset < self._floor():
                    page, position = await self._read_on(position)
                    read += _entries(page)
                    size += sum(len(delivery.payload) for delivery in page)
                    if len(read) > self._replica.limits.replay or size > REPLAY_BYTES:
                        return GapReason.TOO_FAR
                # Asked last: then all that was read belongs to the epoch.
                state = await self._replica.broker.stream_state(CHAT.name)
            if state.epoch != asked.epoch or self._hub.epoch != asked.epoch:
                return GapReason.EPOCH
            if asked.offset < state.first - 1:
                return GapReason.TOO_FAR
            if position.offset >= self._floor():
                return Resume(self._frames(read, asked, position), position)

    async def _read_on(self, position: Position) -> tuple[list[Delivery], Position]:
        floor = self._floor()
        page = await self._replica.broker.read(
            CHAT.name, after=position.offset, limit=_PAGE, subject=room_subject(self._room)
        )
        below = [delivery for delivery in page if delivery.offset <= floor]
        more = page and len(below) == len(page)
        return below, Position(position.epoch, below[-1].offset if more else floor)

    def _frames(self, read: Sequence[Logged], asked: Position, upto: Position) -> Messages:
        """The frames of entries, without the text of what was deleted since.

        A message that is erased from the stream already comes back as its tombstone.
        """
        gone = {
            logged.target: logged
            for logged in (*read, *self._replica.changes.deletions(self._room))
            if isinstance(logged.entry, DeleteEntry)
        }
        told: dict[int, Event] = {
            target: tombstone(logged, asked.epoch)
            for target, logged in gone.items()
            if asked.offset < target <= upto.offset
        }
        for logged in read:
            event = event_of(logged, asked.epoch)
            if isinstance(event, Edited) and logged.target in gone:
                event = without_text(event)
            told.setdefault(logged.offset, event)
        return [(offset, encode_frame(told[offset])) for offset in sorted(told)]


def _entries(deliveries: Iterable[Delivery]) -> Iterable[Logged]:
    for delivery in deliveries:
        with contextlib.suppress(UnreadableEntryError):
            yield read_entry(delivery)
