"""What one input may cost: so much time of the processor, so much memory."""

import resource
import sys
import time
from typing import Final

from systemtests.fuzz.target import Target, require

CPU_SECONDS: Final = 1.0
"""Thousands of times what an input takes: no slow machine comes near, a runaway does."""
GROWTH_BYTES: Final = 64 * 1024 * 1024
"""By which one input may raise the process's highest mark."""
_UNIT: Final = 1 if sys.platform == "darwin" else 1024


def bounded(target: Target, data: bytes) -> None:
    """Have a target take an input within its bounds.

    Time is the thread's own, so other processes don't count. Memory is the highest mark of the
    process: what fits below the mark of an earlier input isn't seen.

    Raises:
        BrokenPromiseError: by the target, or because it took too much.
    """
    high, began = _high_mark(), time.thread_time()
    target.take(data)
    seconds, grown = time.thread_time() - began, _high_mark() - high
    require(seconds <= CPU_SECONDS, "an input takes bounded time", seconds)
    require(grown <= GROWTH_BYTES, "an input takes bounded memory", grown)


def _high_mark() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _UNIT
