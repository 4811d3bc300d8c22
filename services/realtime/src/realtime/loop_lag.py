"""How late the event loop runs what is due: what everybody on it waits for."""

import asyncio
from datetime import timedelta
from typing import Final

from realtime.buckets import DELAY_SECONDS, Buckets

PERIOD: Final = timedelta(milliseconds=100)
"""Between two looks: a stall as long as that is hit by one for certain."""


class LoopLag:
    """A timer that measures by how much it is late; uvloop's own timers are good to 1 ms."""

    def __init__(self) -> None:
        self.seconds = Buckets(DELAY_SECONDS)

    async def run(self) -> None:
        """Measure until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + PERIOD.total_seconds()
            await asyncio.sleep(PERIOD.total_seconds())
            self.seconds.add(max(loop.time() - due, 0.0))
