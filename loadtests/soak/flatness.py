"""Whether something grew: a slope beyond its noise, and beyond what is allowed."""

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from capacity.leastsquares import Estimate

WARM_SHARE = 0.4
"""The first part of a run: caches, rings and pools fill."""
_FEW = 4
_SURE = 2.0
"""Standard errors."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What may be added over a run: so much, or such a share of the mean, whichever is more."""

    more: float
    share: float = 0.0

    def of(self, mean: float) -> float:
        """What may be added to something of this size."""
        return max(self.more, self.share * mean)


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """Of one gauge, from the end of the warm part to the end; ``allowed`` in the same unit."""

    what: str
    of: str
    mean: float
    growth: Estimate
    allowed: float

    @property
    def grew(self) -> bool:
        """Whether it did, for sure and by more than it may."""
        return self.growth.value - _SURE * self.growth.error > self.allowed

    def __str__(self) -> str:
        sure = f"{self.growth.value:+.1f} ± {self.growth.error:.1f}"
        mean = f"at a mean of {self.mean:.1f}"
        return f"{self.what} of {self.of}: {sure} {mean}, allowed {self.allowed:.1f}"


class NothingSeenError(ValueError):
    """There are too few looks to tell a slope."""


def growth_of(
    what: str, of: str, seen: Sequence[tuple[float, float]], allowance: Allowance
) -> Growth:
    """Fit a line through (seconds, value) after the warm part.

    Raises:
        NothingSeenError: too few looks.
    """
    if not seen:
        raise NothingSeenError(what, of)
    last = seen[-1][0]
    warm = [(at, value) for at, value in seen if at >= WARM_SHARE * last]
    if len(warm) < _FEW:
        raise NothingSeenError(what, of, len(warm))
    mean = sum(value for _, value in warm) / len(warm)
    window = last - warm[0][0]
    slope = _slope(warm)
    return Growth(
        what=what,
        of=of,
        mean=mean,
        growth=Estimate(slope.value * window, slope.error * window),
        allowed=allowance.of(mean),
    )


def _slope(points: Sequence[tuple[float, float]]) -> Estimate:
    """Of the least-squares line, with its standard error."""
    count = len(points)
    mean_x = math.fsum(x for x, _ in points) / count
    mean_y = math.fsum(y for _, y in points) / count
    spread = math.fsum((x - mean_x) ** 2 for x, _ in points) or 1.0
    slope = math.fsum((x - mean_x) * (y - mean_y) for x, y in points) / spread
    rest = math.fsum((y - mean_y - slope * (x - mean_x)) ** 2 for x, y in points)
    return Estimate(slope, math.sqrt(rest / (count - 2) / spread))


@dataclass(frozen=True, slots=True)
class Allowances:
    """What may be added, by gauge, or by gauge and of whom (``memory of nats``)."""

    by_name: Mapping[str, Allowance]

    def of(self, what: str, whose: str) -> Allowance:
        """That of one gauge of one server."""
        return self.by_name.get(f"{what} of {whose}", self.by_name[what])


def allowances(path: Path) -> Allowances:
    """What the file of thresholds allows."""
    told = tomllib.loads(path.read_text(encoding="utf-8"))["soak"]
    return Allowances({name: Allowance(**limits) for name, limits in told.items()})
