"""Listening to an open connection: until when, and how it ended."""

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Final, Self

from doctor.recording import End

_READ: Final = 65_536


class Ear(ABC):
    """What a connection has got so far; `listen` waits for more.

    ``end`` is how it ended, and ``lasted`` when, in seconds since it began.
    """

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader
        self._began = time.monotonic()
        self.end: End | None = None
        self.lasted = 0.0

    @property
    def now(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self._began

    async def listen(
        self, seconds: float, *, until: Callable[[Self], bool] = lambda _: False
    ) -> None:
        """Take what comes for so long, ``until`` something is true, or to the end."""
        deadline = self.now + seconds
        while self.end is None and not until(self):
            left = deadline - self.now
            if left <= 0 or self._full():
                return
            try:
                piece = await asyncio.wait_for(self._reader.read(_READ), left)
            except TimeoutError:
                return
            except OSError:
                self._ended(End.RESET)
                return
            self._take(piece)

    @abstractmethod
    def _take(self, piece: bytes) -> None:
        """Make something of what came; nothing came at the other side's end."""

    def _full(self) -> bool:
        """Whether no more is to be kept."""
        return False

    def _ended(self, how: End) -> None:
        if self.end is None:
            self.end, self.lasted = how, self.now
