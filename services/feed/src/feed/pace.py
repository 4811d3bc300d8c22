"""Fewer events for those who can't or needn't take all: one per interval, with an aggregate."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

import msgspec

from realtime.contracts import Record, encode_record

_decoder = msgspec.json.Decoder(Record)


class Aggregate(StrEnum):
    """What stands for all readings of one sensor within an interval."""

    LAST = "last"
    """The newest one."""
    MEAN = "mean"
    """The arithmetic mean of the numbers, at the time of the newest."""
    MINMAX = "minmax"
    """The smallest and the largest, in the order in which they came: spikes stay visible."""


@dataclass(frozen=True, slots=True)
class Pace:
    """At most so many events a second, each with an aggregate of what came in between."""

    max_hz: float
    aggregate: Aggregate

    @property
    def interval(self) -> timedelta:
        """The least time between two events."""
        return timedelta(seconds=1 / self.max_hz)

    def reduce(self, payloads: Sequence[bytes]) -> Sequence[bytes]:
        """One or two readings of each sensor, in the order of the sensors' first appearance.

        Texts and truths have no mean and no order: of them the newest stands for all.
        """
        if len(payloads) == 1:
            return payloads
        by_sensor: dict[str, list[tuple[Record, bytes]]] = {}
        for payload in payloads:
            record = _decoder.decode(payload)
            by_sensor.setdefault(record.n, []).append((record, payload))
        return [kept for readings in by_sensor.values() for kept in self._of_one(readings)]

    def _of_one(self, readings: Sequence[tuple[Record, bytes]]) -> Iterable[bytes]:
        newest, newest_payload = readings[-1]
        numbers = [record.v for record, _ in readings if record.v is not None]
        if self.aggregate is Aggregate.LAST or newest.v is None or len(numbers) == 1:
            return [newest_payload]
        if self.aggregate is Aggregate.MEAN:
            mean = _mean(numbers)
            return [encode_record(msgspec.structs.replace(newest, v=mean))]
        return _extremes(readings)


def _mean(numbers: Sequence[float]) -> float:
    mean = sum(numbers) / len(numbers)
    # The sum of numbers that are near the largest may be none; JSON would say null.
    return mean if math.isfinite(mean) else sum(number / len(numbers) for number in numbers)


def _extremes(readings: Sequence[tuple[Record, bytes]]) -> Iterable[bytes]:
    numbers = [
        (record.v, index) for index, (record, _) in enumerate(readings) if record.v is not None
    ]
    (low, first), (high, second) = min(numbers), max(numbers)
    places = sorted({first, second}) if low < high else [second]
    return [readings[index][1] for index in places]
