"""How long to wait before the next attempt."""

import itertools
import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Final

FIRST: Final = timedelta(milliseconds=100)
LONGEST: Final = timedelta(seconds=2)
"""Readings are to flow within 5 s after the broker is back; the last wait must fit into that."""


def waits(uniform: Callable[[float, float], float] = random.uniform) -> Iterator[float]:
    """Yield the waits (seconds) between attempts, for ever: doubling, capped, and jittered.

    Each is between half and all of its nominal length, so that sensors that failed together do not
    come back together.
    """
    for attempt in itertools.count():
        # The exponent is capped too: 2**1100 is no float.
        nominal = min(FIRST.total_seconds() * 2 ** min(attempt, 16), LONGEST.total_seconds())
        yield uniform(nominal / 2, nominal)
