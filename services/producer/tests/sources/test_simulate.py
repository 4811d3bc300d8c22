from datetime import timedelta

import pytest

from producer.sources.chance import Chance
from producer.sources.mishaps import DROPOUT, SPIKE
from producer.sources.quantities import QUANTITIES
from producer.sources.simulate import Greenhouses, Simulate
from producer.testing import START, ManualClock, first
from realtime.subjects import is_sensor_name

DAY = timedelta(days=1)


def make(seed: int = 7, devices: int = 2) -> Greenhouses:
    return Greenhouses(seed=seed, devices=devices, day=DAY)


def mishap_time(label: str, seed: int = 7) -> float:
    """A moment at which the thermometer of the first greenhouse has a mishap of its own."""
    mishap = {"spike": SPIKE, "dropout": DROPOUT}[label]
    chance, name = Chance(seed), "greenhouse-1/temperature"
    times = (START + second for second in range(200_000))
    return next(t for t in times if mishap.since(chance, name, t) is not None)


def test_sensors_are_named_by_greenhouse_and_quantity() -> None:
    names = make(devices=3).names

    assert len(names) == 3 * len(QUANTITIES)
    assert names[:2] == ("greenhouse-1/temperature", "greenhouse-1/humidity")
    assert all(map(is_sensor_name, names))


def test_values_are_exact_for_a_seed() -> None:
    greenhouses = make()

    shown = {name: greenhouses.read(name, START) for name in greenhouses.names[:5]}

    assert {name: (r.v, r.u) for name, r in shown.items() if r} == {
        "greenhouse-1/temperature": (23.79, "Cel"),
        "greenhouse-1/humidity": (54.0, "%RH"),
        "greenhouse-1/light": (40_845.0, "lx"),
        "greenhouse-1/co2": (456.0, "ppm"),
        "greenhouse-1/soil-moisture": (42.3, "%"),
    }


def test_a_value_depends_on_the_time_and_not_on_what_was_read_before() -> None:
    fresh, used = make(), make()
    for second in range(100):
        used.read("greenhouse-1/light", START + second)

    name = "greenhouse-2/co2"
    assert used.read(name, START + 50) == fresh.read(name, START + 50)


def test_another_seed_is_another_weather() -> None:
    name = "greenhouse-1/temperature"

    assert make(seed=7).read(name, START) != make(seed=8).read(name, START)


def test_greenhouses_share_the_weather_and_differ_a_little() -> None:
    greenhouses = make(devices=4)
    shown = [greenhouses.read(f"greenhouse-{n}/humidity", START) for n in range(1, 5)]
    values = [reading.v for reading in shown if reading and reading.v is not None]

    assert len(set(values)) == 4
    assert max(values) - min(values) < 20


def test_neighbouring_values_are_close() -> None:
    greenhouses = make()
    shown = [greenhouses.read("greenhouse-1/temperature", START + t) for t in range(60)]
    values = [reading.v for reading in shown if reading and reading.v is not None]

    assert max(values) - min(values) < 1


def test_a_sensor_that_dropped_out_shows_nothing_and_the_others_go_on() -> None:
    greenhouses, time = make(), mishap_time("dropout")

    assert greenhouses.read("greenhouse-1/temperature", time) is None
    assert greenhouses.read("greenhouse-2/temperature", time) is not None
    assert greenhouses.read("greenhouse-1/temperature", time - 60) is not None


def test_a_spike_stands_out() -> None:
    greenhouses, time = make(), mishap_time("spike")

    quiet = greenhouses.read("greenhouse-1/temperature", time - 5)
    spiked = greenhouses.read("greenhouse-1/temperature", time)

    assert quiet is not None
    assert spiked is not None
    assert (spiked.v or 0) - (quiet.v or 0) > 1


async def test_sensors_take_turns_evenly_within_the_period(clock: ManualClock) -> None:
    source = Simulate(make(devices=1), rate_hz=2.0, clock=clock)

    readings = await first(10, source.readings())

    assert [reading.n for reading in readings[:5]] == list(make(devices=1).names)
    assert [round(reading.t - START, 3) for reading in readings] == pytest.approx(
        [step * 0.1 for step in range(10)]
    )
    assert readings[5].n == readings[0].n


async def test_readings_are_what_the_greenhouses_show_at_the_intended_time(
    clock: ManualClock,
) -> None:
    source = Simulate(make(), rate_hz=1.0, clock=clock)

    readings = await first(40, source.readings())

    assert readings == [make().read(reading.n, reading.t) for reading in readings]


async def test_a_dropout_leaves_a_hole_in_time(clock: ManualClock) -> None:
    clock.advance(mishap_time("dropout") - START)
    source = Simulate(make(), rate_hz=1.0, clock=clock)

    readings = await first(9, source.readings())

    assert "greenhouse-1/temperature" not in {reading.n for reading in readings}
    assert readings[0].n == "greenhouse-1/humidity"
