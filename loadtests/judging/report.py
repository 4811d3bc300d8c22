"""A load test's report: verdict, plots over time, the knee, tables. Pure."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from crowd.histogram import Histogram, merged
from crowd.journal import Journal
from judging import lines
from judging.facts import Facts
from judging.knee import levels
from judging.page import columns, page, table
from judging.plot import Series, chart
from judging.verdict import Verdict

_BINS: Final = 120
_HEADS: Final = ("line", "count", "p50 ms", "p90", "p99", "p99.9", "max", "failed")
_DELAYS: Final = (lines.DELAY, lines.DELIVERY, lines.ACK)
_RATES: Final = (
    ("SSE connect", "SSE connects"),
    ("SSE reconnect", "SSE resumed"),
    ("SSE cut", "SSE cut"),
    ("WS connect", "WS connects"),
    ("WS reconnect", "WS resumed"),
    ("WS cut", "WS cut"),
)


def html(journal: Journal, verdict: Verdict, facts: Facts) -> str:
    """The report as one file for a browser."""
    tables = [("Everything that happened", table(_HEADS, _rows(journal)))]
    if journal.failures:
        tables.append(("What went wrong", table(("line", "why", "count"), _failures(journal))))
    return page(facts, verdict, plots=_plots(journal), tables=tables)


def text(journal: Journal, verdict: Verdict, facts: Facts) -> str:
    """The same for a terminal, without plots; the verdict comes last, where it is seen."""
    said = [columns(_HEADS, _rows(journal)), "", f"{facts.title} at {facts.target}: {verdict.word}"]
    return "\n".join([*said, *(f"  {reason}" for reason in (*verdict.reasons, *verdict.notes))])


def _rows(journal: Journal) -> Iterator[tuple[str, ...]]:
    for line in journal.lines:
        total, failed = journal.total(line), journal.failures_of(line)
        scale = 100.0 if line == lines.CPU else 1e3
        name = f"{line}, % of a core" if line == lines.CPU else line
        times = [total.percentile(p) * scale for p in (50, 90, 99, 99.9)] + [total.largest * scale]
        shown = [f"{time:.1f}" for time in times] if total.count else ["–"] * len(times)
        yield (name, f"{total.count:,}", *shown, f"{failed:,}" if failed else "")


def _failures(journal: Journal) -> Iterator[tuple[str, ...]]:
    for (line, why), count in journal.failures.most_common():
        yield line, why, f"{count:,}"


def _plots(journal: Journal) -> Iterator[str]:
    bins = _Bins(journal)
    moments = [(at - bins.first, what) for at, what in journal.moments]

    def over_time(title: str, unit: str, series: Iterable[Series]) -> str:
        shown = [one for one in series if one.points]
        return chart(title, shown, x_name="seconds", y_name=unit, moments=moments)

    for line in _DELAYS:
        if line in journal.times:
            ranks = ((50, "p50"), (99, "p99"), (100, "max"))
            yield over_time(
                line, "ms", [Series(name, bins.percentile(line, rank)) for rank, name in ranks]
            )
    open_now = [Series(f"{kind} open", bins.level(f"{kind} open")) for kind in ("SSE", "WS")]
    yield over_time("Users and connections", "", [Series("users", bins.users()), *open_now])
    rates = [Series(name, bins.rate(line)) for line, name in _RATES if line in journal.times]
    yield over_time("Connects, reconnects, cuts", "a second", rates)
    failed = [Series(line, bins.failed(line)) for line in sorted(journal.failed_at)]
    if failed:
        yield over_time("What went wrong", "a second", failed)
    yield over_time(
        "The generator's own lateness", "ms", [Series("p99", bins.percentile(lines.LAG, 99))]
    )
    yield _knee(journal)


def _knee(journal: Journal) -> str:
    series = []
    for line in (lines.DELAY, lines.ACK):
        found = levels(journal, line)
        series.append(
            Series(f"{line} p99", [(one.users, one.p99 * 1e3) for one in found], dots=True)
        )
    late = levels(journal, lines.DELAY)
    series.append(Series("generator p99", [(one.users, one.late * 1e3) for one in late], dots=True))
    shown = [one for one in series if one.points]
    return chart(
        "Delay by number of users", shown, x_name="users", y_name="ms: the knee is where it bends"
    )


class _Bins:
    """A run's seconds in at most `_BINS` groups of equal length."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.first, self._last = journal.span
        self._width = max(1, -(-(self._last - self.first) // _BINS))

    def percentile(self, line: str, percent: float) -> list[tuple[float, float]]:
        """Milliseconds, where anything happened."""
        by_second = self._journal.times.get(line, {})

        def of(seconds: range) -> float | None:
            got: Histogram = merged(h for s in seconds if (h := by_second.get(s)))
            return got.percentile(percent) * 1e3 if got.count else None

        return self._each(of)

    def rate(self, line: str) -> list[tuple[float, float]]:
        """How often a second something happened."""
        by_second = self._journal.times.get(line, {})
        return self._each(
            lambda seconds: (
                sum(by_second[s].count for s in seconds if s in by_second) / len(seconds)
            )
        )

    def failed(self, line: str) -> list[tuple[float, float]]:
        """How often a second it failed."""
        by_second = self._journal.failed_at[line]
        return self._each(lambda seconds: sum(by_second[s] for s in seconds) / len(seconds))

    def level(self, line: str) -> list[tuple[float, float]]:
        """How many there are, of what is counted up and down."""
        steps = self._journal.counts.get(line)
        if steps is None:
            return []
        now = 0

        def after(seconds: range) -> float:
            nonlocal now
            now += sum(steps[second] for second in seconds)
            return now

        return self._each(after)

    def users(self) -> list[tuple[float, float]]:
        """How many users there were."""
        users = self._journal.users
        return self._each(
            lambda seconds: next((float(users[s]) for s in seconds if s in users), None)
        )

    def _each(self, value: Callable[[range], float | None]) -> list[tuple[float, float]]:
        starts = range(self.first, self._last, self._width)
        pairs = ((start - self.first, value(range(start, start + self._width))) for start in starts)
        return [(at, got) for at, got in pairs if got is not None]
