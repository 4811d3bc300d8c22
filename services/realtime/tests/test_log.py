from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.log import Log, LogLimits

WIDE = LogLimits(count=10_000, bytes=10**9, age=timedelta(hours=1))


def filled(limits: LogLimits, offsets: list[int], *, size: int = 1) -> Log[int]:
    log: Log[int] = Log(limits, epoch="e001")
    for offset in offsets:
        log.append(offset, offset, size=size, now=0.0)
    return log


def test_reading_after_an_offset_gives_what_follows_in_order() -> None:
    log = filled(WIDE, [3, 5, 9])
    assert list(log.after(0, limit=10)) == [(3, 3), (5, 5), (9, 9)]
    assert list(log.after(4, limit=1)) == [(5, 5)]
    assert list(log.after(9, limit=10)) == []
    assert (log.epoch, log.head) == ("e001", 9)


def test_pages_lie_fixed_also_when_the_oldest_are_dropped() -> None:
    log = filled(LogLimits(count=2_000, bytes=10**9, age=timedelta(hours=1)), list(range(1, 6_001)))
    assert log.floor == 4_000
    for begin in (4_000, 4_003, 4_095):
        page = log.page_after(begin, size=256)
        assert [offset for offset, _ in page] == list(range(begin + 1, 4_097))
    assert [offset for offset, _ in log.page_after(5_999, size=256)] == [6_000]
    assert list(log.page_after(6_000, size=256)) == []


def test_an_offset_that_does_not_rise_is_refused() -> None:
    log = filled(WIDE, [3])
    with pytest.raises(ValueError, match="not above the head"):
        log.append(3, 3, size=1, now=0.0)


def test_the_count_bounds_the_log_and_raises_the_floor() -> None:
    log = filled(LogLimits(count=3, bytes=10**9, age=timedelta(hours=1)), [1, 2, 3, 4, 5])
    assert [offset for offset, _ in log.after(0, limit=9)] == [3, 4, 5]
    assert log.floor == 2


def test_a_log_is_as_full_as_its_bounds_allow_and_no_fuller() -> None:
    limits = LogLimits(count=4, bytes=40, age=timedelta(seconds=60))
    for size, kept in ((10, 4), (9, 4), (11, 3)):
        log = filled(limits, [1, 2, 3, 4], size=size)
        assert (len(log), log.bytes, log.floor) == (kept, kept * size, 4 - kept)
    log = filled(limits, [1, 2, 3, 4, 5], size=1)
    assert (len(log), log.floor) == (4, 1)


def test_the_bytes_bound_the_log() -> None:
    log = filled(LogLimits(count=100, bytes=25, age=timedelta(hours=1)), [1, 2, 3, 4], size=10)
    assert len(log) == 2
    assert log.bytes == 20
    assert log.floor == 2


def test_the_age_bounds_the_log() -> None:
    log: Log[str] = Log(LogLimits(count=100, bytes=10**9, age=timedelta(seconds=60)))
    log.append(1, "old", size=1, now=0.0)
    log.append(2, "young", size=1, now=30.0)
    log.trim(60.0)
    assert log.floor == 0
    log.trim(60.5)
    assert (log.floor, len(log)) == (1, 1)


def test_a_restart_forgets_everything() -> None:
    log = filled(WIDE, [1, 2])
    log.restart(epoch="e002", floor=7)
    assert (log.epoch, log.floor, log.head, len(log), log.bytes) == ("e002", 7, 7, 0, 0)
    log.append(8, 8, size=1, now=0.0)
    assert list(log.after(7, limit=5)) == [(8, 8)]


def test_an_item_is_amended_where_it_is_or_where_none_was() -> None:
    log = filled(WIDE, [2, 4, 6])
    log.amend(4, 40, size=5)
    log.amend(5, 50, size=2)
    log.amend(1, 10, size=1)
    assert list(log.after(0, limit=9)) == [(1, 10), (2, 2), (4, 40), (5, 50), (6, 6)]
    assert (log.bytes, log.head, log.floor) == (10, 6, 0)
    log.amend(7, 70, size=1)
    log.amend(0, 0, size=1)
    assert len(log) == 5


def test_an_item_that_was_dropped_is_not_amended() -> None:
    log = filled(LogLimits(count=2, bytes=10**9, age=timedelta(hours=1)), [1, 2, 3, 4])
    log.amend(2, 20, size=1)
    log.amend(3, 30, size=1)
    assert list(log.after(0, limit=9)) == [(3, 30), (4, 4)]


def test_memory_of_dropped_items_is_given_back() -> None:
    log = filled(LogLimits(count=10, bytes=10**9, age=timedelta(hours=1)), list(range(1, 5_001)))
    assert len(log) == 10
    assert len(log._items) < 2_500


@given(
    steps=st.lists(st.integers(min_value=1, max_value=50), max_size=300),
    count=st.integers(min_value=1, max_value=40),
    after=st.integers(min_value=0, max_value=1_000),
)
def test_everything_above_the_floor_is_there(steps: list[int], count: int, after: int) -> None:
    log: Log[int] = Log(LogLimits(count=count, bytes=10**9, age=timedelta(hours=1)))
    offsets: list[int] = []
    for step in steps:
        offsets.append((offsets[-1] if offsets else 0) + step)
        log.append(offsets[-1], offsets[-1], size=1, now=0.0)
    start = max(after, log.floor)
    assert [o for o, _ in log.after(start, limit=10**6)] == [o for o in offsets if o > start]
    assert len(log) <= count
