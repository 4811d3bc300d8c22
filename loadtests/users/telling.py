"""What happens to a user, told to locust: one entry for each thing that happens."""

import logging
from collections import Counter
from collections.abc import Iterable
from typing import Final

from locust.env import Environment

from crowd.finding import Finding, Kind

_LOGGED_MAX: Final = 20
"""Lines for one kind of trouble; the counts are in locust's table."""

_WORDS: Final = {
    Kind.LOST: "lost without being told",
    Kind.DUPLICATE: "came twice",
    Kind.ORDER: "out of order",
    Kind.UNTOLD: "not said as the protocol has it",
    Kind.GAP: "lost and told",
}
_logged: Counter[str] = Counter()
log: Final = logging.getLogger("crowd")


class BrokenPromiseError(Exception):
    """A check failed; one text for each kind, so that locust can count them."""


class Teller:
    """Tells locust under one type: ``SSE`` or ``WS``."""

    def __init__(self, environment: Environment, type_: str) -> None:
        self._environment = environment
        self._type = type_

    def took(self, name: str, seconds: float, *, size: int = 0) -> None:
        """Something came to pass, after so long."""
        self._fire(name, seconds, size, None)

    def failed(self, name: str, error: Exception, *, seconds: float = 0.0) -> None:
        """Something went wrong; locust then ends with status 1."""
        self._log(name, repr(error))
        self._fire(name, seconds, 0, error)

    def found(self, findings: Iterable[Finding]) -> None:
        """Tell what the checks found; a loss that was told is no failure."""
        for finding in findings:
            self._log(finding.kind, f"{finding.count} {_WORDS[finding.kind]}: {finding.detail}")
            broken = BrokenPromiseError(_WORDS[finding.kind]) if finding.is_broken else None
            self._fire(finding.kind, 0.0, finding.count, broken)

    def _log(self, name: str, detail: str) -> None:
        what = f"{self._type} {name}"
        _logged[what] += 1
        if _logged[what] <= _LOGGED_MAX:
            log.warning("%s: %s", what, detail)

    def _fire(self, name: str, seconds: float, size: int, error: Exception | None) -> None:
        self._environment.events.request.fire(  # type: ignore[no-untyped-call]
            request_type=self._type,
            name=name,
            response_time=seconds * 1000,
            response_length=size,
            exception=error,
            context={},
        )
