"""A comparison as Markdown, for the screen and for the files. Pure."""

from collections.abc import Callable, Iterator
from typing import Final

from bench.compare.results import Comparison
from bench.compare.trial import Trial
from bench.compare.ways import Way
from bench.report import table

_DUE: Final = (
    "A reading is due once to each client. Processor time is per reading due, beyond what feed and "
    "edge use without clients; bytes are per reading due, between edge and client, headers and "
    "framing included."
)
_CORES: Final = (
    "Feed and edge share one core; broker, publisher and clients the other. Delays are from a "
    "reading's own time to the client; part of them is the clients' own queue."
)
_OUTAGE: Final = (
    "Back: all lose the network for a while and come back in the same moment; until the first "
    "byte. Recovered: of the readings of the outage, those that came in the end."
)
_LOOPBACK: Final = (
    "Part of loopback's receive path is charged to the sender: compare ratios, not absolute values."
)
_NOTES: Final = (_DUE, _CORES, _OUTAGE, _LOOPBACK)
_Column = tuple[str, Callable[[Trial], float], str]
_COLUMNS: Final[tuple[_Column, ...]] = (
    ("feed µs", lambda one: one.feed_us, ".1f"),
    ("edge µs", lambda one: one.edge_us, ".1f"),
    ("bytes down", lambda one: one.bytes_down, ".0f"),
    ("up", lambda one: one.bytes_up, ".0f"),
    ("seen", lambda one: one.seen, ".0%"),
    ("delay p50 ms", lambda one: one.delay_p50, ".0f"),
    ("p99", lambda one: one.delay_p99, ".0f"),
)
_AFTER: Final[tuple[_Column, ...]] = (
    ("feed KiB/client", lambda one: one.feed_kib, ".1f"),
    ("edge KiB/client", lambda one: one.edge_kib, ".1f"),
    ("back p50 ms", lambda one: one.back_p50, ".0f"),
    ("p99", lambda one: one.back_p99, ".0f"),
    ("CPU ms/client", lambda one: one.back_cpu_ms, ".2f"),
    ("recovered", lambda one: one.recovered, ".0%"),
)


def markdown(run: Comparison) -> str:
    """Both tables."""
    return "\n".join(_lines(run)) + "\n"


def headline(run: Comparison) -> str:
    """When, where and what."""
    load, machine = run.load, run.machine
    return (
        f"{run.date}: {machine.processor}, {machine.cores} cores, {machine.kernel}, Python "
        f"{machine.python}; load average at the beginning {machine.load:.1f}. {load.clients} "
        f"clients, {load.sensors} sensors that measure {load.hertz:g} times a second at the same "
        f"moment, polls every {load.poll_seconds:g} s, an outage of {load.outage:g} s; "
        f"{run.rounds} × {load.seconds:g} s."
    )


def _lines(run: Comparison) -> Iterator[str]:
    yield headline(run)
    yield ""
    yield from (f"* {note}" for note in _NOTES)
    for title, columns in (("While it runs", _COLUMNS), ("Memory, and after an outage", _AFTER)):
        yield from ("", f"**{title}**", "")
        yield from table(
            ("way", *(name for name, _, _ in columns)),
            [(way.words, *(_cell(run, way, one) for one in columns)) for way in Way],
        )
    yield from _doubts(run)


def _cell(run: Comparison, way: Way, column: _Column) -> str:
    _, figure, form = column
    found = run.of(way, figure)
    if found is None:
        return "not measured"
    middle, low, high = (format(value, form) for value in found)
    return middle if low == high else f"{middle} ({low}–{high})"


def _doubts(run: Comparison) -> Iterator[str]:
    """What a reader has to know before believing a line."""
    told = []
    for way in Way:
        trials = [trial for trial in run.trials if trial.way is way]
        late = max((trial.late_ms for trial in trials), default=0.0)
        if late > 1_000 / run.load.hertz / 2:
            told.append(f"{way.words}: the publisher was up to {late:.0f} ms late.")
        if refused := sum(trial.refused for trial in trials):
            told.append(f"{way.words}: {refused} answers were refusals.")
        if repeated := sum(trial.repeated for trial in trials):
            told.append(f"{way.words}: {repeated} readings came twice.")
        if way.stays and any(trial.seen < 1 or trial.recovered < 1 for trial in trials):
            told.append(f"{way.words}: readings did not come within their time.")
    if run.machine.load > 1:
        told.append("The machine had other work: processor time and delays are too high.")
    if told:
        yield from ("", *(f"* {one}" for one in told))
