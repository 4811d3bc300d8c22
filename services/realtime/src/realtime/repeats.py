"""Warnings that repeat themselves: the first few are shown, the rest are counted."""

import logging
import time
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from typing import Any, Final

import structlog

SHOWN: Final = 5
"""So many lines of one event tell what is wrong and whether it is always the same."""
WINDOW: Final = 10.0
"""Seconds; as long as `realtime.telemetry.Sampler` holds back."""
EVENTS_MAX: Final = 1_000
"""Libraries put facts into their sentences, so there may be any number of them."""
_LEVELS: Final = frozenset({"warning", "error"})


@dataclass(slots=True)
class _Seen:
    since: float
    count: int = 0
    held_back: int = 0


class Repeats(logging.Filter):
    """Of one event at most `SHOWN` warnings or errors in `WINDOW`.

    The first one after that carries the number of those that were not shown. Lines with a traceback
    always pass: each is a bug of ours. So do lines with ``held_back``: these are sampled by their
    kind already. A processor for structlog's lines, and a filter for what libraries say: there a
    processor may not drop anything.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._seen: dict[str, _Seen] = {}

    def __call__(self, _: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """Let a line of ours pass, or drop it.

        Raises:
            structlog.DropEvent: it is one too many.
        """
        if line.get("level") not in _LEVELS or line.get("exc_info") or "held_back" in line:
            return line
        repeated = self._admit(str(line.get("event")))
        if repeated is None:
            raise structlog.DropEvent
        if repeated:
            line["repeated"] = repeated
        return line

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a library's line passes; ours, whose message is a mapping, have been asked."""
        ours = isinstance(record.msg, dict)
        if ours or record.levelname.lower() not in _LEVELS or record.exc_info:
            return True
        repeated = self._admit(str(record.msg))
        if repeated:
            record.msg, record.args = f"{record.getMessage()} (repeated: {repeated})", None
        return repeated is not None

    def _admit(self, event: str) -> int | None:
        """How many were not shown before this one; None if it is not to be shown either."""
        now, seen = self._clock(), self._entry(event)
        repeated = 0
        if now - seen.since >= WINDOW:
            repeated = seen.held_back
            seen.since, seen.count, seen.held_back = now, 0, 0
        seen.count += 1
        if seen.count > SHOWN:
            seen.held_back += 1
            return None
        return repeated

    def _entry(self, event: str) -> _Seen:
        seen = self._seen.get(event)
        if seen is None:
            if len(self._seen) >= EVENTS_MAX:
                self._seen.clear()
            seen = self._seen[event] = _Seen(self._clock())
        return seen
