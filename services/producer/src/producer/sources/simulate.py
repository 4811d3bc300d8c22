"""Simulated greenhouses: the same seed gives the same value at the same time, in every run."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import timedelta
from itertools import cycle

from producer.clock import Clock, beats
from producer.sources.chance import Chance
from producer.sources.mishaps import DROPOUT, SPIKE, spike_height
from producer.sources.quantities import QUANTITIES, Quantity
from producer.sources.weather import Weather
from realtime.contracts import Record


@dataclass(frozen=True, slots=True)
class _Sensor:
    name: str
    quantity: Quantity
    offset: float


class Greenhouses:
    """``devices`` greenhouses under one weather: what each sensor shows at a time.

    Values depend on the seed and the time asked for and on nothing else; so a restarted producer
    goes on where the curve would have been.
    """

    def __init__(self, *, seed: int, devices: int, day: timedelta) -> None:
        self._chance = Chance(seed)
        self._weather = Weather(self._chance, day=day)
        self._sensors = {
            sensor.name: sensor
            for device in range(1, devices + 1)
            for sensor in self._sensors_of(f"greenhouse-{device}")
        }
        self.names = tuple(self._sensors)

    def _sensors_of(self, device: str) -> list[_Sensor]:
        names = [(f"{device}/{quantity.name}", quantity) for quantity in QUANTITIES]
        return [
            _Sensor(name, quantity, quantity.offset * self._chance.normal(f"offset/{name}", 0))
            for name, quantity in names
        ]

    def read(self, name: str, time: float) -> Record | None:
        """What sensor ``name`` shows at ``time`` (Unix seconds); none while it has dropped out."""
        moment = round(time, 3)
        if DROPOUT.since(self._chance, name, moment) is not None:
            return None
        sensor = self._sensors[name]
        value = self._true_value(sensor, moment) + self._error(sensor, moment)
        return Record(n=name, u=sensor.quantity.unit, v=sensor.quantity.clip(value), t=moment)

    def _true_value(self, sensor: _Sensor, time: float) -> float:
        return sensor.quantity.curve(self._weather.at(time)) + sensor.offset

    def _error(self, sensor: _Sensor, time: float) -> float:
        noise = sensor.quantity.noise * self._chance.normal(
            f"noise/{sensor.name}", round(time * 1000)
        )
        part = SPIKE.since(self._chance, sensor.name, time)
        return noise if part is None else noise + sensor.quantity.spike * spike_height(part)


class Simulate:
    """Readings of simulated greenhouses, each sensor ``rate_hz`` times a second.

    Sensors take turns within the period, as unconnected devices would, rather than all at once.
    """

    name = "simulate"
    can_wait = False

    def __init__(self, greenhouses: Greenhouses, *, rate_hz: float, clock: Clock) -> None:
        self._greenhouses = greenhouses
        self._turn = timedelta(seconds=1 / (rate_hz * len(greenhouses.names)))
        self._clock = clock

    async def readings(self) -> AsyncGenerator[Record]:
        """Yield each sensor's reading in turn, except while it has dropped out."""
        names = cycle(self._greenhouses.names)
        async for time in beats(self._clock, self._turn):
            reading = self._greenhouses.read(next(names), time)
            if reading is not None:
                yield reading
