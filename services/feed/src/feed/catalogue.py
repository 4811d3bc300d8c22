"""The latest reading of each sensor: what a snapshot and the list of sensors are made of."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

import msgspec

from realtime.contracts import Record
from realtime.fanout import Entry
from realtime.schemas import stands_for

_record_decoder = msgspec.json.Decoder(Record)


class SensorView(msgspec.Struct):
    """One sensor as ``GET /sensors`` shows it: its unit, its latest reading.

    ``stale``: it has been silent for longer than it should.
    """

    n: str
    u: str | None
    last: Annotated[msgspec.Raw, stands_for("Record")]
    stale: bool


class SensorList(msgspec.Struct):
    """Every sensor that may be seen, in the order of their names."""

    sensors: list[SensorView]


@dataclass(frozen=True, slots=True)
class _Latest:
    payload: bytes
    seen: float


class Catalogue:
    """Sensors by name, in the order of their names.

    ``sensors_max``: names come from outside, so there is a cap; a reading of a further sensor is
    still delivered, but it is not in snapshots, and counted in `refused`. ``forget_after``: a
    sensor that was silent for so long is dropped.
    """

    def __init__(
        self,
        *,
        sensors_max: int,
        stale_after: timedelta,
        forget_after: timedelta,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._max = sensors_max
        self._stale_after = stale_after.total_seconds()
        self._forget_after = forget_after.total_seconds()
        self._clock = clock
        self._latest: dict[str, _Latest] = {}
        self.refused = 0

    def __len__(self) -> int:
        return len(self._latest)

    def take(self, entries: Sequence[Entry], *, age: float = 0.0) -> None:
        """Keep the newest of each sensor; ``age`` (seconds) dates entries from the past."""
        seen = self._clock() - age
        for entry in entries:
            for name, payload in entry.parts:
                if name not in self._latest and len(self._latest) >= self._max:
                    self._forget()
                    if len(self._latest) >= self._max:
                        self.refused += 1
                        continue
                self._latest[name] = _Latest(payload, seen)

    def snapshot(self, wants: Callable[[str], bool]) -> bytes:
        """The latest of each matching sensor as a SenML pack."""
        found = [item.payload for name, item in sorted(self._latest.items()) if wants(name)]
        return b"[" + b",".join(found) + b"]"

    def view(self) -> list[SensorView]:
        """Every sensor, with whether it has gone stale."""
        now = self._clock()
        return [
            SensorView(
                n=name,
                u=_record_decoder.decode(item.payload).u,
                last=msgspec.Raw(item.payload),
                stale=now - item.seen > self._stale_after,
            )
            for name, item in sorted(self._latest.items())
        ]

    def stale(self) -> int:
        """How many sensors have gone stale."""
        now = self._clock()
        return sum(now - item.seen > self._stale_after for item in self._latest.values())

    def _forget(self) -> None:
        oldest = self._clock() - self._forget_after
        for name in [n for n, item in self._latest.items() if item.seen < oldest]:
            del self._latest[name]
