"""The port to the history of rooms: a projection of the CHAT stream that may be lost and rebuilt.

The position up to which the projection goes is stored with the messages it covers, in one step. So
whatever the store loses, it loses both: an emptied one starts from the beginning, and one that was
rolled back goes on from where it really is. Implemented on Redis (`chat.redis_history`) and in
memory (`chat.testing`); both pass one contract suite.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from realtime.position import Position


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """A room's message at its offset, as it was after its change at offset ``changed``.

    ``time``: when it was posted, in Unix seconds. ``early``: changes of a message that has not come
    yet; `History.read` doesn't show them.
    """

    room: str
    offset: int
    changed: int
    payload: bytes
    """As `chat.record` reads it; the stored form itself as long as nothing changed."""
    time: float
    early: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of projection: everything in ``(seen, upto]``, to be stored with ``upto``.

    ``seen`` is the position found in the store when the page was made, None in an empty one.
    ``first`` is the oldest offset that the stream still holds.
    """

    entries: Sequence[HistoryEntry]
    seen: Position | None
    upto: Position
    first: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Which messages of a room: those between two offsets, both excluded; None is open.

    The newest ``limit`` of them, or with ``oldest`` the oldest.
    """

    room: str
    limit: int
    after: int | None = None
    before: int | None = None
    oldest: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """What the store holds of a span, oldest first, and how far the projection went."""

    position: Position | None
    entries: list[HistoryEntry] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Lead:
    """Whether this replica is the one that projects, and how far the projection went."""

    held: bool
    position: Position | None


class History(Protocol):
    """Messages of rooms by offset, per epoch: of each room so many, and none that is too old.

    Every method raises `HistoryUnavailableError`, within a second, when the store does not do it.
    """

    async def lead(self) -> Lead:
        """Become, or stay, the one replica that projects.

        The lease ends some seconds after the last call that held it: another replica takes over
        from one that died.
        """
        ...

    async def resign(self) -> None:
        """Let another replica lead at once."""
        ...

    async def store(self, page: Page) -> bool:
        """Store a page and its position in one step, and renew the lease.

        False, and nothing is stored, when this replica doesn't lead (any more), or when the
        position in the store is not the one the page was made from. An entry never replaces a
        newer change of the same message; one that is no longer early takes the early one's place.
        """
        ...

    async def find(
        self, places: Sequence[tuple[str, int]], *, epoch: str
    ) -> dict[tuple[str, int], HistoryEntry]:
        """What is stored of messages, early or not, by room and offset."""
        ...

    async def read(self, span: Span, *, epoch: str) -> Found:
        """Messages of a span and the projection's position, as of one moment."""
        ...

    async def forget(self, epoch: str) -> None:
        """Give back what an earlier epoch takes up."""
        ...

    async def clear(self) -> None:
        """Forget every message and the position in one step: history is rebuilt from the log."""
        ...

    async def aclose(self) -> None:
        """Give the connections back."""
        ...
