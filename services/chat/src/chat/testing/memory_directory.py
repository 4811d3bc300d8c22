"""The directory of rooms in memory: the same contract as the real one."""

from collections.abc import Sequence

from chat.directory import ROOMS_KEPT, Written
from chat.errors import HistoryUnavailableError, Unavailable


class MemoryDirectory:
    """Rooms by their newest message. Faults: ``down``."""

    def __init__(self, *, keep: int = ROOMS_KEPT) -> None:
        self.down = False
        self._keep = keep
        self._epochs: dict[str, dict[str, Written]] = {}

    async def note(self, epoch: str, written: Sequence[Written], *, first: int) -> None:
        """Take newer messages of rooms."""
        self._answer()
        rooms = self._epochs.setdefault(epoch, {})
        for new in written:
            if new.room not in rooms or rooms[new.room].offset < new.offset:
                rooms[new.room] = new
        newest = sorted(rooms.values(), key=lambda room: -room.offset)
        self._epochs[epoch] = {
            room.room: room for room in newest[: self._keep] if room.offset >= first
        }

    async def page(self, epoch: str, *, before: int | None, limit: int) -> list[Written]:
        """Rooms whose newest message is older than offset ``before``, the newest first."""
        self._answer()
        rooms = sorted(self._epochs.get(epoch, {}).values(), key=lambda room: -room.offset)
        return [room for room in rooms if before is None or room.offset < before][:limit]

    def _answer(self) -> None:
        if self.down:
            raise HistoryUnavailableError(Unavailable.DOWN)
