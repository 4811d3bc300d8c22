"""What a room's members are told of its presence: gathered, at most one frame a second. Pure."""

import math
from datetime import timedelta
from typing import Final

from chat.presence import Changes, Told
from chat.protocol import PresenceTold

WINDOW: Final = timedelta(seconds=1)
"""Between the first change and the frame that tells it; so also the least time between two."""
NAMES_TOLD: Final = 50
"""Names in each list of a frame; the count is always whole."""
NAMES_GATHERED: Final = 1_000
"""Names in a window; of those beyond only the count is told."""


class _Batch:
    def __init__(self) -> None:
        self.changes = Changes()
        self.count = 0
        self.told: int | None = None
        self.due = math.inf


class Batches:
    """Presence changes by room, waiting for their frame. Times are monotonic seconds."""

    def __init__(self) -> None:
        self._rooms: dict[str, _Batch] = {}
        self._waiting: dict[str, None] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def note(self, told: Told, *, now: float) -> None:
        """Take what happened to a room; who comes and goes within a window is not told."""
        batch = self._rooms.setdefault(told.room, _Batch())
        nothing = not told.joined and not told.left and told.count == batch.told
        if nothing and math.isinf(batch.due):
            return
        for user in told.joined:
            if len(batch.changes) < NAMES_GATHERED or user in batch.changes.left:
                batch.changes.join(user)
        for user in told.left:
            if len(batch.changes) < NAMES_GATHERED or user in batch.changes.joined:
                batch.changes.leave(user)
        batch.count = told.count
        if math.isinf(batch.due):
            batch.due = now + WINDOW.total_seconds()
            self._waiting[told.room] = None

    def take_due(self, now: float) -> list[PresenceTold]:
        """The frames whose window is over; none for a room where nothing has changed after all."""
        frames: list[PresenceTold] = []
        # They wait in the order in which they are due.
        for room in list(self._waiting):
            batch = self._rooms[room]
            if batch.due > now:
                break
            del self._waiting[room]
            batch.due = math.inf
            changes, batch.changes = batch.changes, Changes()
            if len(changes) or batch.count != batch.told:
                batch.told = batch.count
                frames.append(_frame(room, changes, batch.count))
        return frames

    def forget(self, room: str) -> None:
        """Drop what is known of a room that nobody here is in."""
        self._rooms.pop(room, None)
        self._waiting.pop(room, None)


def _frame(room: str, changes: Changes, count: int) -> PresenceTold:
    joined, left = sorted(changes.joined), sorted(changes.left)
    return PresenceTold(room=room, joined=joined[:NAMES_TOLD], left=left[:NAMES_TOLD], count=count)
