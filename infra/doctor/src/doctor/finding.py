"""What the examination says about one thing."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Severity(StrEnum):
    """How much a finding matters; `weight` orders them."""

    OK = "ok"
    INFO = "info"
    UNKNOWN = "can't tell"
    WARNING = "warning"
    PROBLEM = "problem"

    @property
    def weight(self) -> int:
        """What could not be told weighs no more than what is only worth knowing."""
        return _WEIGHTS[self]


_WEIGHTS: Final = {
    Severity.OK: 0,
    Severity.INFO: 1,
    Severity.UNKNOWN: 1,
    Severity.WARNING: 2,
    Severity.PROBLEM: 3,
}


@dataclass(frozen=True, slots=True)
class Finding:
    """``check`` is a stable name for machines; ``knobs`` are settings by their real names."""

    check: str
    severity: Severity
    found: str
    means: str = ""
    knobs: tuple[str, ...] = ()


def worst(findings: tuple[Finding, ...]) -> Severity:
    """The weightiest severity; OK where nothing was found."""
    return max((one.severity for one in findings), key=lambda one: one.weight, default=Severity.OK)
