"""History in memory: the same contract as the real one, and faults at the test's word."""

from dataclasses import dataclass, field

from chat.errors import HistoryUnavailableError, Unavailable
from chat.history import Found, HistoryEntry, Lead, Page, Span
from realtime.position import Position


@dataclass(slots=True, kw_only=True)
class MemoryStore:
    """What the replicas' histories share, as they would share a server.

    Faults: ``down``, `flush`, `expire_lease`.
    """

    keep: int = 10_000
    down: bool = False
    lease: object | None = None
    position: Position | None = None
    rooms: dict[tuple[str, str], dict[int, tuple[int, bytes]]] = field(default_factory=dict)

    def flush(self) -> None:
        """Lose everything, the lease included."""
        self.lease = self.position = None
        self.rooms.clear()

    def expire_lease(self) -> None:
        """Play the time after which a replica that died is replaced."""
        self.lease = None

    def put(self, epoch: str, entry: HistoryEntry) -> None:
        """Store an entry unless a newer change of the same message is there."""
        room = self.rooms.setdefault((epoch, entry.room), {})
        known = room.get(entry.offset)
        if known is None or known[0] < entry.changed:
            room[entry.offset] = (entry.changed, entry.payload)

    def trim(self, epoch: str, name: str, first: int) -> None:
        """Bring a room to its bounds."""
        room = self.rooms[epoch, name]
        for offset in sorted(room)[: -self.keep] + [offset for offset in room if offset < first]:
            room.pop(offset, None)


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
        for room in {entry.room for entry in page.entries}:
            self.server.trim(epoch, room, page.first)
        self.server.position = page.upto
        return True

    async def read(self, span: Span, *, epoch: str) -> Found:
        """Messages of a span and the projection's position."""
        self._answer()
        room = self.server.rooms.get((epoch, span.room), {})
        inside = [
            (offset, payload)
            for offset, (_, payload) in sorted(room.items())
            if (span.after is None or offset > span.after)
            and (span.before is None or offset < span.before)
        ]
        cut = inside[: span.limit] if span.oldest else inside[-span.limit :]
        return Found(self.server.position, cut)

    async def forget(self, epoch: str) -> None:
        """Give back what an earlier epoch takes up."""
        self._answer()
        for key in [key for key in self.server.rooms if key[0] == epoch]:
            del self.server.rooms[key]

    async def aclose(self) -> None:
        """Nothing to give back."""

    def _answer(self) -> None:
        if self.server.down:
            raise HistoryUnavailableError(Unavailable.DOWN)
