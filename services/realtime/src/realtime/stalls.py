"""Finds what holds up the event loop: a thread looks at the loop's thread while it stands still."""

import asyncio
import sys
import threading
import time
import traceback
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Final

import structlog

FRAMES: Final = 8
"""Innermost callers that are told; a line holds 512 characters."""
_LOOKS: Final = 4
"""Within the time that makes a stall."""

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Stalls:
    """Stalls of the loop that `run` runs on, longer than ``after``: counted, each with one line.

    A process that stood still as a whole (stopped, or kept from running) has no stall: its thread
    was as late as its loop.
    """

    def __init__(self, after: timedelta) -> None:
        self._after = after.total_seconds()
        self._beat_at = time.monotonic()
        self._ended = threading.Event()
        self.count = 0

    def _beat(self) -> None:
        self._beat_at = time.monotonic()

    async def run(self) -> None:
        """Watch this loop until cancelled."""
        self._beat()
        looking = threading.Thread(
            target=self._look, args=(threading.get_ident(),), name="stalls", daemon=True
        )
        looking.start()
        try:
            while True:
                self._beat()
                await asyncio.sleep(self._after / _LOOKS)
        finally:
            self._ended.set()

    def _look(self, thread: int) -> None:
        pause = self._after / _LOOKS
        told = 0.0
        while True:
            before = time.monotonic()
            if self._ended.wait(pause):
                return
            now, beat_at = time.monotonic(), self._beat_at
            if now - before > pause + self._after / 2:
                # This thread did not run either; what the loop did meanwhile is not known.
                told = beat_at
            elif now - beat_at > self._after and beat_at != told:
                told = beat_at
                self.count += 1
                frame = sys._current_frames().get(thread)  # noqa: SLF001 - documented; no other way
                log.warning(
                    "event_loop_stalled",
                    seconds=round(now - beat_at, 3),
                    stack=stack_of(frame) if frame is not None else "",
                )


def stack_of(frame: FrameType) -> str:
    """Where a thread is: its innermost callers, each as ``file:line function``, innermost first."""
    found = traceback.extract_stack(frame)[-FRAMES:]
    return " < ".join(
        f"{Path(place.filename).name}:{place.lineno} {place.name}" for place in reversed(found)
    )
