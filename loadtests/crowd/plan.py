"""The shapes of a load: how many users there are at which time, and what happens in between."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

_SPIKE_BASE: Final = 0.2
_STEP_GROWTH: Final = 1.5
_FIRST_STEP_MIN: Final = 5


class Shape(StrEnum):
    """A closed list; each is a question that one asks of a server."""

    RAMP = "ramp"
    STEPS = "steps"
    SPIKE = "spike"
    STORM = "storm"
    SOAK = "soak"
    ROLLING = "rolling"


@dataclass(frozen=True, slots=True)
class Stage:
    """From ``begins`` on (seconds) there are ``users``, so many more or fewer a second."""

    begins: float
    users: int
    rate: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """``storms`` and ``rolls``: when every connection is cut at once; when a replica is restarted.

    ``stops_at_knee``: the run ends with the stage that is beyond it.
    """

    stages: tuple[Stage, ...]
    seconds: float
    storms: tuple[float, ...] = ()
    rolls: tuple[float, ...] = ()
    stops_at_knee: bool = False

    def stage(self, at: float) -> Stage | None:
        """What holds at ``at`` seconds; None when the run is over."""
        if at >= self.seconds:
            return None
        return max((s for s in self.stages if s.begins <= at), key=lambda s: s.begins)


def plan(shape: Shape, *, users: int, rate: float, seconds: float) -> Plan:
    """A shape with its numbers."""
    filled = min(users / rate, seconds / 2)
    match shape:
        case Shape.RAMP | Shape.SOAK:
            return Plan(stages=(Stage(0, users, rate),), seconds=seconds)
        case Shape.STEPS:
            return _steps(users, rate, seconds)
        case Shape.SPIKE:
            base = max(1, round(users * _SPIKE_BASE))
            third, sudden = seconds / 3, max(rate, users / 2)
            stages = (
                Stage(0, base, rate),
                Stage(third, users, sudden),
                Stage(2 * third, base, sudden),
            )
            return Plan(stages=stages, seconds=seconds)
        case Shape.STORM:
            rest = seconds - filled
            storms = (filled + rest / 3, filled + 2 * rest / 3)
            return Plan(stages=(Stage(0, users, rate),), seconds=seconds, storms=storms)
        case Shape.ROLLING:
            rest = seconds - filled
            rolls = (filled + rest * 0.25, filled + rest * 0.6)
            return Plan(stages=(Stage(0, users, rate),), seconds=seconds, rolls=rolls)


def _steps(users: int, rate: float, seconds: float) -> Plan:
    counts = step_counts(users)
    length = seconds / len(counts)
    stages = tuple(Stage(n * length, count, max(rate, count / 2)) for n, count in enumerate(counts))
    return Plan(stages=stages, seconds=seconds, stops_at_knee=True)


def step_counts(users: int) -> Sequence[int]:
    """Each 1.5 times the one before, up to ``users``, at most eight."""
    first = max(min(_FIRST_STEP_MIN, users), users / _STEP_GROWTH**7)
    count = max(1, round(math.log(max(1.0, users / first), _STEP_GROWTH)) + 1)
    counts = [max(1, round(users / _STEP_GROWTH ** (count - 1 - n))) for n in range(count)]
    return sorted(set(counts))
