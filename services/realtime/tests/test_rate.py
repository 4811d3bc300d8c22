"""Bounds on how often, by a clock that the test turns."""

from datetime import timedelta

from realtime.rate import Strikes, TokenBucket
from realtime.testing import Clock


def test_a_burst_passes_and_then_so_many_per_second() -> None:
    clock = Clock()
    bucket = TokenBucket(per_second=4, burst=3, clock=clock)
    assert [bucket.take() for _ in range(3)] == [0, 0, 0]
    assert bucket.take() == 0.25
    clock.now += 0.125
    assert bucket.take() == 0.125
    clock.now += 0.125
    assert bucket.take() == 0
    assert bucket.take() > 0


def test_it_is_full_as_long_as_nothing_is_missing() -> None:
    clock = Clock()
    bucket = TokenBucket(per_second=4, burst=2, clock=clock)
    assert bucket.full
    bucket.take()
    clock.now += 0.24
    assert not bucket.full
    clock.now += 0.01
    assert bucket.full


def test_quiet_saves_up_a_burst_and_no_more() -> None:
    clock = Clock()
    bucket = TokenBucket(per_second=5, burst=3, clock=clock)
    clock.now += 3_600
    assert [bucket.take() for _ in range(4)].count(0) == 3


def test_three_strikes_within_the_window_are_too_many() -> None:
    clock = Clock()
    strikes = Strikes(limit=3, window=timedelta(seconds=10), clock=clock)
    assert not strikes.add()
    clock.now += 5
    assert not strikes.add()
    clock.now += 5
    assert strikes.add()


def test_strikes_far_apart_are_forgiven() -> None:
    clock = Clock()
    strikes = Strikes(limit=3, window=timedelta(seconds=10), clock=clock)
    for _ in range(20):
        assert not strikes.add()
        clock.now += 5.1
