"""The rooms that were written to, and when last: derived from the log like history, page by page.

Implemented on Redis (`chat.redis_directory`) and in memory (`chat.testing`); both pass one contract
suite.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from chat.history import HistoryEntry, Page

ROOMS_KEPT: Final = 10_000
"""Rooms that are listed, those that were written to last; anybody may name a new one."""


@dataclass(frozen=True, slots=True)
class Written:
    """A room and its newest message: the offset, and when it was stored in Unix seconds."""

    room: str
    offset: int
    time: float


class Directory(Protocol):
    """Rooms by their newest message, per epoch.

    Every method raises `HistoryUnavailableError`, within a second, when the store does not do it.
    """

    async def note(self, epoch: str, written: Sequence[Written], *, first: int) -> None:
        """Take newer messages of rooms, in any order and as often as they come.

        ``first`` is the oldest offset that the stream still holds: rooms without any message left
        are forgotten.
        """
        ...

    async def page(self, epoch: str, *, before: int | None, limit: int) -> list[Written]:
        """Rooms whose newest message is older than offset ``before``, the newest first."""
        ...


class Listing:
    """Takes the projection's pages into the directory.

    Before they are stored: what a crash leaves in between is told twice and not never.
    """

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def note(self, page: Page) -> None:
        """Take a page.

        Raises:
            HistoryUnavailableError: the store doesn't answer.
        """
        written = written_in(page)
        if written:
            await self._directory.note(page.upto.epoch, written, first=page.first)


def written_in(page: Page) -> list[Written]:
    """The newest message of each room of a page."""
    newest: dict[str, HistoryEntry] = {}
    for entry in page.entries:
        if entry.early:
            continue
        if entry.room not in newest or newest[entry.room].offset < entry.offset:
            newest[entry.room] = entry
    return [Written(room, entry.offset, entry.time) for room, entry in newest.items()]
