"""Who is in which room on this replica."""

from collections import Counter
from typing import Final

MEMBERS_TOLD: Final = 200
"""How many members a ``joined`` names; the count is always whole."""


class Rooms:
    """Users by room; a user with two connections in a room is one member."""

    def __init__(self) -> None:
        self._rooms: dict[str, Counter[str]] = {}

    def __len__(self) -> int:
        return len(self._rooms)

    def enter(self, room: str, user: str) -> None:
        """Count a user in."""
        self._rooms.setdefault(room, Counter())[user] += 1

    def leave(self, room: str, user: str) -> None:
        """Count a user out, and forget a room that nobody is in."""
        users = self._rooms[room]
        users[user] -= 1
        if not users[user]:
            del users[user]
        if not users:
            del self._rooms[room]

    def members(self, room: str) -> tuple[list[str], int]:
        """The first users of a room in the order of their names, and how many there are."""
        users = self._rooms.get(room, Counter())
        return sorted(users)[:MEMBERS_TOLD], len(users)
