import pytest

from realtime.freshness import Freshness


def test_the_oldest_entry_of_a_flush_counts_and_all_parts() -> None:
    now = [100.0]
    freshness = Freshness(clock=lambda: now[0])
    freshness.took(99.7, 2)
    freshness.took(99.9, 3)
    assert freshness.written() == pytest.approx(0.3)
    assert freshness.delay.sum == pytest.approx(0.3)
    assert (freshness.delay.count, freshness.size.sum) == (1, 5)


def test_a_flush_of_nothing_is_not_counted() -> None:
    freshness = Freshness()
    assert freshness.written() is None
    assert freshness.delay.count == 0


def test_each_flush_begins_anew() -> None:
    now = [100.0]
    freshness = Freshness(clock=lambda: now[0])
    freshness.took(90.0, 1)
    freshness.written()
    now[0] = 200.0
    freshness.took(199.0, 1)
    assert freshness.written() == pytest.approx(1.0)


def test_a_broker_whose_clock_is_ahead_is_no_negative_delay() -> None:
    freshness = Freshness(clock=lambda: 10.0)
    freshness.took(11.0, 1)
    assert freshness.written() == 0.0
