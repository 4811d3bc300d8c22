"""What a chat's client makes of the frames that it hears, whatever connection they come over."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Final, assert_never

from realtime.client.chat_events import (
    Deleted,
    Edited,
    Logged,
    Message,
    Presence,
    Reacted,
    RoomGap,
    TypingTold,
    position_of,
)
from realtime.client.chat_frames import (
    Ack,
    DrainTold,
    ErrorTold,
    ExpiringTold,
    GapTold,
    HistoryPage,
    Joined,
    Left,
    Limits,
    Posted,
    Refreshed,
    ServerFrame,
    Welcome,
)
from realtime.client.credentials import Credentials
from realtime.client.errors import CommandRefusedError
from realtime.client.line import Line, LineLostError
from realtime.client.outbox import Command, Outbox
from realtime.client.reconnection import Reconnection, Timing
from realtime.client.room import Room
from realtime.client.turns import Turns

PAGES_MAX: Final = 20
"""Pages of history that a loss is filled from; beyond, it stays a loss."""
_TRIES: Final = 6
_FIRST: Final = 0.25
_LONGEST: Final = 5.0
_TOO_FAST: Final = "rate_limited"


@dataclass(eq=False)
class Conversation:
    """Rooms, open commands and a name, which outlive every connection.

    ``start`` runs a chore for as long as the present connection stands. ``on_live`` is called when
    a connection has welcomed.
    """

    timing: Timing
    credentials: Credentials
    reconnection: Reconnection
    on_live: Callable[[], None]
    on_gap: Callable[[RoomGap], None] | None
    start: Callable[[Coroutine[Any, Any, None]], None]
    user: str = ""
    session: str = field(default="", repr=False)
    limits: Limits = field(default_factory=Limits)
    farewells: int = 0
    entering: dict[str, asyncio.Future[None]] = field(default_factory=dict, repr=False)
    """Joins that were never answered yet."""

    def __post_init__(self) -> None:
        self.rooms: dict[str, Room] = {}
        self.outbox = Outbox(self.timing.clock)
        self.turns = Turns(self.timing.clock)
        self.line: Line | None = None

    def open_line(self) -> Line | None:
        """The present connection, once it has welcomed."""
        return self.line if self.line is not None and self.line.welcomed else None

    def hear(self, frame: ServerFrame, line: Line) -> None:  # noqa: C901, PLR0912 - a closed list
        """Take one frame."""
        match frame:
            case Welcome():
                self._welcome(frame, line)
            case Joined():
                line.answered(frame)
                self._joined(frame, line)
            case Ack():
                self.outbox.confirm(frame.cid, frame.position)
            case Posted() | Edited() | Deleted() | Reacted():
                self._logged(frame, frame.room)
            case Presence():
                if (room := self.rooms.get(frame.room)) is not None:
                    room.attend(frame)
            case TypingTold():
                if (room := self.rooms.get(frame.room)) is not None:
                    room.show([frame])
            case GapTold():
                self._gap(frame, line)
            case ErrorTold():
                self._refused(frame, line)
            case ExpiringTold():
                if self.credentials.has_provider:
                    self.start(self._refresh(line))
            case DrainTold():
                self.farewells += 1
                self.reconnection.ask(frame.reconnect_in_ms)
            case Left() | HistoryPage() | Refreshed():
                line.answered(frame)
            case _:
                assert_never(frame)

    def enter(self, room: Room, line: Line) -> None:
        """Ask for a room over this connection."""
        after = room.position
        line.ask("join", room=room.name, after=None if after is None else str(after))

    def send(self, command: Command) -> None:
        """Send a command if its room is there; if not, it goes out when the room is."""
        line, room = self.open_line(), self.rooms.get(command.room)
        ready = line is not None and room is not None and room.here
        if line is not None and ready and self.outbox.mark_sent(command, user=self.user):
            line.send(command.frame)

    def lost(self) -> None:
        """The connection has ended."""
        if self.line is not None:
            self.line.lost()
        self.line = None
        for room in self.rooms.values():
            room.here = False
        self.outbox.forget_connection()

    # ---------------------------------------------------------------- frames

    def _welcome(self, frame: Welcome, line: Line) -> None:
        self.session, self.user, self.limits = frame.session, frame.user, frame.limits
        line.welcomed = True
        self.turns.begin(apply=self.turns.apply and len(self.outbox) > 0)
        self.reconnection.live()
        for room in self.rooms.values():
            self.enter(room, line)
        self.on_live()

    def _joined(self, frame: Joined, line: Line) -> None:
        room = self.rooms.get(frame.room)
        if room is None:
            return
        for message in frame.messages:
            self._confirm(message, room.name)
        room.entered(frame)
        entering = self.entering.pop(room.name, None)
        if entering is not None and not entering.done():
            entering.set_result(None)
        if room.log.hole is not None:
            self.start(self._fill(room, line))
        # After the replay: what had arrived in spite of a lost ack isn't even sent again.
        for command in self.outbox.of(room.name):
            if self.turns.apply:
                self.start(self._send_in_turn(command))
            else:
                self.send(command)

    def _logged(self, entry: Logged, name: str) -> None:
        self._confirm(entry, name)
        if (room := self.rooms.get(name)) is not None:
            room.show(room.log.take(entry))

    def _confirm(self, entry: Logged, room: str) -> None:
        self.outbox.confirm_seen(cid=entry.cid, room=room, user=entry.user, position=entry.at)

    def _gap(self, frame: GapTold, line: Line) -> None:
        room = self.rooms.get(frame.room)
        if room is None:
            return
        filling = room.log.hole is not None
        room.log.lose(frame.reason, position_of(frame.to))
        if not filling and room.log.hole is not None:
            self.start(self._fill(room, line))

    def _refused(self, error: ErrorTold, line: Line) -> None:
        command = self.outbox.find(error.cid)
        if command is not None:
            if error.code == _TOO_FAST:
                self.start(self._send_in_turn(command))
            elif error.retryable:
                self.start(self._send_again(command))
            else:
                told = CommandRefusedError(command.action, error.code, error.message)
                self.outbox.fail(command, told)
        elif error.cid is None:
            asked = line.refused(error)
            if asked is not None and asked.type_ == "join":
                self._join_refused(asked.room, error, line)

    def _join_refused(self, name: str, error: ErrorTold, line: Line) -> None:
        room = self.rooms.get(name)
        if room is None:
            return
        if error.retryable:
            self.start(self._enter_again(room, line))
            return
        told = CommandRefusedError("join", error.code, error.message)
        del self.rooms[name]
        room.end(told)
        entering = self.entering.pop(name, None)
        if entering is not None and not entering.done():
            entering.set_exception(told)
        for command in self.outbox.of(name):
            self.outbox.fail(command, told)

    # ---------------------------------------------------------------- chores

    async def _send_again(self, command: Command) -> None:
        command.sent_at = 0.0
        await self._pause(command.tries)
        if not command.done.done():
            self.send(command)

    async def _send_in_turn(self, command: Command) -> None:
        command.sent_at = 0.0
        await self.timing.sleep(self.turns.wait(self.limits.posts_per_second))
        if not command.done.done():
            self.send(command)

    async def _enter_again(self, room: Room, line: Line) -> None:
        await self._pause(_TRIES)
        if self.rooms.get(room.name) is room:
            self.enter(room, line)

    async def _pause(self, tries: int) -> None:
        longest = min(_FIRST * 2 ** min(tries, 16), _LONGEST)
        await self.timing.sleep(self.timing.uniform(longest / 2, longest))

    async def _refresh(self, line: Line) -> None:
        try:
            await line.ask("refresh", token=await self.credentials.renew())
        except (CommandRefusedError, LineLostError, OSError):
            # The connection goes on to its end, after which the provider is asked anew.
            self.credentials.spoil()

    async def _fill(self, room: Room, line: Line) -> None:
        """Read history back to what the room has; tell the loss, and show what was found."""
        hole = room.log.hole
        found: list[Message] = []
        filled = False
        before: str | None = None
        for _ in range(PAGES_MAX):
            page = await self._page(room, line, before)
            if page is None or hole is None or room.log.hole is not hole:
                break
            found = [*page.messages, *found]
            filled = hole.reached_by(page.messages)
            if filled or not page.more or not page.messages:
                break
            before = page.messages[0].at
            if page.messages[0].position.epoch != hole.after.epoch:
                break
        if room.log.hole is hole:
            shown = room.log.fill(found, filled=filled)
            for event in shown:
                if isinstance(event, RoomGap) and self.on_gap is not None:
                    self.on_gap(event)
            room.show(shown)

    async def _page(self, room: Room, line: Line, before: str | None) -> HistoryPage | None:
        """A page of history, or None if there is none to be had over this connection."""
        for tries in range(_TRIES):
            try:
                limit = self.limits.history
                answer = await line.ask("history", room=room.name, before=before, limit=limit)
            except CommandRefusedError as error:
                if not error.retryable:
                    return None
                await self._pause(tries)
            except LineLostError:
                return None
            else:
                return answer if isinstance(answer, HistoryPage) else None
        return None
