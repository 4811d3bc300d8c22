"""What a run found, as one JSON document."""

from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from bench.contenders import Wire
from bench.machine import Machine
from bench.measurements.contiguity import Contiguity
from bench.measurements.delivery import Delivery
from bench.measurements.ingest import Ingest
from bench.measurements.knee import Knee
from bench.measurements.memory import Memory
from bench.measurements.sensors import Sensors
from bench.measurements.storm import Storm
from bench.measurements.stuck import Stuck


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrant:
    """A contender as the table shows it; ``missing`` says why it is not here."""

    name: str
    title: str
    wire: Wire
    version: str = ""
    missing: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A measurement that could not be made."""

    what: str
    why: str


@dataclass(slots=True, kw_only=True)
class Results:
    """Everything; what was not measured is empty."""

    date: str
    quick: bool
    machine: Machine
    entrants: list[Entrant]
    seconds: float = 0.0
    contiguity: list[Contiguity] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    memory: list[Memory] = field(default_factory=list)
    knees: list[Knee] = field(default_factory=list)
    sensors: list[Sensors] = field(default_factory=list)
    storms: list[Storm] = field(default_factory=list)
    stuck: list[Stuck] = field(default_factory=list)
    ingest: list[Ingest] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)


def encode_results(results: Results) -> bytes:
    """Write the document, indented: it is kept in git."""
    return msgspec.json.format(msgspec.json.encode(results), indent=1) + b"\n"


def read_results(path: Path) -> Results:
    """Read a document back.

    Raises:
        OSError: it is not there.
        msgspec.DecodeError: it is not one of ours.
    """
    return msgspec.json.decode(path.read_bytes(), type=Results)
