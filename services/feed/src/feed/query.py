"""What a client asks of a stream, checked: which sensors, from where on, which heartbeat."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from starlette.datastructures import Headers, QueryParams

from feed.pace import Aggregate, Pace
from realtime.errors import AirwaveError
from realtime.position import Position, parse_position
from realtime.subjects import SENSOR_TOKENS_MAX, is_token, matches

PATTERNS_MAX: Final = 32
HEARTBEAT_MIN: Final = timedelta(seconds=5)
HEARTBEAT_MAX: Final = timedelta(seconds=60)
MAX_HZ_MIN: Final = 0.1
MAX_HZ_MAX: Final = 50.0
_KNOWN: Final = {"sensor", "max_hz", "agg", "heartbeat", "last_event_id", "lastEventId", "ticket"}


class BadQueryError(AirwaveError):
    """A query parameter that can't be taken: which one, and why."""

    code = "bad_query"

    def __init__(self, parameter: str, detail: str) -> None:
        self.parameter = parameter
        self.detail = detail
        super().__init__(f"{parameter}: {detail}")


_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


@dataclass(frozen=True, slots=True)
class SensorFilter:
    """Which sensors: NATS-like patterns on ``/`` tokens; none means all.

    Equal filters make equal channels, so the patterns are a set.
    """

    patterns: frozenset[str]

    def wants(self, name: str) -> bool:
        """Whether sensor ``name`` matches one of the patterns."""
        return not self.patterns or any(
            matches(pattern, name, separator="/") for pattern in self.patterns
        )


@dataclass(frozen=True, slots=True)
class ReadingsQuery:
    """A checked request for a stream.

    ``offered`` tells whether a position was given at all; ``position`` is None when it wasn't, or
    when what was given is none.
    """

    sensors: SensorFilter
    pace: Pace | None
    heartbeat: timedelta
    offered: bool
    position: Position | None


def parse_filter(patterns: Sequence[str]) -> SensorFilter:
    """Check sensor patterns.

    Raises:
        BadQueryError: too many, or one that can't match any sensor.
    """
    distinct = frozenset(patterns)
    if len(distinct) > PATTERNS_MAX:
        raise BadQueryError("sensor", f"{len(distinct)} patterns, {PATTERNS_MAX} at most")
    for pattern in distinct:
        _check_pattern(pattern)
    return SensorFilter(distinct)


def parse_readings_query(
    query: QueryParams, headers: Headers, *, heartbeat: timedelta
) -> ReadingsQuery:
    """Check a request for a stream; ``heartbeat`` is the default.

    The header ``Last-Event-ID`` wins over the query: it is newer after an automatic reconnect.

    Raises:
        BadQueryError: names the parameter.
    """
    for name in query:
        if name not in _KNOWN:
            raise BadQueryError(name[:64], "is not a parameter of this route")
    offered = headers.get("last-event-id") or query.get("last_event_id") or query.get("lastEventId")
    return ReadingsQuery(
        sensors=parse_filter(query.getlist("sensor")),
        pace=_pace(query.get("max_hz"), query.get("agg")),
        heartbeat=_heartbeat(query.get("heartbeat"), heartbeat),
        offered=bool(offered),
        position=parse_position(offered) if offered else None,
    )


def _heartbeat(text: str | None, default: timedelta) -> timedelta:
    if text is None:
        return default
    low, high = HEARTBEAT_MIN.total_seconds(), HEARTBEAT_MAX.total_seconds()
    return timedelta(seconds=_number("heartbeat", text, low, high))


def _pace(max_hz: str | None, aggregate: str | None) -> Pace | None:
    if aggregate is not None and aggregate not in set(Aggregate):
        known = ", ".join(Aggregate)
        raise BadQueryError("agg", f"{aggregate[:64]!r} is none of {known}")
    if max_hz is None:
        if aggregate is not None:
            raise BadQueryError("agg", "goes with max_hz: without it every reading is delivered")
        return None
    number = _number("max_hz", max_hz, MAX_HZ_MIN, MAX_HZ_MAX)
    return Pace(number, Aggregate(aggregate or Aggregate.LAST))


def parse_number(text: str) -> float:
    """Read a number as documents write one; NaN if it is none.

    ``float()`` takes more: digits of every script, underscores, spaces, "infinity".
    """
    return float(text) if _NUMBER.fullmatch(text) else math.nan


def _number(parameter: str, text: str, low: float, high: float) -> float:
    number = parse_number(text)
    if not low <= number <= high:
        raise BadQueryError(parameter, f"{text[:64]!r} is not a number from {low:g} to {high:g}")
    return number


def _check_pattern(pattern: str) -> None:
    tokens = pattern.split("/")
    if len(tokens) > SENSOR_TOKENS_MAX:
        detail = f"{pattern[:80]!r} has {len(tokens)} tokens, {SENSOR_TOKENS_MAX} at most"
        raise BadQueryError("sensor", detail)
    for index, token in enumerate(tokens):
        last = index == len(tokens) - 1
        if not (is_token(token) or token == "*" or (token == ">" and last)):  # noqa: S105
            detail = (
                f"{pattern[:80]!r}: each token is a name (A-Z a-z 0-9 _ -), "
                "'*' for any one, or at the end '>' for all that follow"
            )
            raise BadQueryError("sensor", detail)


_EVENT_STREAM = re.compile(r"(?:^|,)\s*(?:\*/\*|text/\*|text/event-stream)\s*(?:;|,|$)", re.ASCII)


def accepts_event_stream(headers: Headers) -> bool:
    """Whether the client takes ``text/event-stream`` (no ``Accept`` takes everything)."""
    accept = headers.get("accept")
    return accept is None or _EVENT_STREAM.search(accept.lower()) is not None
