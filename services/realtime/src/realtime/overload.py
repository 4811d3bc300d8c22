"""Whether a replica has more than it can carry: its loop is late, and by its own work."""

from datetime import timedelta
from typing import Final

from realtime.loop_lag import PERIOD

WINDOW: Final = 100
"""Looks of `realtime.loop_lag` that are judged together: 10 s."""
IN_A_ROW: Final = 2
"""Windows that have to be late: a storm that is admitted, or a collection of garbage, is over by
then."""
ALLOWED: Final = 0.01
"""Part of the looks that may be late: what is held to the limit is the 99th percentile."""
BUSY: Final = 0.5
"""A loop that was late while its process ran for less of the time was kept from running by others,
or waited: to turn people away would help nobody."""


class Overload:
    """Late after `IN_A_ROW` windows that were, until the first one that wasn't."""

    def __init__(self, limit: timedelta) -> None:
        self._limit = limit.total_seconds()
        self._looks = 0
        self._late_looks = 0
        self._late_windows = 0

    @property
    def late(self) -> bool:
        """Whether nobody should come here now."""
        return self._late_windows >= IN_A_ROW

    def add(self, lag: float, busy: float) -> None:
        """Take one look: how late it was (seconds), and the part of the time on a CPU.

        A late look stands for all those that there was no time for.
        """
        if not self._limit:
            return
        missed = int(lag / PERIOD.total_seconds())
        self._looks += 1 + missed
        if lag > self._limit and busy >= BUSY:
            self._late_looks += 1 + missed
        if self._looks >= WINDOW:
            was_late = self._late_looks > ALLOWED * self._looks
            self._late_windows = self._late_windows + 1 if was_late else 0
            self._looks = self._late_looks = 0
