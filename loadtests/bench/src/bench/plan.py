"""How much a run measures: the full one, and a quick one that only shows where things stand."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bench.measurements.delivery import Load


class Measure(StrEnum):
    """What can be asked for."""

    CONTIGUITY = "contiguity"
    DELIVERY = "delivery"
    MEMORY = "memory"
    KNEE = "knee"
    SENSORS = "sensors"
    STORM = "storm"
    STUCK = "stuck"
    INGEST = "ingest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Sizes and lengths (seconds) of everything."""

    quick: bool
    measures: tuple[Measure, ...]
    loads: tuple[Load, ...]
    rounds: int
    checked: tuple[str, ...]
    memory_counts: tuple[int, ...]
    knee_of: tuple[str, ...]
    knee_subscribers: int
    knee_seconds: float
    sensor_subscribers: int
    sensor_hertz: tuple[float, ...]
    sensor_seconds: float
    storm_subscribers: int
    stuck_subscribers: int
    stuck_rounds: int
    ingest_rates: tuple[float, ...]


# The same deliveries a second at every size: so every contender is asked for the same work, and
# those that take three times as long for it still keep up.
_DELIVERIES: Final = 20_000
_OURS: Final = ("feed", "chat")
_FULL_SUBSCRIBERS: Final = (1_000, 5_000)
_QUICK_SUBSCRIBERS: Final = (1_000,)


def make_plan(
    *,
    quick: bool,
    measures: Sequence[Measure] | None = None,
    subscribers: Sequence[int] | None = None,
    rounds: int | None = None,
) -> Plan:
    """The plan of a full run or a quick one; the others change what they name."""
    sizes = subscribers or (_QUICK_SUBSCRIBERS if quick else _FULL_SUBSCRIBERS)
    warm, seconds = (0.7, 1.5) if quick else (1.5, 4.0)
    loads = tuple(
        Load(subscribers=n, rate=_DELIVERIES / n, warm=warm, seconds=seconds) for n in sizes
    )
    default = [m for m in Measure if not quick or m not in (Measure.KNEE, Measure.STUCK)]
    return Plan(
        quick=quick,
        measures=tuple(measures or default),
        loads=loads,
        rounds=rounds or (1 if quick else 3),
        checked=_OURS if quick else (*_OURS, "feed-portable", "chat-portable"),
        memory_counts=(250, 500, 1_000) if quick else (500, 1_000, 2_000, 4_000),
        knee_of=("floor-sse", "floor-ws", *_OURS),
        knee_subscribers=1_000,
        knee_seconds=1.0 if quick else 2.0,
        sensor_subscribers=2_000,
        sensor_hertz=(10.0,) if quick else (5.0, 10.0, 12.5, 15.0),
        sensor_seconds=2.0 if quick else 5.0,
        storm_subscribers=1_000 if quick else 5_000,
        stuck_subscribers=1_000,
        stuck_rounds=1 if quick else 2,
        ingest_rates=(20_000.0,) if quick else (10_000.0, 15_000.0, 20_000.0, 25_000.0, 30_000.0),
    )
