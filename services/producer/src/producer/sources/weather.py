"""The weather above the simulated greenhouses: a day's sun and what drifts across it."""

import math
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from producer.sources.chance import Chance

# Slow enough to look like weather, quick enough to be seen moving within a minute of watching.
_STEP: Final = 10.0
_MEMORY: Final = 600.0


@dataclass(frozen=True, slots=True)
class Conditions:
    """The weather at one moment, the same for every greenhouse.

    ``sun`` is the sun's height from -1 (midnight, UTC) to 1 (noon), ``day`` how far the day has
    come, from 0 to 1, ``clouds`` the covered part of the sky; ``warmth`` and ``damp`` are standard
    deviations from the usual.
    """

    day: float
    sun: float
    clouds: float
    warmth: float
    damp: float


class Weather:
    """Weather for a seed, a function of time; ``day`` is how long its days last."""

    def __init__(self, chance: Chance, *, day: timedelta) -> None:
        self._day = day.total_seconds()
        self._clouds = chance.drift("clouds", step=_STEP, memory=_MEMORY)
        self._warmth = chance.drift("warmth", step=_STEP, memory=_MEMORY)
        self._damp = chance.drift("damp", step=_STEP, memory=_MEMORY)

    def at(self, time: float) -> Conditions:
        """Tell the weather at ``time`` (Unix seconds)."""
        day = time % self._day / self._day
        return Conditions(
            day=day,
            sun=-math.cos(2 * math.pi * day),
            # The logistic function keeps a drift of any size between clear and covered.
            clouds=1 / (1 + math.exp(-self._clouds(time))),
            warmth=self._warmth(time),
            damp=self._damp(time),
        )
