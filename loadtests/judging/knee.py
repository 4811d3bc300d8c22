"""Where more users no longer get what fewer got."""

from dataclasses import dataclass

from crowd.histogram import merged
from crowd.journal import Journal
from judging import lines
from judging.thresholds import Thresholds

_FEW = 20
"""Fewer times than that have no p99 worth the name."""


@dataclass(frozen=True, slots=True)
class Level:
    """What so many users got: seconds."""

    users: int
    p50: float
    p99: float
    late: float


def beyond_knee(journal: Journal, thresholds: Thresholds, first: float, last: float) -> str:
    """Why the seconds from ``first`` to ``last`` are beyond the knee; empty if they aren't."""
    for limit in thresholds.limits:
        histogram = journal.between(limit.line, first, last)
        took = histogram.percentile(limit.percent)
        if histogram.count >= _FEW and took > limit.seconds:
            late = journal.between(lines.LAG, first, last).percentile(99)
            whose = f"; the generator itself {late * 1e3:.0f} ms late (p99)"
            return f"{limit.line} p{limit.percent:g} {took * 1e3:.0f} ms{whose}"
    return ""


def levels(journal: Journal, line: str) -> list[Level]:
    """A line's delays by how many users there were, in some twenty groups of like number."""
    if not journal.users:
        return []
    width = max(1, max(journal.users.values()) // 20)
    groups: dict[int, list[int]] = {}
    for second, users in journal.users.items():
        groups.setdefault(round(users / width) * width, []).append(second)
    found = []
    for users, seconds in sorted(groups.items()):
        got = merged(h for s in seconds if (h := journal.times.get(line, {}).get(s)))
        late = merged(h for s in seconds if (h := journal.times.get(lines.LAG, {}).get(s)))
        if got.count >= _FEW:
            p50, p99 = got.percentile(50), got.percentile(99)
            found.append(Level(users, p50, p99, late.percentile(99)))
    return found
