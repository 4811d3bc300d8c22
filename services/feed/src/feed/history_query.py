"""What a client asks of the stored readings, checked: which sensors, which span, how many."""

from dataclasses import dataclass
from typing import Final

from starlette.datastructures import QueryParams

from feed.query import BadQueryError, SensorFilter, parse_filter, parse_number

LIMIT_DEFAULT: Final = 1_000
LIMIT_MAX: Final = 5_000
TIME_MAX: Final = 253_402_300_800.0
"""The year 10000: what is later is no date in most programs."""
_KNOWN: Final = {"sensor", "since", "until", "limit", "ticket"}


@dataclass(frozen=True, slots=True)
class HistoryQuery:
    """A checked request for stored readings.

    ``since`` and ``until`` are Unix seconds, both included; a reading's own time counts.
    """

    sensors: SensorFilter
    since: float
    until: float | None
    limit: int

    def holds(self, time: float) -> bool:
        """Whether a reading of ``time`` lies within the span."""
        return self.since <= time and (self.until is None or time <= self.until)


def parse_history_query(query: QueryParams) -> HistoryQuery:
    """Check a request for stored readings.

    Raises:
        BadQueryError: names the parameter.
    """
    for name in query:
        if name not in _KNOWN:
            raise BadQueryError(name[:64], "is not a parameter of this route")
    since = _time("since", query.get("since"))
    until = _time("until", query.get("until"))
    if since is not None and until is not None and until < since:
        raise BadQueryError("until", f"{until:g} is before since, {since:g}")
    return HistoryQuery(
        sensors=parse_filter(query.getlist("sensor")),
        since=since or 0.0,
        until=until,
        limit=_limit(query.get("limit")),
    )


def _time(parameter: str, text: str | None) -> float | None:
    if text is None:
        return None
    seconds = parse_number(text)
    if not 0 <= seconds <= TIME_MAX:
        raise BadQueryError(parameter, f"{text[:64]!r} is no time in Unix seconds")
    return seconds


def _limit(text: str | None) -> int:
    if text is None:
        return LIMIT_DEFAULT
    # int() takes more than digits, and digits that are not ours.
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(LIMIT_MAX))):
        number = 0
    else:
        number = int(text)
    if not 1 <= number <= LIMIT_MAX:
        raise BadQueryError("limit", f"{text[:64]!r} is not a whole number from 1 to {LIMIT_MAX}")
    return number
