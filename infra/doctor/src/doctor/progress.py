"""What the program is doing, told while it waits: on standard error, never in the report."""

import asyncio
import sys
import time
from collections.abc import Awaitable
from typing import TextIO, TypeVar

T = TypeVar("T")


class Progress:
    """Says each step; a wait counts, on a terminal in one line that is written over."""

    def __init__(self, out: TextIO = sys.stderr, *, quiet: bool = False) -> None:
        self._out = out
        self._quiet = quiet
        self._live = out.isatty()

    def say(self, what: str) -> None:
        """A step begins."""
        if not self._quiet:
            self._out.write(f"\r\x1b[K… {what}" if self._live else f"… {what}\n")
            self._out.flush()

    def clear(self) -> None:
        """The report comes next."""
        if self._live and not self._quiet:
            self._out.write("\r\x1b[K")
            self._out.flush()

    async def wait(self, what: str, seconds: float, work: Awaitable[T]) -> T:
        """Await ``work``, telling how much of its ``seconds`` have passed."""
        counting = asyncio.ensure_future(self._count(what, seconds))
        try:
            return await work
        finally:
            counting.cancel()

    async def _count(self, what: str, seconds: float) -> None:
        began = time.monotonic()
        step = 1 if self._live else 15
        while True:
            passed = time.monotonic() - began
            self.say(f"{what}: {passed:.0f} of at most {seconds:.0f} s")
            await asyncio.sleep(step)
