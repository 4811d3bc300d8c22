"""How late the event loop runs what is due: what everybody on it waits for."""

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from realtime.buckets import DELAY_SECONDS, Buckets

PERIOD: Final = timedelta(milliseconds=100)
"""Between two looks: a stall as long as that is hit by one for certain."""


class LoopLag:
    """A timer that measures by how much it is late; uvloop's own timers are good to 1 ms.

    ``on_lag`` are told each time, in seconds, and which part of the time since the last look this
    process was running on a CPU.
    """

    def __init__(self, *on_lag: Callable[[float, float], None]) -> None:
        self.seconds = Buckets(DELAY_SECONDS)
        self._on_lag = on_lag

    async def run(self) -> None:
        """Measure until cancelled."""
        loop = asyncio.get_running_loop()
        period = PERIOD.total_seconds()
        while True:
            began, used = loop.time(), time.process_time()
            await asyncio.sleep(period)
            elapsed = loop.time() - began
            lag = max(elapsed - period, 0.0)
            self.seconds.add(lag)
            busy = (time.process_time() - used) / max(elapsed, period)
            for told in self._on_lag:
                told(lag, busy)
