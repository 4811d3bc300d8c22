"""One user in one room: where it begins, and how it ends."""

from itertools import takewhile
from typing import Final

from msgspec import Raw

from chat.errors import HistoryUnavailableError
from chat.framing import RoomFraming
from chat.history import Span
from chat.pages import Messages
from chat.protocol import Joined, encode_frame, is_message, stored_form
from chat.replay import Replay, Resume
from chat.replica import Replica
from realtime.channel import Channel, Subscriber
from realtime.framing import Gap, GapReason
from realtime.position import Position, parse_position
from realtime.sink import Sink

LAST: Final = 50
"""Messages that a member who brings no position is shown."""
INLINE: Final = 200
"""Messages that one ``joined`` carries; the others follow as frames."""
INLINE_BYTES: Final = 256 * 1024
"""As many bytes of them: clients bound their frames."""


class Member:
    """A user in a room, served by one sink."""

    def __init__(self, replica: Replica, *, room: str, user: str, sink: Sink) -> None:
        self._replica = replica
        self._room = room
        self._user = user
        self._sink = sink
        self._framing = RoomFraming(room)
        self._subscriber: Subscriber | None = None
        self._delivered = 0

    async def join(self, after: str | None) -> None:
        """Enter the room, or begin in it anew: ``joined``, then its messages without a gap.

        ``after`` is the position up to which the client has everything; one that is none counts as
        none given.

        Raises:
            BrokerError: what was missed lies in the stream, which doesn't answer.
            TooManyChannelsError: this replica serves no further room.
        """
        await self._replica.attendance.look(self._room)
        asked = None if after is None else parse_position(after)
        found = None if asked is None else await Replay(self._replica, self._room).find(asked)
        # From here to the subscriber's attachment there is no await, so nothing is missed and
        # nothing comes twice; what a newcomer is shown is read before.
        if isinstance(found, Resume):
            self._resume(found)
            return
        epoch = self._replica.hub.epoch
        older = await self._older()
        if self._replica.hub.epoch != epoch:
            older = []
        self._begin(older, asked, found)

    def leave(self) -> int:
        """Go out of the room; the messages that were handed over in all. Leaving twice is once."""
        if self._subscriber is not None:
            self._drop(self._subscriber)
            self._subscriber = None
            self._replica.attendance.leave(self._room, self._user)
        return self._delivered

    # ---------------------------------------------------------------- beginnings

    def _resume(self, resume: Resume) -> None:
        channel = self._channel()
        ring = channel.log.after(resume.position.offset, limit=INLINE)
        missed = resume.frames + [(at, frame) for at, frames in ring for frame in frames]
        # Changes are not messages: from the first one on, everything follows as frames.
        inlined = missed[: _how_many(list(takewhile(lambda item: is_message(item[1]), missed)))]
        messages = [Raw(stored_form(self._room, frame)) for _, frame in inlined]
        self._tell_joined(channel, messages, resumed=True)
        position = resume.position
        if inlined and inlined[-1][0] > position.offset:
            position = Position(position.epoch, inlined[-1][0])
        for _, frame in resume.frames[len(inlined) :]:
            self._delivered += 1
            self._sink.write(frame)
        self._attach(channel, position)

    async def _older(self) -> Messages:
        """What history has for a newcomer; without it the ring has to do."""
        channel = self._replica.hub.channels.get(self._room)
        if channel is not None:
            newest = self._replica.pages.newest(self._room, channel.log, LAST)
            if len(newest) >= LAST:
                return []
        try:
            page = await self._replica.pages.read(Span(room=self._room, limit=LAST))
        except HistoryUnavailableError:
            return []
        return page.messages

    def _begin(self, older: Messages, asked: Position | None, reason: GapReason | None) -> None:
        channel = self._channel()
        upto = channel.position
        # Another replica may have brought history further than this one is.
        shown = {offset: message for offset, message in older if offset <= upto.offset}
        shown.update(self._replica.pages.newest(self._room, channel.log, LAST))
        newest = sorted(shown.items(), reverse=True)[:LAST]
        last = newest[: _how_many(newest)][::-1]
        self._tell_joined(channel, [Raw(message) for _, message in last], resumed=False)
        if asked is not None and reason is not None:
            self._replica.counts.gaps[reason] += 1
            for chunk in self._framing.gap(Gap(after=asked, upto=upto, reason=reason)):
                self._sink.write(chunk)
        self._attach(channel, upto)

    def _channel(self) -> Channel:
        room = self._room
        return self._replica.hub.channel(room, wants=room.__eq__, framing=self._framing)

    def _tell_joined(self, channel: Channel, messages: list[Raw], *, resumed: bool) -> None:
        if self._subscriber is None:
            self._replica.attendance.enter(self._room, self._user)
        members, count = self._replica.attendance.members(self._room)
        self._delivered += len(messages)
        joined = Joined(
            room=self._room,
            head=str(channel.position),
            resumed=resumed,
            messages=messages,
            members=list(members),
            count=count,
        )
        self._sink.write(encode_frame(joined))

    def _attach(self, channel: Channel, position: Position) -> None:
        """Follow the room from ``position`` on, and no longer from where one was before."""
        before = self._subscriber
        self._subscriber = channel.attach(self._sink, position)
        if before is not None:
            self._drop(before)

    def _drop(self, subscriber: Subscriber) -> None:
        subscriber.close()
        self._delivered += subscriber.delivered


def _how_many(messages: Messages) -> int:
    """How many of the first messages one frame carries."""
    size = 0
    for number, (_, message) in enumerate(messages[:INLINE]):
        size += len(message)
        if number and size > INLINE_BYTES:
            return number
    return min(len(messages), INLINE)
