"""When to come back: what the server asked for, or a backoff. Knows no socket."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from realtime.client.backoff import Backoff

SHORTEST_ASKED: Final = 0.1
LONGEST_ASKED: Final = 600.0
"""Bounds of what a server may ask for (seconds).

Zero must not make a hot loop, and a slip of a unit must not park a client for a day.
"""


@dataclass(frozen=True, slots=True)
class Timing:
    """Where chance and time come from; tests bring their own. All in seconds."""

    uniform: Callable[[float, float], float] = random.uniform
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep


def bounded(milliseconds: float) -> float:
    """A wait that a server asked for, in seconds and within bounds."""
    return min(max(milliseconds / 1_000, SHORTEST_ASKED), LONGEST_ASKED)


class Reconnection:
    """Follows one attempt after another, and says how long to wait between them.

    The order of precedence: what the server asked for when it sent the client away; what it told
    beforehand (``retry:``), but never less than the backoff; the backoff.
    """

    def __init__(self, timing: Timing) -> None:
        self._clock = timing.clock
        self._backoff = Backoff(timing.uniform)
        self._lived_from: float | None = None
        self._retry: float | None = None
        self._asked: float | None = None

    def begin(self) -> None:
        """Another attempt."""
        self._lived_from = self._retry = self._asked = None

    def live(self) -> None:
        """The server has said its first word."""
        self._lived_from = self._clock()

    def ask(self, milliseconds: float) -> None:
        """The server sends the client away for so long."""
        self._asked = bounded(milliseconds)

    def retry(self, milliseconds: float) -> None:
        """The server tells how long to wait after a connection that breaks."""
        self._retry = bounded(milliseconds)

    def wait(self) -> float:
        """Seconds until the next attempt."""
        if self._asked is not None:
            return self._asked
        lived = self._lived_from
        backoff = self._backoff.next(stood=0.0 if lived is None else self._clock() - lived)
        if lived is None or self._retry is None:
            return backoff
        return max(backoff, self._retry)
