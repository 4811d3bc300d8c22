"""When a connection has been open for long enough: in turns, for all of a process at once.

Connections that stay for ever never meet a replica that was added later. So each ends at an age of
its own, spread around the one that is set, and comes back by way of whoever balances.
"""

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Final

JITTER: Final = 0.2
"""Part of the age by which a connection's own may differ, either way."""
TURNS: Final = 250
"""Into so many turns the longest age is divided.

CPython makes integers up to 256 once: as many connections as there are share these, so the place of
a connection costs no memory of its own.
"""
_USED: Final = TURNS - 2


class Ages:
    """Gives each newcomer the turn in which it is to go, between ``age`` ± `JITTER`.

    Whoever turns it takes `advance` every `turn`, and lets those go whose turn it is, at any time
    within it.
    """

    def __init__(
        self, age: timedelta, *, uniform: Callable[[float, float], float] = random.uniform
    ) -> None:
        longest = age.total_seconds() * (1 + JITTER)
        self.turn = longest / _USED
        """Seconds."""
        # A newcomer may come at the end of a turn, and go at the beginning or the end of its own.
        self._shortest = age.total_seconds() * (1 - JITTER) + self.turn
        self._longest = longest - 2 * self.turn
        self._uniform = uniform
        self._at = 0

    def place(self) -> int:
        """The turn in which one that comes now is to go."""
        ahead = 1 + int(self._uniform(self._shortest, self._longest) / self.turn)
        return (self._at + ahead) % TURNS

    def advance(self) -> int:
        """Begin the next turn, and name it."""
        self._at = (self._at + 1) % TURNS
        return self._at
