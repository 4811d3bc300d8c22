"""Who is in which room on this replica."""

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterator
from typing import Final

MEMBERS_TOLD: Final = 200
"""How many members a ``joined`` names; the count is always whole."""


class _Room:
    """The users of one room: how often each is there, and their names in order.

    Kept in order, because a room of 10,000 is not to be sorted for everyone who comes in.
    """

    def __init__(self) -> None:
        self.times: Counter[str] = Counter()
        self.names: list[str] = []


class Rooms:
    """Users by room; a user with two connections in a room is one member."""

    def __init__(self) -> None:
        self._rooms: dict[str, _Room] = {}

    def __len__(self) -> int:
        return len(self._rooms)

    def __iter__(self) -> Iterator[str]:
        return iter(self._rooms)

    def __contains__(self, room: str) -> bool:
        return room in self._rooms

    def enter(self, room: str, user: str) -> bool:
        """Count a user in; whether nobody of that name was there before."""
        found = self._rooms.setdefault(room, _Room())
        found.times[user] += 1
        if found.times[user] > 1:
            return False
        insort(found.names, user)
        return True

    def leave(self, room: str, user: str) -> bool:
        """Count a user out, and forget a room that nobody is in; whether that was the last one."""
        found = self._rooms[room]
        found.times[user] -= 1
        if found.times[user]:
            return False
        del found.times[user]
        del found.names[bisect_left(found.names, user)]
        if not found.names:
            del self._rooms[room]
        return True

    def users(self, room: str) -> list[str]:
        """Every user of a room, in the order of their names."""
        found = self._rooms.get(room)
        return [] if found is None else list(found.names)

    def members(self, room: str) -> tuple[list[str], int]:
        """The first users of a room in the order of their names, and how many there are."""
        found = self._rooms.get(room)
        return ([], 0) if found is None else (found.names[:MEMBERS_TOLD], len(found.names))
