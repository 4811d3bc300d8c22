"""A run as Markdown, for the screen and for the files. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from bench.contenders import Wire
from bench.goals import goals_of
from bench.measurements.knee import Knee
from bench.results import Results
from bench.rows import Row, loads_of, rows_of
from bench.statistics import Spread
from bench.verdict import ACHIEVED_ENOUGH, Verdict

_CORES: Final = (
    "The server has one core for itself; publisher, subscribers and brokers (nats-server, Valkey) "
    "share the other, and their processor time is not the server's."
)
_SOFTIRQ: Final = (
    "On loopback part of the receive path runs as softirq in the sender's context and is charged "
    "to the server, or to no process at all: compare ratios, not absolute values."
)
_READING: Final = (
    "Medians over the rounds, least and greatest in brackets. Delays are from the intended time, "
    "which is fixed beforehand, to the subscriber. Saturated: the server did not keep up. VOID: "
    "the generator lagged or others had the server's core, and deliveries are missing."
)
NOTES: Final = (_CORES, _SOFTIRQ, _READING)
_KIB: Final = 1024


def markdown(results: Results) -> str:
    """All tables."""
    return "\n".join(_lines(results)) + "\n"


def _lines(results: Results) -> Iterator[str]:
    machine = results.machine
    yield (
        f"{results.date}, {results.seconds / 60:.0f} min{', quick' if results.quick else ''}: "
        f"{machine.processor}, {machine.cores} cores, {machine.memory_bytes / 1024**3:.0f} GiB, "
        f"{machine.kernel}, Python {machine.python}; server on core {machine.server_core}, "
        f"the rest on core {machine.client_core}; load average at the beginning {machine.load:.1f}."
    )
    yield ""
    yield from (f"* {note}" for note in NOTES)
    for subscribers, rate in loads_of(results):
        for wire in Wire:
            yield from _delivery_table(results, wire, subscribers, rate)
    yield from _memory_table(results)
    yield from _others(results)
    yield from _goal_table(results)
    yield from _not_made(results)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A Markdown table whose columns are aligned, so that it reads on a screen too."""
    lines = [list(head), *map(list, rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    for number, line in enumerate(lines):
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        yield f"| {' | '.join(cells)} |"
        if not number:
            yield f"| {' | '.join('-' * width for width in widths)} |"


def _delivery_table(results: Results, wire: Wire, subscribers: int, rate: float) -> Iterator[str]:
    rows = rows_of(results, wire, subscribers, rate)
    if not rows:
        return
    yield from ("", f"**{wire}, {subscribers:,} subscribers, {rate:g} events/s each**", "")
    head = ("server", "CPU µs/delivery", "user", "to floor", "delivered", "p50 ms", "p99", "p99.9")
    yield from table((*head, "version"), map(_delivery_row, rows))


def _delivery_row(row: Row) -> tuple[str, ...]:
    title = row.entrant.title
    if row.entrant.missing is not None:
        return (title, "not here", *[""] * 6, row.entrant.missing)
    if not row.rounds:
        return (title, "not measured", *[""] * 6, row.entrant.version)
    if row.cpu is None:
        return (title, "VOID", *[""] * 6, row.entrant.version)
    return (
        title + (f" ({row.void} of {row.rounds} rounds VOID)" if row.void else ""),
        _spread(row.cpu, 1.0, 2),
        "–" if row.user is None else f"{row.user.median:.2f}",
        "–" if row.to_floor is None else f"{row.to_floor:.2f}×",
        _delivered(row.achieved),
        *(_delay(value) for value in (row.p50, row.p99, row.p999)),
        row.entrant.version,
    )


def _delivered(achieved: float | None) -> str:
    if achieved is None:
        return "–"
    said = f"{min(achieved, 1.0):.0%}"
    return said if achieved >= ACHIEVED_ENOUGH else f"{said}, saturated"


def _delay(value: Spread | None) -> str:
    return "void" if value is None else _spread(value, 1e3, 1)


def _spread(value: Spread, scale: float, digits: int) -> str:
    middle, low, high = (f"{v * scale:.{digits}f}" for v in value)
    return middle if low == high else f"{middle} ({low}–{high})"


def _memory_table(results: Results) -> Iterator[str]:
    if not results.memory:
        return
    found = {memory.contender: memory for memory in results.memory}
    yield from ("", "**Idle connections**", "")
    rows = []
    for entrant in results.entrants:
        if entrant.missing is not None:
            rows.append((entrant.title, str(entrant.wire), "not here", ""))
        elif entrant.name in found:
            memory = found[entrant.name]
            kib, connects = memory.bytes_per_connection / _KIB, memory.connects_per_second
            rows.append((entrant.title, str(entrant.wire), f"{kib:.1f}", f"{connects:,.0f}"))
    yield from table(("server", "", "KiB per connection", "connects/s"), rows)


def _others(results: Results) -> Iterator[str]:
    said = [*map(_knee, results.knees), *_readings(results), *_ingest(results)]
    said += [
        f"Reconnect storm, {s.subscribers:,} subscribers, {s.away:g} s away, {s.rate:g} events/s: "
        f"the slowest live after {s.slowest:.2f} s (p50 {s.p50:.2f} s), {s.caught_up:,} back, "
        f"{s.missing} missing, {s.repeats} twice."
        for s in results.storms
    ]
    said += [
        f"{s.subscribers:,} subscribers, {s.stuck} never read ({s.lagging} left behind): "
        f"p99 of the others {s.window.p99 * 1e3:.1f} ms, {s.resident_bytes / _KIB**2:.0f} MiB "
        f"({s.window.verdict})."
        for s in results.stuck
    ]
    said += [
        f"Contiguity, {c.contender}, {c.subscribers} subscribers, {c.sent} events: "
        f"{'whole' if c.whole else f'{c.missing} missing, {c.repeats} twice, {c.lost} cut off'}."
        for c in results.contiguity
    ]
    if said:
        yield from ("", "**Limits**", "")
        yield from (f"* {line}" for line in said)


def _knee(knee: Knee) -> str:
    if knee.best is None:
        return f"The knee of {knee.contender}: not found, its first step did not keep up."
    reads = f"{knee.best.achieved:,.0f} deliveries/s ({knee.best.cpu_us:.2f} µs each)"
    by = "at least; the generator's own limit" if knee.limited_by_generator else "its own limit"
    line = f"The knee of {knee.contender}, {knee.subscribers:,} subscribers: {reads}, {by}"
    if knee.comfort is not None:
        p50, p99 = knee.comfort.p50 * 1e3, knee.comfort.p99 * 1e3
        void = ", void" if knee.comfort.verdict is Verdict.DELAYS_VOID else ""
        line += f"; at 60 % of it p50 {p50:.1f} ms, p99 {p99:.1f} ms{void}"
    return line + "."


def _readings(results: Results) -> Iterator[str]:
    for step in results.sensors:
        yield (
            f"{step.sensors} sensors × {step.hertz:g} Hz to {step.subscribers:,} subscribers: "
            f"{step.window.achieved:,.0f} of {step.window.offered:,.0f} readings/s delivered, "
            f"{step.window.cpu_us:.2f} µs each ({step.window.verdict})."
        )


def _ingest(results: Results) -> Iterator[str]:
    for step in results.ingest:
        yield (
            f"Relay ingest: {step.achieved:,.0f} of {step.offered:,.0f} readings/s taken, "
            f"{step.cpu_us:.1f} µs each ({step.verdict})."
        )


def _goal_table(results: Results) -> Iterator[str]:
    yield from ("", "**Goals**", "")
    rows = [(goal.what, goal.bound, goal.figure, str(goal.reached)) for goal in goals_of(results)]
    yield from table(("goal", "bound", "this run", ""), rows)


def _not_made(results: Results) -> Iterator[str]:
    lag = {reason for d in results.deliveries for reason in d.window.lag}
    if results.failures:
        yield from ("", "**Could not be measured**", "")
        yield from (f"* {failure.what}: {failure.why}" for failure in results.failures)
    if lag:
        yield ""
        yield f"Of {len(results.deliveries)} rounds some were disturbed, e.g. {max(lag)}."
