"""Who is typing: each member at most every 3 s, each room at most one frame a second. Pure."""

import math
from datetime import timedelta
from typing import Final

from chat.protocol import TypingTold

EVERY: Final = timedelta(seconds=3)
"""How often one member's typing is passed on, at most."""
WINDOW: Final = timedelta(seconds=1)
"""Between two frames of one room, at least."""
USERS_TOLD: Final = 50
"""Users in one frame; who reads that many does not care for more."""
REMEMBERED: Final = 10_000
"""Members whose last time is remembered; names come from other replicas too, so it is bounded."""


class Typists:
    """Typing by room and member. Times are monotonic seconds."""

    def __init__(self) -> None:
        self._last: dict[tuple[str, str], float] = {}
        self._users: dict[str, set[str]] = {}
        self._due: dict[str, float] = {}
        self.throttled = 0

    def __len__(self) -> int:
        return len(self._users)

    def admit(self, room: str, user: str, *, now: float) -> bool:
        """Note that somebody types; False, and counted, if that is too soon after the last time."""
        key = (room, user)
        if now - self._last.get(key, -math.inf) < EVERY.total_seconds():
            self.throttled += 1
            return False
        self._trim(now)
        users = self._users.setdefault(room, set())
        if len(self._last) >= REMEMBERED or len(users) >= USERS_TOLD:
            self.throttled += 1
            return False
        self._last.pop(key, None)
        self._last[key] = now
        users.add(user)
        return True

    def take_due(self, now: float) -> list[TypingTold]:
        """The frames that may be told now: the first after quiet at once, later ones spaced."""
        frames: list[TypingTold] = []
        for room in list(self._users):
            if self._due.get(room, -math.inf) <= now:
                self._due[room] = now + WINDOW.total_seconds()
                frames.append(TypingTold(room=room, users=sorted(self._users.pop(room))))
        for room in [room for room, due in self._due.items() if due <= now]:
            del self._due[room]
        return frames

    def _trim(self, now: float) -> None:
        """Forget times that hold nobody back any more; they are in the order of time."""
        while self._last:
            key = next(iter(self._last))
            if now - self._last[key] < EVERY.total_seconds():
                return
            del self._last[key]
