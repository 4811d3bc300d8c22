"""What goes wrong with real sensors now and then: a spike, a silence.

Time is cut into slots; in some of them one mishap begins and ends. Both are functions of the seed,
the sensor and the time alone.
"""

import math
from dataclasses import dataclass
from typing import Final

from producer.sources.chance import Chance


@dataclass(frozen=True, slots=True, kw_only=True)
class Mishap:
    """How often (``probability`` per ``slot`` seconds) and how long (seconds, from and to)."""

    label: str
    slot: float
    probability: float
    shortest: float
    longest: float

    def since(self, chance: Chance, sensor: str, time: float) -> float | None:
        """How far through the mishap of ``sensor`` is at ``time``, from 0 to 1; none: no mishap."""
        slot, within = divmod(time, self.slot)
        label, index = f"{self.label}/{sensor}", int(slot)
        if chance.uniform(label, index) > self.probability:
            return None
        lasts = self.shortest + chance.uniform(f"{label}/lasts", index) * (
            self.longest - self.shortest
        )
        begins = chance.uniform(f"{label}/begins", index) * (self.slot - lasts)
        part = (within - begins) / lasts
        return part if 0 <= part < 1 else None


# With twenty sensors (the default): a spike about every two minutes, a silence about every ten.
SPIKE: Final = Mishap(label="spike", slot=300.0, probability=0.12, shortest=3.0, longest=9.0)
DROPOUT: Final = Mishap(label="dropout", slot=900.0, probability=0.07, shortest=8.0, longest=40.0)


def spike_height(part: float) -> float:
    """The shape of a spike: up at once, then fading to a twentieth."""
    return math.exp(-3.0 * part)
