"""History in memory: the same contract as the real one, and faults at the test's word."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from chat.errors import HistoryUnavailableError, Unavailable
from chat.history import Found, HistoryEntry, Lead, Page, Span
from realtime.position import Position


@dataclass(slots=True, kw_only=True)
class MemoryStore:
    """What the replicas' histories share, as they would share a server.

    Faults: ``down``, `flush`, `expire_lease`.
    """

    keep: int = 10_000
    age: timedelta = timedelta(days=30)
    down: bool = False
    lease: object | None = None
    position: Position | None = None
    rooms: dict[tuple[str, str], dict[int, HistoryEntry]] = field(default_factory=dict)
    early: dict[tuple[str, str], dict[int, HistoryEntry]] = field(default_factory=dict)

    def flush(self) -> None:
        """Lose everything, the lease included."""
        self.lease = None
        self.clear()

    def clear(self) -> None:
        """Forget every message and the position."""
        self.position = None
        self.rooms.clear()
        self.early.clear()

    def expire_lease(self) -> None:
        """Play the time after which a replica that died is replaced."""
        self.lease = None

    def put(self, epoch: str, entry: HistoryEntry) -> None:
        """Store an entry unless a newer change of the same message is there."""
        rooms = self.early if entry.early else self.rooms
        room = rooms.setdefault((epoch, entry.room), {})
        known = room.get(entry.offset)
        if known is None or known.changed <= entry.changed:
            room[entry.offset] = entry
        if not entry.early:
            self.early.get((epoch, entry.room), {}).pop(entry.offset, None)
        self.trim(room)

    def trim(self, room: dict[int, HistoryEntry]) -> None:
        """Bring a room to its bounds."""
        since = time.time() - self.age.total_seconds()
        while room and room[min(room)].time < since:
            del room[min(room)]
        for offset in sorted(room)[: -self.keep]:
            del room[offset]


class MemoryHistory:
    """One replica's history over a store in memory."""

    def __init__(self, store: MemoryStore | None = None) -> None:
        self.server = MemoryStore() if store is None else store

    async def lead(self) -> Lead:
        """Become, or stay, the one replica that projects."""
        self._answer()
        if self.server.lease is None:
            self.server.lease = self
        return Lead(self.server.lease is self, self.server.position)

    async def resign(self) -> None:
        """Let another replica lead at once."""
        self._answer()
        if self.server.lease is self:
            self.server.lease = None

    async def store(self, page: Page) -> bool:
        """Store a page and its position in one step."""
        self._answer()
        if self.server.lease is not self or self.server.position != page.seen:
            return False
        epoch = page.upto.epoch
        for entry in page.entries:
            self.server.put(epoch, entry)
        self.server.position = page.upto
        return True

    async def find(
        self, places: Sequence[tuple[str, int]], *, epoch: str
    ) -> dict[tuple[str, int], HistoryEntry]:
        """What is stored of messages, early or not, by room and offset."""
        self._answer()
        found: dict[tuple[str, int], HistoryEntry] = {}
        for room, offset in places:
            for rooms in (self.server.early, self.server.rooms):
                entry = rooms.get((epoch, room), {}).get(offset)
                if entry is not None:
                    found[room, offset] = entry
        return found

    async def read(self, span: Span, *, epoch: str) -> Found:
        """Messages of a span and the projection's position."""
        self._answer()
        room = self.server.rooms.get((epoch, span.room), {})
        self.server.trim(room)
        inside = [
            entry
            for offset, entry in sorted(room.items())
            if (span.after is None or offset > span.after)
            and (span.before is None or offset < span.before)
        ]
        cut = inside[: span.limit] if span.oldest else inside[-span.limit :]
        return Found(self.server.position, cut)

    async def forget(self, epoch: str) -> None:
        """Give back what an earlier epoch takes up."""
        self._answer()
        for rooms in (self.server.rooms, self.server.early):
            for key in [key for key in rooms if key[0] == epoch]:
                del rooms[key]

    async def clear(self) -> None:
        """Forget every message and the position."""
        self._answer()
        self.server.clear()

    async def aclose(self) -> None:
        """Nothing to give back."""

    def _answer(self) -> None:
        if self.server.down:
            raise HistoryUnavailableError(Unavailable.DOWN)
