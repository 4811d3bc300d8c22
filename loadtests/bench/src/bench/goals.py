"""The goals of the design, and whether a run reached them. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bench.contenders import Wire
from bench.measurements.ingest import Ingest
from bench.measurements.sensors import Sensors
from bench.results import Results
from bench.rows import Row, loads_of, rows_of
from bench.statistics import spread
from bench.verdict import ACHIEVED_ENOUGH, Verdict

RATIO_MAX: Final = 1.35
READINGS_MIN: Final = 1_800_000
SSE_KIB_MAX: Final = 10.0
WS_KIB_MAX: Final = 18.0
STORM_SUBSCRIBERS: Final = 5_000
STORM_SECONDS_MAX: Final = 3.0
P50_MAX: Final = 0.010
P99_MAX: Final = 0.050
STUCK_RATIO_MAX: Final = 1.2
FLAT_MAX: Final = 1.1
INGEST_MIN: Final = 20_000
_KIB: Final = 1024
_OURS: Final = {Wire.SSE: "feed", Wire.WEBSOCKET: "chat"}
_COMPARED: Final = {
    Wire.SSE: ("nchan", "mercure"),
    Wire.WEBSOCKET: ("node-ws", "centrifugo"),
}


class Reached(StrEnum):
    """Whether a goal was reached."""

    YES = "reached"
    NO = "NOT REACHED"
    UNKNOWN = "not measured"
    VOID = "void"


@dataclass(frozen=True, slots=True)
class Goal:
    """One goal: what, how much, what the run gave."""

    what: str
    bound: str
    figure: str
    reached: Reached


def goals_of(results: Results) -> list[Goal]:
    """Every goal, also those that the run says nothing about."""
    return [
        *_cpu(results),
        *_below_others(results),
        _readings(results.sensors),
        *_memory(results),
        _storm(results),
        *_delays(results),
        *_stuck(results),
        _ingest(results.ingest),
    ]


def _goal(what: str, bound: str, figure: str, *, reached: bool) -> Goal:
    return Goal(what, bound, figure, Reached.YES if reached else Reached.NO)


def _unknown(what: str, bound: str, why: Reached = Reached.UNKNOWN) -> Goal:
    return Goal(what, bound, "–", why)


def _named(rows: Iterable[Row], name: str) -> Row | None:
    return next((row for row in rows if row.entrant.name == name), None)


def _cpu(results: Results) -> Iterator[Goal]:
    bound = f"≤ {RATIO_MAX}×"
    for wire, name in _OURS.items():
        for subscribers, rate in loads_of(results) or [(1_000, 0.0), (5_000, 0.0)]:
            what = f"{wire}: CPU per delivery against the C floor, {subscribers:,} subscribers"
            row = _named(rows_of(results, wire, subscribers, rate), name)
            if row is None or not row.rounds:
                yield _unknown(what, bound)
            elif row.cpu is None or row.to_floor is None:
                yield _unknown(what, bound, Reached.VOID)
            else:
                figure = f"{row.to_floor:.2f}× ({row.cpu.median:.1f} µs)"
                yield _goal(what, bound, figure, reached=row.to_floor <= RATIO_MAX)


def _below_others(results: Results) -> Iterator[Goal]:
    for wire, name in _OURS.items():
        for subscribers, rate in loads_of(results):
            rows = rows_of(results, wire, subscribers, rate)
            own = _named(rows, name)
            for other in _COMPARED[wire]:
                row = _named(rows, other)
                if row is None or row.cpu is None:
                    continue
                what = f"{wire}: below {row.entrant.title}, {subscribers:,} subscribers"
                if own is None or own.cpu is None:
                    yield _unknown(what, f"< {row.cpu.median:.1f} µs", Reached.VOID)
                    continue
                yield _goal(
                    what,
                    f"< {row.cpu.median:.1f} µs",
                    f"{own.cpu.median:.1f} µs",
                    reached=own.cpu.median < row.cpu.median,
                )


def _readings(steps: Iterable[Sensors]) -> Goal:
    what, bound = "delivered readings/s on one core", f"≥ {READINGS_MIN:,}"
    windows = [step.window for step in steps]
    counting = [w for w in windows if w.verdict is not Verdict.VOID]
    if not counting:
        return _unknown(what, bound, Reached.VOID if windows else Reached.UNKNOWN)
    best = max(counting, key=lambda w: w.achieved)
    figure = f"{best.achieved:,.0f} ({best.verdict}, {best.cpu_us:.2f} µs each)"
    return _goal(what, bound, figure, reached=best.achieved >= READINGS_MIN)


def _memory(results: Results) -> Iterator[Goal]:
    for name, most in (("feed", SSE_KIB_MAX), ("chat", WS_KIB_MAX)):
        what, bound = f"memory per idle connection, {name}", f"≤ {most:g} KiB"
        found = [m for m in results.memory if m.contender == name]
        if not found:
            yield _unknown(what, bound)
            continue
        kib = found[0].bytes_per_connection / _KIB
        yield _goal(what, bound, f"{kib:.1f} KiB", reached=kib <= most)


def _storm(results: Results) -> Goal:
    what = f"reconnect storm of {STORM_SUBSCRIBERS:,} with replay"
    bound = f"≤ {STORM_SECONDS_MAX:g} s, no loss"
    found = [s for s in results.storms if s.subscribers >= STORM_SUBSCRIBERS]
    if not found:
        return _unknown(what, bound)
    storm = found[0]
    figure = f"{storm.slowest:.2f} s, {storm.missing} missing, {storm.repeats} twice"
    return _goal(what, bound, figure, reached=storm.whole and storm.slowest <= STORM_SECONDS_MAX)


def _delays(results: Results) -> Iterator[Goal]:
    bound = f"p50 ≤ {P50_MAX * 1e3:.0f} ms, p99 ≤ {P99_MAX * 1e3:.0f} ms"
    for name in _OURS.values():
        what = f"publisher to client at 60 % of the knee, {name}"
        found = [k.comfort for k in results.knees if k.contender == name and k.comfort]
        if not found:
            yield _unknown(what, bound)
        elif found[0].verdict in (Verdict.VOID, Verdict.DELAYS_VOID):
            yield _unknown(what, bound, Reached.VOID)
        else:
            figure = f"p50 {found[0].p50 * 1e3:.1f} ms, p99 {found[0].p99 * 1e3:.1f} ms"
            reached = found[0].p50 <= P50_MAX and found[0].p99 <= P99_MAX
            yield _goal(what, bound, figure, reached=reached)


def _stuck(results: Results) -> Iterator[Goal]:
    late, flat = "5 % never read: p99 of the others", "5 % never read: memory"
    late_bound, flat_bound = f"≤ {STUCK_RATIO_MAX}×", f"≤ {FLAT_MAX}× of the run without"
    without = [s for s in results.stuck if not s.stuck]
    with_ = [s for s in results.stuck if s.stuck]
    if not (without and with_):
        yield from (_unknown(late, late_bound), _unknown(flat, flat_bound))
        return
    if any(s.lagging < s.stuck for s in with_):
        # Their buffers were not full yet, so nothing was put to the test.
        yield from (_unknown(late, late_bound, Reached.VOID), _unknown(flat, flat_bound))
        return
    usable = (Verdict.VALID, Verdict.SATURATED)
    timely = [
        [s.window.p99 for s in runs if s.window.verdict in usable] for runs in (without, with_)
    ]
    if all(timely):
        base, others = (spread(values).median for values in timely)
        figure = f"{others / base:.2f}× ({others * 1e3:.1f} ms, {base * 1e3:.1f} without)"
        yield _goal(late, late_bound, figure, reached=others <= STUCK_RATIO_MAX * base)
    else:
        yield _unknown(late, late_bound, Reached.VOID)
    base, others = (spread([s.resident_bytes for s in runs]).median for runs in (without, with_))
    figure = f"{others / base:.2f}× ({others / _KIB**2:.0f} MiB)"
    yield _goal(flat, flat_bound, figure, reached=others <= FLAT_MAX * base)


def _ingest(steps: Iterable[Ingest]) -> Goal:
    what, bound = "relay ingest, readings/s on one core", f"≥ {INGEST_MIN:,}"
    steps = list(steps)
    counting = [step for step in steps if step.verdict is not Verdict.VOID]
    if not counting:
        return _unknown(what, bound, Reached.VOID if steps else Reached.UNKNOWN)
    best = max(counting, key=lambda step: step.achieved)
    figure = f"{best.achieved:,.0f} ({best.cpu_us:.0f} µs each)"
    return _goal(what, bound, figure, reached=best.achieved >= ACHIEVED_ENOUGH * INGEST_MIN)
