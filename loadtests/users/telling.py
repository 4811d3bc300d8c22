"""What happens to a user, told to locust and to the journal: one entry for each thing."""

import logging
import time
from collections import Counter
from collections.abc import Iterable
from typing import Final

from locust.env import Environment

from crowd.finding import Finding, Kind
from crowd.journal import Journal
from judging.lines import TRIED

_LOGGED_MAX: Final = 5
"""Lines for one kind of trouble; the counts are in the tables."""

_WORDS: Final = {
    Kind.LOST: "lost without being told",
    Kind.DUPLICATE: "came twice",
    Kind.ORDER: "out of order",
    Kind.UNTOLD: "not said as the protocol has it",
    Kind.GAP: "lost and told",
}
_logged: Counter[str] = Counter()
log: Final = logging.getLogger("crowd")
JOURNAL: Final = Journal()
"""This process' own; a master's has the workers' in it, too."""


class BrokenPromiseError(Exception):
    """A check failed; one text for each kind, so that locust can count them."""


class Teller:
    """Tells under one type: ``SSE``, ``WS`` or ``POLL``."""

    def __init__(self, environment: Environment, type_: str) -> None:
        self._environment = environment
        self._type = type_

    def took(self, name: str, seconds: float, *, size: int = 0) -> None:
        """Something came to pass, after so long."""
        JOURNAL.took(f"{self._type} {name}", seconds, at=time.time())
        self._fire(name, seconds, size, None)

    def failed(self, name: str, error: Exception, *, seconds: float = 0.0) -> None:
        """Something went wrong."""
        why = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        self._log(name, why)
        JOURNAL.failed(f"{self._type} {name}", _grouped(why), at=time.time())
        self._fire(name, seconds, 0, error)

    def found(self, findings: Iterable[Finding]) -> None:
        """Tell what the checks found; a loss that was told is no failure."""
        for finding in findings:
            line, words = f"{self._type} {finding.kind}", _WORDS[finding.kind]
            self._log(finding.kind, f"{finding.count} {words}: {finding.detail}")
            if finding.is_broken:
                JOURNAL.failed(line, words, at=time.time())
                self._fire(finding.kind, 0.0, finding.count, BrokenPromiseError(words))
            else:
                JOURNAL.took(line, 0.0, at=time.time())
                self._fire(finding.kind, 0.0, finding.count, None)

    def tried(self) -> None:
        """A connection is begun: whoever tries has to get something."""
        JOURNAL.counted(f"{self._type} {TRIED}", 1, at=time.time())

    def opened(self, count: int) -> None:
        """So many connections more are open, or fewer."""
        JOURNAL.counted(f"{self._type} open", count, at=time.time())

    def _log(self, name: str, detail: str) -> None:
        what = f"{self._type} {name}"
        _logged[what] += 1
        if _logged[what] <= _LOGGED_MAX:
            log.warning("%s: %s", what, detail)
        if _logged[what] == _LOGGED_MAX:
            log.warning("%s: and so on; the report counts them", what)

    def _fire(self, name: str, seconds: float, size: int, error: Exception | None) -> None:
        self._environment.events.request.fire(  # type: ignore[no-untyped-call]
            request_type=self._type,
            name=name,
            response_time=seconds * 1000,
            response_length=size,
            exception=error,
            context={},
        )


def _grouped(why: str) -> str:
    """The same text for the same trouble: what is numbers in it differs from case to case."""
    return "".join("#" if letter.isdigit() else letter for letter in why)[:160].replace("##", "#")
