"""What a comparison found, as one JSON document."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from bench.compare.trial import Load, Trial
from bench.compare.ways import Way
from bench.machine import Machine
from bench.statistics import Spread, spread


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A run: every way, as many times as there were rounds."""

    date: str
    machine: Machine
    load: Load
    rounds: int
    trials: Sequence[Trial]

    def of(self, way: Way, figure: Callable[[Trial], float]) -> Spread | None:
        """A figure of one way over its rounds; None where none was made."""
        values = [figure(trial) for trial in self.trials if trial.way is way]
        return spread(values) if values else None


def encode(comparison: Comparison) -> bytes:
    """Indented, for it is kept in git."""
    return msgspec.json.format(msgspec.json.encode(comparison), indent=2) + b"\n"


def read(path: Path) -> Comparison:
    """A run that was written before."""
    return msgspec.json.decode(path.read_bytes(), type=Comparison)
