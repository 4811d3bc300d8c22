from collections.abc import Callable
from types import SimpleNamespace

import psutil
import pytest

from producer.sources import probes
from producer.sources.probes import Measured, MissingFacilityError, Rates
from producer.testing import ManualClock


def test_rates_are_growth_over_time_and_the_first_look_has_none(clock: ManualClock) -> None:
    totals = {"disk/read": 1_000, "disk/write": 5}
    rates = Rates(lambda: dict(totals), clock.monotonic)
    clock.advance(1)
    assert rates() == []

    totals["disk/read"] += 4_001
    clock.advance(2)

    assert rates() == [Measured("disk/read", "B/s", 2_000.0), Measured("disk/write", "B/s", 0.0)]


def test_a_total_that_fell_has_no_rate_until_the_next_look(clock: ManualClock) -> None:
    totals = {"network/in": 1_000}
    rates = Rates(lambda: dict(totals), clock.monotonic)
    clock.advance(1)
    rates()
    totals["network/in"] = 10
    clock.advance(1)
    assert rates() == []

    clock.advance(1)
    assert rates() == [Measured("network/in", "B/s", 0.0)]


def test_thermometers_are_named_by_chip_and_label_and_numbered_where_alike(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = {
        "coretemp": [
            SimpleNamespace(label="Core 0", current=41.04),
            SimpleNamespace(label="Core 0", current=42.0),
        ],
        "acpitz": [SimpleNamespace(label="", current=30.0)],
    }
    monkeypatch.setattr(psutil, "sensors_temperatures", lambda: found, raising=False)

    assert probes.temperatures() == [
        Measured("temperature/coretemp-Core-0", "Cel", 41.0),
        Measured("temperature/coretemp-Core-0-2", "Cel", 42.0),
        Measured("temperature/acpitz", "Cel", 30.0),
    ]


def test_a_machine_without_thermometers_or_without_the_call_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(psutil, "sensors_temperatures", dict, raising=False)
    with pytest.raises(MissingFacilityError):
        probes.temperatures()

    monkeypatch.delattr(psutil, "sensors_temperatures")
    with pytest.raises(MissingFacilityError):
        probes.temperatures()


@pytest.mark.parametrize(
    ("counters", "totals"),
    [("disk_io_counters", probes.disk_totals), ("net_io_counters", probes.network_totals)],
)
def test_a_machine_without_counters_says_so(
    monkeypatch: pytest.MonkeyPatch, counters: str, totals: Callable[[], dict[str, int]]
) -> None:
    monkeypatch.setattr(psutil, counters, lambda: None)

    with pytest.raises(MissingFacilityError):
        totals()
