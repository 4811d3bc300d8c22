import json
from datetime import timedelta

from feed.catalogue import Catalogue
from realtime.contracts import Record, encode_record
from realtime.fanout import Entry, Part
from realtime.testing import Clock


def make(clock: Clock, *, sensors_max: int = 10) -> Catalogue:
    return Catalogue(
        sensors_max=sensors_max,
        stale_after=timedelta(seconds=30),
        forget_after=timedelta(hours=1),
        clock=clock,
    )


def entry(offset: int, name: str, value: float) -> Entry:
    return Entry(offset, (Part(name, encode_record(Record(n=name, u="Cel", v=value, t=1.0))),))


def everything(_: str) -> bool:
    return True


def test_the_newest_of_each_sensor_is_kept_in_the_order_of_names() -> None:
    catalogue = make(Clock(1_000.0))
    catalogue.take([entry(1, "b/x", 1), entry(2, "a/x", 2), entry(3, "b/x", 3)])
    pack = json.loads(catalogue.snapshot(everything))
    assert [(r["n"], r["v"]) for r in pack] == [("a/x", 2), ("b/x", 3)]
    assert json.loads(catalogue.snapshot("a/x".__eq__)) == pack[:1]


def test_a_sensor_goes_stale_and_comes_back() -> None:
    clock = Clock(1_000.0)
    catalogue = make(clock)
    catalogue.take([entry(1, "a/x", 1)])
    clock.now += 30
    assert (catalogue.stale(), catalogue.view()[0].stale) == (0, False)
    clock.now += 1
    assert (catalogue.stale(), catalogue.view()[0].stale) == (1, True)
    catalogue.take([entry(2, "a/x", 2)])
    assert catalogue.stale() == 0


def test_readings_from_the_past_are_dated() -> None:
    catalogue = make(Clock(1_000.0))
    catalogue.take([entry(1, "a/x", 1)], age=31)
    assert catalogue.view()[0].stale


def test_the_cap_on_sensors_is_counted_and_silent_ones_make_room() -> None:
    clock = Clock(1_000.0)
    catalogue = make(clock, sensors_max=2)
    catalogue.take([entry(1, "a/x", 1), entry(2, "b/x", 1), entry(3, "c/x", 1)])
    assert (len(catalogue), catalogue.refused) == (2, 1)
    catalogue.take([entry(4, "a/x", 2)])
    clock.now += 3_601
    catalogue.take([entry(5, "c/x", 1)])
    assert (len(catalogue), catalogue.refused) == (1, 1)
