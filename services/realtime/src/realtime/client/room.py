"""A room, as one of its members has it."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from datetime import timedelta
from typing import Final, Protocol, Self

from realtime.client.chat_events import Message, Page, Presence, RoomEvent, RoomGap
from realtime.client.chat_frames import Joined
from realtime.client.outbox import REPEATABLE
from realtime.client.room_log import RoomLog
from realtime.position import Position

UNREAD_MAX: Final = 10_000
"""Events kept for a reader that doesn't read; a program that only posts need not."""
_WITHIN: Final = timedelta(seconds=REPEATABLE)


class Commanding(Protocol):
    """What a room asks of its chat."""

    async def command(self, action: str, room: "Room", within: timedelta, **fields: object) -> str:
        """Have something stored, whatever it takes; gives its position."""

    async def page(self, room: "Room", *, before: str | None, limit: int) -> Page:
        """Read history."""

    def type_in(self, room: "Room") -> None:
        """Tell that one is writing."""

    async def leave(self, room: "Room") -> None:
        """Go out."""


class Room:
    """A room that was joined; it is entered again by itself after every reconnect.

    Iterate over it for its messages, or over `events` for changes, presence and losses, too: by
    position, each once. Positions are text, as in every frame.
    """

    def __init__(
        self,
        chat: Commanding,
        name: str,
        *,
        after: Position | None = None,
        recent: bool = True,
    ) -> None:
        self.name = name
        self.members: set[str] = set()
        """At most 200 of `count`."""
        self.count = 0
        self.here = False
        """Whether the present connection is in the room."""
        self.log = RoomLog(name, after, recent=recent)
        self._chat = chat
        self._unread: asyncio.Queue[RoomEvent | Exception] = asyncio.Queue()
        self._lost = 0

    def __repr__(self) -> str:
        return f"Room({self.name!r}, position={self.position})"

    @property
    def position(self) -> Position | None:
        """Up to here everything came from the chat."""
        return self.log.position

    # ---------------------------------------------------------------- reading

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Message:
        while True:
            event = await self._next()
            if isinstance(event, Message):
                return event

    async def events(self) -> AsyncIterator[RoomEvent]:
        """Everything that happens in the room."""
        while True:
            try:
                yield await self._next()
            except StopAsyncIteration:
                return

    async def _next(self) -> RoomEvent:
        if self._lost:
            lost, self._lost = self._lost, 0
            return RoomGap(self.name, None, f"unread: {lost}", filled=False)
        event = await self._unread.get()
        if isinstance(event, Exception):
            self._unread.put_nowait(event)  # for whoever asks again
            raise event
        return event

    async def history(self, *, before: str | None = None, limit: int = 50) -> Page:
        """Messages before a position, or the newest; asked again when the connection is lost."""
        return await self._chat.page(self, before=before, limit=limit)

    # ---------------------------------------------------------------- writing

    async def post(self, text: str, *, within: timedelta = _WITHIN) -> str:
        """Say something; returns its position once it is stored, exactly once.

        It is sent again, over as many connections as it takes, for up to ``within`` (at most nine
        minutes: as long as the chat surely recognises it).

        Raises:
            CommandRefusedError: the chat said no, or there was no connection in time.
            UnconfirmedError: it may or may not be stored.
            ChatEndedError: the chat is over.
        """
        return await self._chat.command("post", self, within, text=text)

    async def edit(self, position: str, text: str, *, within: timedelta = _WITHIN) -> str:
        """Give one's message another text; as `post`."""
        return await self._chat.command("edit", self, within, position=position, text=text)

    async def delete(self, position: str, *, within: timedelta = _WITHIN) -> str:
        """Take one's message back; as `post`."""
        return await self._chat.command("delete", self, within, position=position)

    async def react(
        self, position: str, emoji: str, *, on: bool = True, within: timedelta = _WITHIN
    ) -> str:
        """Put an emoji to a message, or take it away; as `post`."""
        return await self._chat.command(
            "react", self, within, position=position, emoji=emoji, on=on
        )

    def typing(self) -> None:
        """Tell the others that one is writing; lost without a word where there is no connection."""
        self._chat.type_in(self)

    async def leave(self) -> None:
        """Go out; the iteration ends."""
        await self._chat.leave(self)

    # ---------------------------------------------------------------- of the chat

    def entered(self, frame: Joined) -> None:
        """The present connection is in the room."""
        self.here = True
        self.members, self.count = set(frame.members), frame.count
        self.show(self.log.enter(frame))

    def attend(self, presence: Presence) -> None:
        """Others came or went."""
        self.members = (self.members | set(presence.joined)) - set(presence.left)
        self.count = presence.count
        self.show([presence])

    def show(self, events: Iterable[RoomEvent]) -> None:
        """Hand events to the reader; what it leaves unread for too long is a told loss."""
        for event in events:
            if self._unread.qsize() >= UNREAD_MAX:
                self._unread.get_nowait()
                self._lost += 1
            self._unread.put_nowait(event)

    def end(self, error: Exception | None = None) -> None:
        """Nothing more will come."""
        self.here = False
        self._unread.put_nowait(StopAsyncIteration() if error is None else error)
