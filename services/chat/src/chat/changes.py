"""What was done to which message, as far as this replica's ring goes back."""

from collections import deque
from collections.abc import Iterable, Sequence

import msgspec

from chat.entries import DeleteEntry, EditEntry, Logged


class Changes:
    """Edits, deletions and reactions by the message they are about.

    Whatever the ring has above its floor is here too, so a message that is read from anywhere
    below the ring's head is brought to its present form with `of`. Applying a change twice does no
    harm (`chat.record`), so nobody has to know what a reader has seen of them already.
    """

    def __init__(self) -> None:
        self._rooms: dict[str, dict[int, list[Logged]]] = {}
        self._order: deque[tuple[int, str, int]] = deque()

    def __len__(self) -> int:
        return len(self._order)

    def add(self, change: Logged) -> None:
        """Note a change; the offsets of those that are added rise."""
        about = self._rooms.setdefault(change.room, {}).setdefault(change.target, [])
        about.append(change)
        self._order.append((change.offset, change.room, change.target))
        if any(isinstance(known.entry, DeleteEntry) for known in about):
            about[:] = [_without_text(known) for known in about]

    def of(self, room: str, offset: int) -> Sequence[Logged]:
        """What was done to a message, oldest first."""
        return self._rooms.get(room, {}).get(offset, ())

    def deletion_of(self, room: str, offset: int) -> Logged | None:
        """The entry that deleted a message."""
        deletions = (c for c in self.of(room, offset) if isinstance(c.entry, DeleteEntry))
        return next(deletions, None)

    def deletions(self, room: str) -> Iterable[Logged]:
        """Every deletion of a room."""
        for changes in self._rooms.get(room, {}).values():
            yield from (change for change in changes if isinstance(change.entry, DeleteEntry))

    def trim(self, floor: int) -> None:
        """Forget what is not above ``floor``."""
        while self._order and self._order[0][0] <= floor:
            offset, room, target = self._order.popleft()
            kept = [change for change in self._rooms[room][target] if change.offset > offset]
            if kept:
                self._rooms[room][target] = kept
                continue
            del self._rooms[room][target]
            if not self._rooms[room]:
                del self._rooms[room]

    def clear(self) -> None:
        """Forget everything: the stream is another one."""
        self._rooms.clear()
        self._order.clear()


def _without_text(change: Logged) -> Logged:
    if not isinstance(change.entry, EditEntry):
        return change
    return change._replace(entry=msgspec.structs.replace(change.entry, text=""))
