"""What psutil can tell of this machine, one probe per kind of reading.

Units are those of the SenML registry: ``%``, ``Cel`` and ``/`` (a ratio) of RFC 8428, ``B/s`` of
RFC 8798. Add a probe to `PROBES` to add a sensor.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final, NamedTuple

import psutil

from producer.sources.names import clean_token


class Measured(NamedTuple):
    """A value without its time; ``part`` tells several of one probe apart."""

    what: str
    unit: str
    value: float


@dataclass(frozen=True, slots=True)
class Probe:
    """A kind of reading: ``measure`` returns what there is, or raises where there is nothing."""

    name: str
    measure: Callable[[], list[Measured]]


class MissingFacilityError(Exception):
    """This machine does not tell what was asked."""


def cpu() -> list[Measured]:
    """How busy each core was since the last call (the first call has nothing to compare with)."""
    loads: list[float] = psutil.cpu_percent(percpu=True)
    return [Measured(f"cpu/{core}", "%", round(load, 1)) for core, load in enumerate(loads)]


def memory() -> list[Measured]:
    """How much of the memory could not be had for the asking."""
    return [Measured("memory/used", "%", round(psutil.virtual_memory().percent, 1))]


def load() -> list[Measured]:
    """How many processes want to run, on average over a minute."""
    return [Measured("load/1m", "/", round(os.getloadavg()[0], 2))]


def temperatures() -> list[Measured]:
    """Every thermometer, named by chip and label; those of the same name are numbered."""
    if not hasattr(psutil, "sensors_temperatures"):  # macOS, Windows
        raise MissingFacilityError
    found = list(_thermometers())
    if not found:
        raise MissingFacilityError
    return [
        Measured(f"temperature/{name}", "Cel", round(value, 1)) for name, value in _numbered(found)
    ]


def _thermometers() -> Iterator[tuple[str, float]]:
    for chip, entries in psutil.sensors_temperatures().items():
        for entry in entries:
            yield clean_token(f"{chip}-{entry.label}") or "sensor", entry.current


def _numbered(found: list[tuple[str, float]]) -> Iterator[tuple[str, float]]:
    seen: dict[str, int] = {}
    for name, value in found:
        seen[name] = seen.get(name, 0) + 1
        yield (name if seen[name] == 1 else f"{name[:60]}-{seen[name]}"), value


def disk_totals() -> dict[str, int]:
    """Bytes read and written since the machine was started."""
    counters = psutil.disk_io_counters()
    if counters is None:
        raise MissingFacilityError
    return {"disk/read": counters.read_bytes, "disk/write": counters.write_bytes}


def network_totals() -> dict[str, int]:
    """Bytes received and sent on all interfaces since the machine was started."""
    counters = psutil.net_io_counters()
    if counters is None:
        raise MissingFacilityError
    return {"network/in": counters.bytes_recv, "network/out": counters.bytes_sent}


class Rates:
    """Growth of totals per second, from one call to the next; nothing at the first."""

    def __init__(
        self, totals: Callable[[], dict[str, int]], monotonic: Callable[[], float]
    ) -> None:
        self._totals = totals
        self._monotonic = monotonic
        self._last: dict[str, int] = {}
        self._last_time = 0.0

    def __call__(self) -> list[Measured]:
        """Rates since the last call; a total that fell (a device left) has none."""
        totals, now = self._totals(), self._monotonic()
        last, elapsed = self._last, now - self._last_time
        self._last, self._last_time = totals, now
        return [
            Measured(what, "B/s", float(round((total - last[what]) / elapsed)))
            for what, total in totals.items()
            if elapsed > 0 and total >= last.get(what, total + 1)
        ]


def probes(monotonic: Callable[[], float]) -> list[Probe]:
    """All that is measured; rates are taken over ``monotonic`` seconds."""
    rates = partial(Rates, monotonic=monotonic)
    return [
        Probe("cpu", cpu),
        Probe("memory", memory),
        Probe("load", load),
        Probe("disk", rates(disk_totals)),
        Probe("network", rates(network_totals)),
        Probe("temperature", temperatures),
    ]


ABSENT: Final = (
    MissingFacilityError,
    AttributeError,
    NotImplementedError,
    OSError,
    RuntimeError,
    psutil.Error,
)
"""What a probe raises where the machine, the system or the rights do not give it."""
