"""Rounds become lines of the table: medians, spreads, ratios to the floor. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.contenders import Wire
from bench.measurements.delivery import Delivery
from bench.results import Entrant, Results
from bench.statistics import Spread, ratio, spread
from bench.verdict import Verdict
from bench.window import Window

_TIMELY = (Verdict.VALID, Verdict.SATURATED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A contender at one load. What is None has no round that counts.

    ``cpu`` and ``user`` in µs per delivery, delays in seconds, ``achieved`` as a share of what was
    offered, ``void`` of ``rounds`` count for nothing.
    """

    entrant: Entrant
    subscribers: int
    rate: float
    rounds: int
    void: int
    cpu: Spread | None
    user: Spread | None
    to_floor: float | None
    achieved: float | None
    p50: Spread | None
    p99: Spread | None
    p999: Spread | None

    @property
    def is_floor(self) -> bool:
        """Whether this is what the others are compared with."""
        return self.entrant.name.startswith("floor-")


def loads_of(results: Results) -> list[tuple[int, float]]:
    """Subscribers and rate of each load, in the order measured."""
    return list(dict.fromkeys((d.load.subscribers, d.load.rate) for d in results.deliveries))


def rows_of(results: Results, wire: Wire, subscribers: int, rate: float) -> list[Row]:
    """One line for each contender on ``wire``, also for those who are not here."""
    entrants = [entrant for entrant in results.entrants if entrant.wire is wire]
    windows = {
        entrant.name: _windows(results.deliveries, entrant.name, subscribers, rate)
        for entrant in entrants
    }
    floors = [_cpu(windows[e.name]) for e in entrants if e.name.startswith("floor-")]
    floor = floors[0] if floors else None
    return [_row(entrant, windows[entrant.name], subscribers, rate, floor) for entrant in entrants]


def _windows(
    deliveries: Iterable[Delivery], name: str, subscribers: int, rate: float
) -> list[Window]:
    return [
        d.window
        for d in deliveries
        if d.contender == name and (d.load.subscribers, d.load.rate) == (subscribers, rate)
    ]


def _row(
    entrant: Entrant,
    windows: Sequence[Window],
    subscribers: int,
    rate: float,
    floor: Spread | None,
) -> Row:
    counting = [w for w in windows if w.verdict is not Verdict.VOID]
    timely = [w for w in windows if w.verdict in _TIMELY]
    cpu = _cpu(windows)
    return Row(
        entrant=entrant,
        subscribers=subscribers,
        rate=rate,
        rounds=len(windows),
        void=len(windows) - len(counting),
        cpu=cpu,
        user=_spread([w.user_us for w in counting]),
        to_floor=None if cpu is None or floor is None else ratio(cpu.median, floor.median),
        achieved=_median([w.achieved / w.offered for w in counting]),
        p50=_spread([w.p50 for w in timely]),
        p99=_spread([w.p99 for w in timely]),
        p999=_spread([w.p999 for w in timely]),
    )


def _cpu(windows: Iterable[Window]) -> Spread | None:
    return _spread([w.cpu_us for w in windows if w.verdict is not Verdict.VOID])


def _spread(values: Sequence[float]) -> Spread | None:
    return spread(values) if values else None


def _median(values: Sequence[float]) -> float | None:
    return spread(values).median if values else None
