"""What a member missed: from the ring, or from the stream where it is older than the ring."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from chat.entries import UnreadableEntryError, read_message
from chat.pages import Messages
from chat.protocol import encode_frame
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
        frames: Messages = []
        position = asked
        while True:
            async with self._replica.replays:
                while position.offset < self._floor():
                    position = await self._read_on(frames, position)
                    if self._too_much(frames):
                        return GapReason.TOO_FAR
                # Asked last: then all that was read belongs to the epoch.
                state = await self._replica.broker.stream_state(CHAT.name)
            if state.epoch != asked.epoch or self._hub.epoch != asked.epoch:
                return GapReason.EPOCH
            if asked.offset < state.first - 1:
                return GapReason.TOO_FAR
            if position.offset >= self._floor():
                return Resume(frames, position)

    async def _read_on(self, frames: Messages, position: Position) -> Position:
        floor = self._floor()
        page = await self._replica.broker.read(
            CHAT.name, after=position.offset, limit=_PAGE, subject=room_subject(self._room)
        )
        below = [delivery for delivery in page if delivery.offset <= floor]
        frames.extend(self._frames(below, position.epoch))
        more = page and len(below) == len(page)
        return Position(position.epoch, below[-1].offset if more else floor)

    def _frames(self, deliveries: Iterable[Delivery], epoch: str) -> Iterable[tuple[int, bytes]]:
        for delivery in deliveries:
            try:
                message = read_message(delivery, epoch)
            except UnreadableEntryError:
                continue
            yield delivery.offset, encode_frame(message)

    def _too_much(self, frames: Messages) -> bool:
        size = sum(len(frame) for _, frame in frames)
        return len(frames) > self._replica.limits.replay or size > REPLAY_BYTES
