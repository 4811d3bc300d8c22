"""What is said to those who ask for what can't be had, and how often it was."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from starlette.responses import Response

from feed.query import BadQueryError
from realtime.problems import problem

PARAMETERS: Final = ("agg", "heartbeat", "limit", "max_hz", "sensor", "since", "until")
UNKNOWN: Final = "unknown"
"""Any other name; what it was came from outside, and becomes no label."""


class BadQueries:
    """Queries that were refused, by the parameter that was wrong."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def refuse(self, error: BadQueryError) -> Response:
        """Count it, and make a 400 that names the parameter."""
        self._counts[error.parameter if error.parameter in PARAMETERS else UNKNOWN] += 1
        return problem(400, error.code, error.detail, parameter=error.parameter)

    def counts(self) -> Iterator[tuple[str, int]]:
        """How many of each, those of which there were none, too."""
        for parameter in (*PARAMETERS, UNKNOWN):
            yield parameter, self._counts[parameter]
