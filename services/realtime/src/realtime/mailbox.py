"""Ephemeral messages on their way to who hears them: bounded, the oldest are dropped."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

import structlog

SIZE: Final = 4_096
"""Messages that wait; a loop that is late by a second at 4,000 a second still loses none."""
SLICE: Final = 64
"""Messages handed over before others get their turn on the loop."""

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Mailbox:
    """Hands messages over in the order in which they came, in turns with everything else.

    What comes while ``size`` are waiting pushes out the oldest: of things that are not stored the
    newest is worth most. `dropped` counts them. Belongs to one event loop.
    """

    def __init__(self, on_message: Callable[[str, bytes], None], *, size: int = SIZE) -> None:
        self._on_message = on_message
        self._waiting: deque[tuple[str, bytes]] = deque(maxlen=size)
        self._scheduled = False
        self._closed = False
        self.dropped = 0

    def put(self, subject: str, payload: bytes) -> None:
        """Take a message; never waits, never raises."""
        if self._closed:
            return
        if len(self._waiting) == self._waiting.maxlen:
            self.dropped += 1
        self._waiting.append((subject, payload))
        self._schedule()

    def close(self) -> None:
        """Hand over nothing more."""
        self._closed = True
        self._waiting.clear()

    def _schedule(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._hand_over)

    def _hand_over(self) -> None:
        self._scheduled = False
        for _ in range(min(SLICE, len(self._waiting))):
            if not self._waiting:
                return
            subject, payload = self._waiting.popleft()
            try:
                self._on_message(subject, payload)
            except Exception:
                # Whatever one message does, the next one is heard.
                log.exception("message_failed", subject=subject)
        if self._waiting:
            self._schedule()
