"""A histogram as plain integers: what is measured often knows no metrics library."""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Final, NamedTuple

DELAY_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
"""Bounds for what should take milliseconds (decision 0033): the goals of fanout.md (10 and 50 ms),
the objectives (0.25 and 0.5 s) and the stall that ends it (10 s) are bounds themselves, so that a
share below one of them is counted and not interpolated."""
PARTS: Final = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1_000.0, 5_000.0)
"""Bounds for how many go together."""


class Exemplar(NamedTuple):
    """One value of a bucket, and the trace that shows where its time went.

    ``at`` is Unix seconds.
    """

    trace: str
    value: float
    at: float


class Buckets:
    """How many values were at most each of ``bounds``, which rise; and their sum."""

    __slots__ = ("bounds", "counts", "exemplars", "sum")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = tuple(bounds)
        self.counts = [0] * (len(self.bounds) + 1)
        self.sum = 0.0
        self.exemplars: dict[int, Exemplar] = {}

    def add(self, value: float) -> None:
        """Count a value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.sum += value

    def show(self, exemplar: Exemplar) -> None:
        """Keep a value that was traced as its bucket's example, in the last one's place."""
        self.exemplars[bisect_left(self.bounds, exemplar.value)] = exemplar

    @property
    def count(self) -> int:
        """How many values there were."""
        return sum(self.counts)
