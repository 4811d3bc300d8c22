"""The arithmetic of the report. Pure."""

import math
from collections.abc import Sequence
from typing import NamedTuple


class Spread(NamedTuple):
    """What several rounds gave: the median and how far they lay apart."""

    median: float
    low: float
    high: float


def spread(values: Sequence[float]) -> Spread:
    """Median, least and greatest.

    Raises:
        ValueError: there are none.
    """
    if not values:
        message = "a spread of nothing"
        raise ValueError(message)
    ordered = sorted(values)
    middle = len(ordered) // 2
    median = ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
    return Spread(median, ordered[0], ordered[-1])


def slope(points: Sequence[tuple[float, float]]) -> float:
    """The least-squares slope of (x, y).

    Raises:
        ValueError: fewer than two different x.
    """
    if len({x for x, _ in points}) < 2:  # noqa: PLR2004 - a line has two points
        message = "a slope needs two different places"
        raise ValueError(message)
    mean_x = math.fsum(x for x, _ in points) / len(points)
    mean_y = math.fsum(y for _, y in points) / len(points)
    above = math.fsum((x - mean_x) * (y - mean_y) for x, y in points)
    return above / math.fsum((x - mean_x) ** 2 for x, _ in points)


def ratio(value: float, base: float) -> float | None:
    """``value`` against ``base``, None where there is nothing to compare with."""
    return value / base if base > 0 and math.isfinite(base) else None
