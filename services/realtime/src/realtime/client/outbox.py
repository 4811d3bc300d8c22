"""Posts and changes until they are acknowledged. Knows no socket."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from realtime.client.errors import CommandRefusedError, UnconfirmedError

REPEATABLE: Final = 540.0
"""Seconds in which a repeated command is still recognised.

A minute less than the chat's own window, whose clock runs from storing.
"""


@dataclass(eq=False)
class Command:
    """A post or change: one frame with one ``cid``, however often it is sent."""

    cid: str
    room: str
    action: str
    frame: str
    deadline: float
    done: "asyncio.Future[str]" = field(repr=False)
    sent_by: str | None = None
    """The user under whose name it was sent; None as long as it was not."""
    sent_at: float = 0.0
    tries: int = 0


class Outbox:
    """Commands in the order in which they were given; an answered one is gone."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._commands: dict[str, Command] = {}

    def __len__(self) -> int:
        return len(self._commands)

    def add(self, cid: str, room: str, action: str, frame: str, *, within: float) -> Command:
        """Take a command on; ``within`` (seconds) is at most `REPEATABLE`."""
        done: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        deadline = self._clock() + min(within, REPEATABLE)
        command = Command(cid, room, action, frame, deadline, done)
        self._commands[cid] = command
        # A caller that gives up takes its command along.
        done.add_done_callback(lambda _: self._commands.pop(cid, None))
        return command

    def of(self, room: str) -> Iterator[Command]:
        """The open commands of a room, oldest first."""
        return (command for command in list(self._commands.values()) if command.room == room)

    def find(self, cid: str | None) -> Command | None:
        """An open command."""
        return None if cid is None else self._commands.get(cid)

    def mark_sent(self, command: Command, *, user: str) -> bool:
        """Whether a command may go out now under this name; if so it counts as sent.

        A repeat under another name would be another post.
        """
        if command.sent_by not in (None, user):
            reason = f"the name is now {user}, and it was sent by {command.sent_by}"
            self.fail(command, UnconfirmedError(command.cid, reason))
            return False
        command.sent_by, command.sent_at = user, self._clock()
        command.tries += 1
        return True

    def confirm(self, cid: str, position: str) -> None:
        """It is stored, by the word of an ``ack`` or of the log."""
        command = self.find(cid)
        if command is not None and not command.done.done():
            command.done.set_result(position)
            del self._commands[cid]

    def confirm_seen(self, *, cid: str, room: str, user: str, position: str) -> None:
        """An entry of the log has this ``cid``: of ours only with our name and room."""
        command = self.find(cid)
        if command is not None and command.room == room and command.sent_by == user:
            self.confirm(cid, position)

    def fail(self, command: Command, error: Exception) -> None:
        """Tell the caller that it won't be stored, or that nobody knows."""
        if not command.done.done():
            command.done.set_exception(error)
            del self._commands[command.cid]

    def expire(self) -> None:
        """Give up what may no longer be repeated."""
        for command in list(self._commands.values()):
            if self._clock() < command.deadline:
                continue
            if command.sent_by is None:
                detail = "there was no connection in time"
                self.fail(command, CommandRefusedError(command.action, "not_sent", detail))
            else:
                self.fail(command, UnconfirmedError(command.cid, "no answer in time"))

    def oldest_wait(self) -> float:
        """How long the command that was sent first waits for its answer (seconds)."""
        sent = [command.sent_at for command in self._commands.values() if command.sent_at]
        return self._clock() - min(sent) if sent else 0.0

    def forget_connection(self) -> None:
        """No answer will come over the connection that is gone."""
        for command in self._commands.values():
            command.sent_at = 0.0

    def end(self, error: Exception) -> None:
        """The chat is over: what was sent is in doubt, the rest was not done."""
        for command in list(self._commands.values()):
            sent = command.sent_by is not None
            self.fail(command, UnconfirmedError(command.cid, str(error)) if sent else error)
