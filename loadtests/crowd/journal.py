"""What happened in a run, by line and second: what verdict, plots and tables are made of.

A line is a thing that happens (``SSE event delay``). Each process keeps a journal; the workers'
are sent to the master in pieces and merged there.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from crowd.histogram import Histogram, merged, restored


class Journal:
    """``times``: line, then second (Unix time), then histogram. ``counts``: the same, of counts.

    ``failures``: how often a line failed for which reason. ``users``: how many there were, by
    second.
    """

    def __init__(self) -> None:
        self.times: dict[str, dict[int, Histogram]] = {}
        self.counts: dict[str, Counter[int]] = {}
        self.failures: Counter[tuple[str, str]] = Counter()
        self.failed_at: dict[str, Counter[int]] = {}
        self.users: dict[int, int] = {}
        self.moments: list[tuple[float, str]] = []

    def clear(self) -> None:
        """Forget everything."""
        for kept in (self.times, self.counts, self.failures, self.failed_at, self.users):
            kept.clear()
        self.moments.clear()

    def took(self, line: str, seconds: float, *, at: float) -> None:
        """Something on ``line`` came to pass at ``at`` (Unix seconds), after so many seconds."""
        by_second = self.times.setdefault(line, {})
        second = int(at)
        histogram = by_second.get(second)
        if histogram is None:
            histogram = by_second[second] = Histogram()
        histogram.take(seconds)

    def counted(self, line: str, count: int, *, at: float) -> None:
        """Something was so many, or became so many more or fewer."""
        self.counts.setdefault(line, Counter())[int(at)] += count

    def failed(self, line: str, why: str, *, at: float) -> None:
        """Something went wrong."""
        self.failures[line, why] += 1
        self.failed_at.setdefault(line, Counter())[int(at)] += 1

    def total(self, line: str) -> Histogram:
        """All times of a line."""
        return merged(self.times.get(line, {}).values())

    def between(self, line: str, first: float, last: float) -> Histogram:
        """The times of a line from ``first`` to ``last`` (Unix seconds)."""
        by_second = self.times.get(line, {})
        return merged(h for second, h in by_second.items() if first <= second < last)

    def failures_of(self, line: str) -> int:
        """How often a line failed, for whatever reason."""
        return sum(count for (name, _), count in self.failures.items() if name == line)

    @property
    def lines(self) -> list[str]:
        """Every line that something happened on, by name."""
        return sorted({*self.times, *(line for line, _ in self.failures)})

    @property
    def span(self) -> tuple[int, int]:
        """The first and the last second of which anything is known."""
        seconds = [*self.users]
        for times in self.times.values():
            seconds += times
        for counts in self.counts.values():
            seconds += counts
        return (min(seconds), max(seconds) + 1) if seconds else (0, 0)

    def plain(self) -> dict[str, Any]:
        """The journal as plain numbers and texts."""
        times = {
            line: {str(second): h.plain() for second, h in by_second.items()}
            for line, by_second in self.times.items()
        }
        return {
            "times": times,
            "counts": _plain_counts(self.counts),
            "failures": [[line, why, count] for (line, why), count in self.failures.items()],
            "failed_at": _plain_counts(self.failed_at),
            "users": {str(second): count for second, count in self.users.items()},
            "moments": [list(moment) for moment in self.moments],
        }

    def merge(self, plain: Mapping[str, Any]) -> None:
        """Add what another journal's `plain` says."""
        for line, by_second in plain["times"].items():
            mine = self.times.setdefault(line, {})
            for second, histogram in by_second.items():
                mine.setdefault(int(second), Histogram()).merge(restored(histogram))
        _merge_counts(self.counts, plain["counts"])
        _merge_counts(self.failed_at, plain["failed_at"])
        for line, why, count in plain["failures"]:
            self.failures[line, why] += count
        self.users.update({int(second): count for second, count in plain["users"].items()})
        self.moments += [(at, what) for at, what in plain["moments"]]


def _plain_counts(counts: Mapping[str, Mapping[int, int]]) -> dict[str, dict[str, int]]:
    return {
        line: {str(second): count for second, count in by_second.items()}
        for line, by_second in counts.items()
    }


def _merge_counts(mine: dict[str, Counter[int]], plain: Mapping[str, Mapping[str, int]]) -> None:
    for line, by_second in plain.items():
        counter = mine.setdefault(line, Counter())
        for second, count in by_second.items():
            counter[int(second)] += count
