"""A histogram of times whose error is bounded at every size: log-linear, as HdrHistogram's.

Values are whole microseconds. Below 256 each has a bucket of its own; above, every power of two is
cut into 128, so that a bucket is at most 1/128 (0.8 %) of its value wide. Only buckets that hold
something are kept: one histogram for each second and line costs little (decision 0031).
"""

from collections.abc import Iterable, Mapping
from typing import Final

_BITS: Final = 7
_MICRO: Final = 1e6


class Histogram:
    """Counts of times, in seconds."""

    __slots__ = ("buckets", "count", "largest", "total")

    def __init__(self) -> None:
        self.buckets: dict[int, int] = {}
        self.count = 0
        self.total = 0.0
        self.largest = 0.0

    def take(self, seconds: float) -> None:
        """Count one time; a negative one, of clocks that disagree, counts as 0."""
        key = _key(int(seconds * _MICRO) if seconds > 0 else 0)
        self.buckets[key] = self.buckets.get(key, 0) + 1
        self.count += 1
        self.total += seconds
        self.largest = max(self.largest, seconds)

    def percentile(self, percent: float) -> float:
        """The time that ``percent`` of all are at or below, in seconds; 0 if there are none."""
        wanted = max(1, -(-self.count * percent // 100))
        for key in sorted(self.buckets):
            wanted -= self.buckets[key]
            if wanted <= 0:
                return min(_middle(key) / _MICRO, self.largest)
        return 0.0

    def share_above(self, seconds: float) -> float:
        """The share of times that are above ``seconds``, 0 to 1."""
        limit = _key(int(seconds * _MICRO))
        above = sum(count for key, count in self.buckets.items() if key > limit)
        return above / self.count if self.count else 0.0

    @property
    def mean(self) -> float:
        """Of all times, in seconds, exact."""
        return self.total / self.count if self.count else 0.0

    def merge(self, other: "Histogram") -> None:
        """Count what ``other`` has counted as well."""
        for key, count in other.buckets.items():
            self.buckets[key] = self.buckets.get(key, 0) + count
        self.count += other.count
        self.total += other.total
        self.largest = max(self.largest, other.largest)

    def plain(self) -> list[float]:
        """What `restored` makes it of again: numbers only, so that it can cross any wire."""
        flat: list[float] = [self.total, self.largest]
        for pair in sorted(self.buckets.items()):
            flat += pair
        return flat


def restored(plain: Iterable[float]) -> Histogram:
    """The histogram that `Histogram.plain` was called on."""
    total, largest, *flat = plain
    made = Histogram()
    made.total, made.largest = total, largest
    made.buckets = {int(key): int(n) for key, n in zip(flat[0::2], flat[1::2], strict=True)}
    made.count = sum(made.buckets.values())
    return made


def merged(histograms: Iterable[Histogram]) -> Histogram:
    """One of all."""
    made = Histogram()
    for histogram in histograms:
        made.merge(histogram)
    return made


def summary(histogram: Histogram) -> Mapping[str, float]:
    """Count, and milliseconds: what tables and JSON show."""
    percents = {
        f"p{percent:g}": histogram.percentile(percent) * 1e3 for percent in (50, 90, 99, 99.9)
    }
    mean, largest = histogram.mean * 1e3, histogram.largest * 1e3
    return {"count": histogram.count, "mean": mean, **percents, "max": largest}


def _key(micros: int) -> int:
    exponent = micros.bit_length() - _BITS - 1
    return micros if exponent <= 0 else (exponent << _BITS) + (micros >> exponent)


def _middle(key: int) -> float:
    if key < 2 << _BITS:
        return key
    exponent = (key >> _BITS) - 1
    return ((key - (exponent << _BITS)) << exponent) + ((1 << exponent) - 1) / 2
