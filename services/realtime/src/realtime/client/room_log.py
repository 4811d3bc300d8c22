"""What a member holds of a room: from where to resume, what is new, what is missing. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from realtime.client.chat_events import Logged, Message, RoomEvent, RoomGap, position_of
from realtime.client.chat_frames import Joined
from realtime.client.cursor import is_after
from realtime.position import Position


@dataclass(eq=False)
class Hole:
    """A loss that history may fill; what comes meanwhile waits, so that the order holds."""

    after: Position
    reason: str
    upto: Position
    waiting: list[Logged] = field(default_factory=list)

    def reached_by(self, messages: Sequence[Message]) -> bool:
        """Whether a page goes back to what was held before the loss."""
        return bool(messages) and not is_after(messages[0].position, self.after)


class RoomLog:
    """Takes what every connection brings of one room; gives what is to be shown, in order, once.

    ``position``: from here a new connection resumes. It does not move past an open hole, so that
    losing the connection as well loses nothing more. ``recent``: whether a newcomer is shown the
    last messages.
    """

    def __init__(self, name: str, after: Position | None = None, *, recent: bool = True) -> None:
        self._name = name
        self._recent = recent
        self.position = after
        self.hole: Hole | None = None
        self.duplicates = 0

    def enter(self, frame: Joined) -> Sequence[RoomEvent]:
        """The room is entered, for the first time or again."""
        self.hole = None
        head = position_of(frame.head)
        if frame.resumed:
            return self._new(frame.messages)
        if self.position is None:
            shown = list(frame.messages) if self._recent else []
            self.position = head
            return shown
        waiting: list[Logged] = list(frame.messages)
        self.hole = Hole(self.position, "fresh_start", head, waiting)
        return ()

    def take(self, entry: Logged) -> Sequence[RoomEvent]:
        """One more entry of the log."""
        if self.hole is not None:
            self.hole.waiting.append(entry)
            return ()
        return self._new([entry])

    def lose(self, reason: str, upto: Position) -> None:
        """The server tells a loss."""
        if self.hole is not None:
            self.hole.reason, self.hole.upto = reason, upto
        elif self.position is not None:
            self.hole = Hole(self.position, reason, upto)

    def fill(self, messages: Iterable[Message], *, filled: bool) -> Sequence[RoomEvent]:
        """End the hole with what history had: the loss is told, what is known of it follows."""
        hole = self.hole
        if hole is None:
            return ()
        self.hole = None
        known = {entry.position: entry for entry in (*hole.waiting, *messages)}
        epoch = hole.upto.epoch
        entries = [known[at] for at in sorted(known) if at.epoch == epoch]
        told = RoomGap(self._name, hole.after, hole.reason, filled)
        shown = self._new(entries)
        if self.position is None or is_after(hole.upto, self.position):
            self.position = hole.upto
        return (told, *shown)

    def _new(self, entries: Iterable[Logged]) -> list[RoomEvent]:
        shown: list[RoomEvent] = []
        for entry in entries:
            position = entry.position
            if is_after(position, self.position):
                self.position = position
                shown.append(entry)
            else:
                self.duplicates += 1
        return shown
