"""Whether a run says something about the server, or only about whoever measured it. Pure."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

ACHIEVED_ENOUGH: Final = 0.98
"""Less than this share of what was offered, and the run did not keep up."""
LOOP_MAX: Final = 0.010
"""Seconds that one turn of the subscribers' loop may take (p99): what it may add to a delay."""
LATE_MAX: Final = 0.010
"""Seconds that the publisher may be late (p99) against the intended times."""
BUSY_MAX: Final = 0.97
"""Share of the client's core that may be in use: above it, it is what limits the run."""
FOREIGN_MAX: Final = 0.10
"""Share of the server's core that processes which are not the server may have."""


class Verdict(StrEnum):
    """What a run is worth."""

    VALID = "valid"
    DELAYS_VOID = "delays void"
    """All deliveries came, but generator or machine lagged: CPU counts, delays don't."""
    SATURATED = "saturated"
    """The server did not keep up, and the generator is not to blame."""
    VOID = "VOID"
    """Deliveries are missing and generator or machine lagged: it says nothing of the server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lag:
    """How the generator did: seconds (p99) of its loop and of the publisher, use of its core.

    ``foreign``: how much of the server's core others had.
    """

    loop: float
    late: float
    busy: float
    foreign: float = 0.0

    @property
    def reasons(self) -> tuple[str, ...]:
        """In words, what was beyond its bound; empty if nothing was."""
        found = []
        if self.loop > LOOP_MAX:
            found.append(f"the subscribers' loop took {self.loop * 1e3:.1f} ms (p99)")
        if self.late > LATE_MAX:
            found.append(f"the publisher was {self.late * 1e3:.1f} ms late (p99)")
        if self.busy > BUSY_MAX:
            found.append(f"the client's core was {self.busy:.0%} busy")
        if self.foreign > FOREIGN_MAX:
            found.append(f"others had {self.foreign:.0%} of the server's core")
        return tuple(found)


def judge(*, offered: float, achieved: float, lag: Lag) -> Verdict:
    """The verdict on a run that offered and achieved so many deliveries a second."""
    kept_up = achieved >= ACHIEVED_ENOUGH * offered
    if kept_up:
        return Verdict.DELAYS_VOID if lag.reasons else Verdict.VALID
    return Verdict.VOID if lag.reasons else Verdict.SATURATED
