from datetime import timedelta

import pytest

from realtime.overload import IN_A_ROW, WINDOW, Overload


def make(limit: float = 0.1) -> Overload:
    return Overload(timedelta(seconds=limit))


def windows(overload: Overload, count: int, *, late: int, lag: float, busy: float = 0.9) -> None:
    for _ in range(count):
        for look in range(WINDOW):
            overload.add(lag if look < late else 0.001, busy)


@pytest.mark.parametrize(("lag", "late"), [(0.099, False), (0.101, True)])
def test_it_is_late_above_the_limit_and_not_below(lag: float, *, late: bool) -> None:
    overload = make()
    windows(overload, IN_A_ROW, late=10, lag=lag)
    assert overload.late is late


def test_one_window_is_not_enough_and_one_good_one_ends_it() -> None:
    overload = make(0.05)
    windows(overload, IN_A_ROW - 1, late=50, lag=0.09)
    assert not overload.late
    windows(overload, 1, late=50, lag=0.09)
    assert overload.late
    windows(overload, 1, late=0, lag=0)
    assert not overload.late


def test_a_loop_that_others_keep_from_running_is_not_overloaded() -> None:
    overload = make()
    windows(overload, 10, late=50, lag=0.15, busy=0.2)
    assert not overload.late


def test_a_long_stall_counts_for_all_the_looks_that_it_ate() -> None:
    overload = make()
    for _ in range(IN_A_ROW):
        overload.add(WINDOW * 0.1, 1.0)
    assert overload.late


def test_one_late_look_in_a_hundred_is_within_the_99th_percentile() -> None:
    for late, too_many in ((1, False), (2, True)):
        overload = make(0.05)
        windows(overload, IN_A_ROW, late=late, lag=0.09)
        assert overload.late is too_many


def test_without_a_limit_it_is_never_late() -> None:
    overload = make(0.0)
    windows(overload, 10, late=50, lag=5.0)
    assert not overload.late
