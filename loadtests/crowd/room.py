"""Whether all members of a room saw the same messages, each once, in the same order."""

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict

from crowd.finding import Finding, Kind
from crowd.position import Position


class Room:
    """What anybody saw of one room: which message stands at which position."""

    def __init__(self) -> None:
        self._cids: dict[Position, str] = {}
        self._offsets: defaultdict[str, list[int]] = defaultdict(list)

    def note(self, position: Position, cid: str) -> list[Finding]:
        """Note a message at a position; two different ones at the same are two orders."""
        known = self._cids.setdefault(position, cid)
        if known != cid:
            return [Finding(Kind.ORDER, 1, f"{cid} and {known} at {position}")]
        offsets = self._offsets[position.epoch]
        if not offsets or offsets[-1] < position.offset:
            offsets.append(position.offset)
        elif offsets[bisect_left(offsets, position.offset)] != position.offset:
            insort(offsets, position.offset)
        return []

    def between(self, first: Position, last: Position) -> int:
        """How many messages are known from ``first`` to ``last``, both included."""
        offsets = self._offsets[first.epoch]
        return bisect_right(offsets, last.offset) - bisect_left(offsets, first.offset)


class Attendance:
    """What one member saw of a room, over all its connections.

    ``last`` is what it comes back with; ``awaited`` are its own messages that are stored, as it was
    told, and have not come to it.
    """

    def __init__(self, room: Room) -> None:
        self.last: Position | None = None
        self.messages = 0
        self.awaited: dict[str, Position] = {}
        self._room = room
        self._first: Position | None = None
        self._seen = 0
        self._posted: set[str] = set()
        self._early: dict[str, Position] = {}

    def restarted(self, head: Position) -> list[Finding]:
        """What follows does not continue what was seen: a first join, a gap that was told.

        The member knows the room up to ``head``, but for messages that it is shown again.
        """
        findings = self.reconcile()
        self._first, self._seen, self.last = None, 0, head
        self.awaited = {
            cid: at
            for cid, at in self.awaited.items()
            if at.epoch == head.epoch and at.offset > head.offset
        }
        return findings

    def posted(self, cid: str) -> None:
        """This member sends a message, or sends it again."""
        self._posted.add(cid)

    def acked(self, position: Position, cid: str) -> list[Finding]:
        """Its own message is stored at ``position``."""
        findings = self._room.note(position, cid)
        if cid not in self._early:
            self.awaited[cid] = position
            return findings
        self._posted.discard(cid)
        delivered = self._early.pop(cid)
        if delivered != position:
            detail = f"{cid} is acknowledged at {position} and came at {delivered}"
            findings.append(Finding(Kind.DUPLICATE, 1, detail))
        return findings

    def seen(self, position: Position, cid: str) -> list[Finding]:
        """Take one message, delivered or shown again."""
        findings = self._room.note(position, cid)
        if self._first is not None and self.last is not None:
            wrong = _follows(self.last, position)
            if wrong is not None:
                return [*findings, wrong]
        self._first = self._first or position
        self.last = position
        self.messages += 1
        self._seen += 1
        return findings + self._own(position, cid)

    def _own(self, position: Position, cid: str) -> list[Finding]:
        if cid not in self._posted:
            return []
        acked = self.awaited.pop(cid, None)
        if acked is None:
            self._early[cid] = position
            return []
        self._posted.discard(cid)
        if acked == position:
            return []
        detail = f"{cid} came at {position} and is acknowledged at {acked}"
        return [Finding(Kind.DUPLICATE, 1, detail)]

    def reconcile(self) -> list[Finding]:
        """Compare with what anybody saw between this member's first and last message."""
        if self._first is None or self.last is None:
            return []
        missing = self._room.between(self._first, self.last) - self._seen
        if not missing:
            return []
        return [Finding(Kind.LOST, missing, f"between {self._first} and {self.last}")]


def _follows(last: Position, position: Position) -> Finding | None:
    """What is wrong with ``position`` after ``last``."""
    if position.epoch != last.epoch:
        return Finding(Kind.UNTOLD, 0, f"new epoch: {position} after {last}")
    if position.offset == last.offset:
        return Finding(Kind.DUPLICATE, 1, str(position))
    if position.offset < last.offset:
        return Finding(Kind.ORDER, 1, f"{position} after {last}")
    return None
