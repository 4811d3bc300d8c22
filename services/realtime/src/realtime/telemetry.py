"""Logs: one structured line per event, JSON for machines, readable on a terminal."""

import logging
import sys
import time
from collections import Counter
from typing import Any, Final, Literal

import structlog

from realtime.repeats import Repeats

_TEXT_MAX: Final = 512
"""Characters of one value in a log line; longer ones come from outside and are cut."""


def configure_logging(
    level: str, *, service: str, format_: Literal["auto", "json", "console"] = "auto"
) -> None:
    """Set up structlog and the standard library's loggers for the process.

    ``auto`` is readable on a terminal and JSON elsewhere.
    """
    console = format_ == "console" or (format_ == "auto" and sys.stderr.isatty())
    repeats = Repeats()
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _cut_long_values,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            repeats,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(repeats)
    handler.setFormatter(_formatter(console=console, service=service, shared=shared))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for noisy in ("uvicorn", "uvicorn.error", "uvicorn.access", "nats"):
        logger = logging.getLogger(noisy)
        logger.handlers.clear()
        logger.propagate = True
    # The drivers speak of every reconnect and every start-up step at INFO.
    for quiet in ("uvicorn.error", "nats", "sse_starlette"):
        logging.getLogger(quiet).setLevel(max(logging.WARNING, root.level))


def _formatter(*, console: bool, service: str, shared: list[Any]) -> logging.Formatter:
    def name_service(_: Any, __: str, event: Any) -> Any:
        event["service"] = service
        return event

    last: list[Any] = (
        [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=0)]
        if console
        else [
            name_service,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ]
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
    )


def _cut_long_values(_: Any, __: str, event: Any) -> Any:
    for key, value in event.items():
        if isinstance(value, str) and len(value) > _TEXT_MAX and key != "exception":
            event[key] = value[:_TEXT_MAX] + "…"
    return event


class Sampler:
    """Lets through one of a kind per interval, with the count of those held back.

    For warnings that outside input can cause at any rate.
    """

    def __init__(self, interval: float = 10.0) -> None:
        self._interval = interval
        self._next: dict[str, float] = {}
        self._held: Counter[str] = Counter()

    def admit(self, kind: str) -> int | None:
        """How many were held back since the last one that passed; None holds this one back.

        ``kind`` comes from a closed list: one entry is kept for each.
        """
        now = time.monotonic()
        if now < self._next.get(kind, 0.0):
            self._held[kind] += 1
            return None
        self._next[kind] = now + self._interval
        return self._held.pop(kind, 0)
