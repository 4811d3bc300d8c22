"""What a simulated greenhouse measures: one row per sensor; add a row to add a sensor.

Units are those of the SenML registry (RFC 8428, section 12.1, and RFC 8798 for ppm).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from producer.sources.weather import Conditions


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """A kind of sensor: its curve and how far real ones stray from it."""

    name: str
    unit: str
    decimals: int
    curve: Callable[[Conditions], float]
    """The true value, before what is particular to a device."""
    offset: float
    """Standard deviation between devices."""
    noise: float
    """Standard deviation between two measurements of one device."""
    spike: float
    """How high a spike rises."""
    low: float
    high: float

    def clip(self, value: float) -> float:
        """Round as the sensor would, within what it can show."""
        return round(min(max(value, self.low), self.high), self.decimals)


def _temperature(now: Conditions) -> float:
    return 19.0 + 5.0 * now.sun * (1 - 0.5 * now.clouds) + 1.5 * now.warmth


def _humidity(now: Conditions) -> float:
    return 62.0 - 10.0 * now.sun - 3.0 * now.warmth + 6.0 * now.damp


def _light(now: Conditions) -> float:
    return 60_000.0 * max(0.0, now.sun) * (1 - 0.8 * now.clouds)


def _co2(now: Conditions) -> float:
    """Plants breathe out at night and take it in by day."""
    return 560.0 - 140.0 * now.sun * (1 - 0.4 * now.clouds) + 12.0 * now.warmth


def _soil_moisture(now: Conditions) -> float:
    """Watered at 06:00, then drying until the next morning."""
    since_watering = (now.day - 0.25) % 1.0
    return 44.0 - 18.0 * since_watering + 0.8 * now.damp


QUANTITIES: Final = (
    Quantity(
        name="temperature",
        unit="Cel",
        decimals=2,
        curve=_temperature,
        offset=0.8,
        noise=0.04,
        spike=6.0,
        low=-40.0,
        high=85.0,
    ),
    Quantity(
        name="humidity",
        unit="%RH",
        decimals=1,
        curve=_humidity,
        offset=2.5,
        noise=0.25,
        spike=15.0,
        low=0.0,
        high=100.0,
    ),
    Quantity(
        name="light",
        unit="lx",
        decimals=0,
        curve=_light,
        offset=10.0,
        noise=5.0,
        spike=5_000.0,
        low=0.0,
        high=120_000.0,
    ),
    Quantity(
        name="co2",
        unit="ppm",
        decimals=0,
        curve=_co2,
        offset=15.0,
        noise=2.5,
        spike=300.0,
        low=380.0,
        high=5_000.0,
    ),
    Quantity(
        name="soil-moisture",
        unit="%",
        decimals=1,
        curve=_soil_moisture,
        offset=3.0,
        noise=0.1,
        spike=8.0,
        low=0.0,
        high=100.0,
    ),
)
