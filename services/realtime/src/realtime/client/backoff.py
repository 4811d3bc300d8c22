"""How long to wait before the next attempt."""

import random
from collections.abc import Callable
from typing import Final

FIRST: Final = 0.5
"""Seconds: the ceiling of the first wait."""
LONGEST: Final = 30.0
STEADY: Final = 10.0
"""Seconds a connection has to stand to have proven itself.

One that is accepted and cut at once must not begin anew: it would come back in a hot loop.
"""
_DOUBLINGS_MAX: Final = 16


class Backoff:
    """Waits of "full jitter": any part of a ceiling that doubles, up to `LONGEST`.

    The randomness spreads the clients of a server that died; a fixed wait would bring them all back
    at once.
    """

    def __init__(self, uniform: Callable[[float, float], float] = random.uniform) -> None:
        self._uniform = uniform
        self._attempts = 0

    def next(self, *, stood: float = 0.0) -> float:
        """The next wait; ``stood`` is how long the connection lost just now had lived (seconds)."""
        if stood >= STEADY:
            self._attempts = 0
        ceiling = min(FIRST * 2**self._attempts, LONGEST)
        self._attempts = min(self._attempts + 1, _DOUBLINGS_MAX)
        return self._uniform(0.0, ceiling)
