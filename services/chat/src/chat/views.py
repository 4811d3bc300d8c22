"""What this replica knows of members on all replicas: read seldom, kept up by what it hears."""

import asyncio
import math
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final

from chat.presence import Changes, PresenceStore, Told
from chat.rooms import MEMBERS_TOLD, Rooms

FRESH: Final = timedelta(seconds=1)
"""How old a view may be that a newcomer is shown."""


class View:
    """A room's first members and its count, as of the last word about it."""

    __slots__ = ("count", "names", "read_at")

    def __init__(self, names: Sequence[str], count: int, read_at: float) -> None:
        self.names = list(names)
        self.count = count
        self.read_at = read_at

    def apply(self, told: Told) -> None:
        """Take what happened to the room."""
        names = (set(self.names) | set(told.joined)) - set(told.left)
        self.names = sorted(names)[:MEMBERS_TOLD]
        self.correct(told.count)

    def correct(self, count: int) -> None:
        """Take another count; where the names don't make it, the next newcomer has them read."""
        self.count = count
        if len(self.names) != min(count, MEMBERS_TOLD):
            self.read_at = -math.inf

    def members(self, unwritten: Sequence[Changes]) -> tuple[Sequence[str], int]:
        """The members with those who came and are not in the store yet.

        Who went and is not yet out of it stays: they may be on another replica, and if they aren't
        the next frame says so. Exact while all members are known by name; in larger rooms one who
        is on two replicas may be counted twice until the next change.
        """
        if self.count != len(self.names):
            return self.names, self.count + sum(len(changes.joined) for changes in unwritten)
        names = set(self.names).union(*(changes.joined for changes in unwritten))
        return sorted(names)[:MEMBERS_TOLD], len(names)


class Views:
    """Views by room. ``clock`` gives monotonic seconds."""

    def __init__(
        self, store: PresenceStore, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._store = store
        self._clock = clock
        self._views: dict[str, View] = {}
        self._looking: dict[str, asyncio.Event] = {}

    def __len__(self) -> int:
        return len(self._views)

    def get(self, room: str) -> View | None:
        """What is known of a room."""
        return self._views.get(room)

    async def look(self, room: str) -> None:
        """Read a room unless that was done a moment ago; who comes meanwhile waits for the same.

        Raises:
            PresenceUnavailableError: the store doesn't answer. Those who waited aren't told.
        """
        looking = self._looking.get(room)
        if looking is not None:
            await looking.wait()
            return
        view = self._views.get(room)
        if view is not None and self._clock() - view.read_at < FRESH.total_seconds():
            return
        looking = self._looking[room] = asyncio.Event()
        try:
            roster = await self._store.roster(room)
            self._views[room] = View(roster.names, roster.count, self._clock())
        finally:
            del self._looking[room]
            looking.set()

    def apply(self, told: Told) -> None:
        """Take what happened to a room."""
        view = self._views.get(told.room)
        if view is not None:
            view.apply(told)

    def correct(self, room: str, count: int) -> None:
        """Take a room's count from the store."""
        view = self._views.get(room)
        if view is not None and view.count != count:
            view.correct(count)

    def keep_only(self, rooms: Rooms) -> None:
        """Forget rooms that nobody here is in."""
        for room in [room for room in self._views if room not in rooms]:
            del self._views[room]

    def clear(self) -> None:
        """Forget everything."""
        self._views.clear()
