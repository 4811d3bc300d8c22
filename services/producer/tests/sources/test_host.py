import os
from datetime import timedelta

import psutil
from structlog.testing import capture_logs

from producer.clock import SystemClock
from producer.sources.host import Host
from producer.sources.probes import Measured, MissingFacilityError, Probe, probes
from producer.testing import START, ManualClock, first
from realtime.subjects import is_sensor_name

SECOND = timedelta(seconds=1)


async def test_this_machine_has_readings_with_plain_names_and_registered_units() -> None:
    clock = SystemClock()
    host = Host(probes(clock.monotonic), period=timedelta(milliseconds=20), clock=clock)
    cores = psutil.cpu_count() or 1

    readings = await first(2 * (cores + 2), host.readings())

    by_name = {reading.n: reading for reading in readings}
    assert all(map(is_sensor_name, by_name))
    assert {reading.u for reading in readings} <= {"%", "/", "B/s", "Cel"}
    assert {f"host/cpu/{core}" for core in range(cores)} <= by_name.keys()
    assert 0 < (by_name["host/memory/used"].v or 0) <= 100
    assert by_name["host/load/1m"].v is not None
    assert abs(by_name["host/load/1m"].v - os.getloadavg()[0]) < 5


async def test_readings_of_one_beat_share_its_intended_time(clock: ManualClock) -> None:
    pair = Probe("pair", lambda: [Measured("a", "%", 1.0), Measured("b", "%", 2.0)])

    readings = await first(4, Host([pair], period=SECOND, clock=clock).readings())

    assert [(reading.n, reading.t - START) for reading in readings] == [
        ("host/a", 1),
        ("host/b", 1),
        ("host/a", 2),
        ("host/b", 2),
    ]


async def test_a_missing_facility_is_said_once_and_the_rest_goes_on(clock: ManualClock) -> None:
    def missing() -> list[Measured]:
        raise MissingFacilityError

    present = Probe("present", lambda: [Measured("a", "%", 1.0)])
    host = Host([Probe("fans", missing), present], period=SECOND, clock=clock)

    with capture_logs() as lines:
        readings = await first(3, host.readings())

    assert [reading.n for reading in readings] == ["host/a"] * 3
    assert [line["facility"] for line in lines] == ["fans"]
