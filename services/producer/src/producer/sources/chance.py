"""Randomness that is a function: the same seed, label and index always draw the same number.

A generator's draws depend on everything drawn before, so a simulation resumed at another moment
would take another course. These draws depend on nothing but their arguments.
"""

import hashlib
import math
from collections.abc import Callable
from functools import lru_cache
from statistics import NormalDist
from typing import Final

_NORMAL: Final = NormalDist()
# What a float's mantissa holds: 64 random bits would round up to 1.0 now and then.
_BITS: Final = 53


class Chance:
    """Draws for one seed."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def uniform(self, label: str, index: int) -> float:
        """Draw from the open interval (0, 1)."""
        text = f"{self._seed}/{label}/{index}".encode()
        digest = hashlib.blake2b(text, digest_size=8).digest()
        return ((int.from_bytes(digest) >> (64 - _BITS)) + 0.5) / (1 << _BITS)

    def normal(self, label: str, index: int) -> float:
        """Draw from the normal distribution with mean 0 and standard deviation 1."""
        return _NORMAL.inv_cdf(self.uniform(label, index))

    def drift(self, label: str, *, step: float, memory: float) -> Callable[[float], float]:
        """Make a slowly wandering function of time (seconds), of mean 0 and deviation about 1.

        It is a first-order autoregressive process (AR(1)) sampled every ``step`` seconds,
        forgetting with time constant ``memory`` seconds, and drawn straight in between. A level is
        summed from the draws that it still remembers instead of stepped from the level before, so
        that it can be asked for at any time.
        """
        keep = math.exp(-step / memory)
        # Draws of which less than a thousandth is left don't show in a rounded value.
        remembered = math.ceil(math.log(1e-3) / math.log(keep))

        @lru_cache(maxsize=4)
        def level(index: int) -> float:
            total = 0.0
            for back in range(remembered, -1, -1):
                total = total * keep + self.normal(label, index - back)
            return total * math.sqrt(1 - keep * keep)

        def at(time: float) -> float:
            index, part = divmod(time, step)
            low, high = level(int(index)), level(int(index) + 1)
            return low + (high - low) * part / step

        return at
