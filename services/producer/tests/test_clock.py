from collections.abc import AsyncGenerator
from datetime import timedelta

from producer.clock import Dates, SystemClock, beats
from producer.testing import START, ManualClock, first

SECOND = timedelta(seconds=1)


async def test_beats_come_one_per_period_and_are_dated_with_when_they_were_due(
    clock: ManualClock,
) -> None:
    times = beats(clock, SECOND)

    assert [await anext(times) for _ in range(3)] == [START, START + 1, START + 2]
    assert clock.slept == [1.0, 1.0]


async def test_a_late_beat_is_dated_with_when_it_was_due_and_made_up_for(
    clock: ManualClock,
) -> None:
    times = beats(clock, SECOND)
    await anext(times)
    clock.advance(1.7)

    assert [await anext(times) for _ in range(2)] == [START + 1, START + 2]


async def test_beats_missed_while_the_machine_slept_are_left_out(clock: ManualClock) -> None:
    times = beats(clock, SECOND)
    await anext(times)
    clock.advance(3_600.5)

    assert [await anext(times) for _ in range(2)] == [START + 3_600, START + 3_601]


async def test_a_wall_clock_that_is_set_changes_dates_but_not_the_rhythm(
    clock: ManualClock,
) -> None:
    times = beats(clock, SECOND)
    await anext(times)
    clock.set_wall(3_600.0)

    assert [await anext(times) for _ in range(2)] == [START + 3_601, START + 3_602]
    assert clock.slept == [1.0, 1.0]


async def test_dates_keep_intervals_while_the_two_clocks_only_jitter(clock: ManualClock) -> None:
    dates = Dates(clock)
    clock.set_wall(0.004)

    assert dates.of(10.25) == START + 10.25


async def test_the_system_clock_is_there_no_earlier_than_asked() -> None:
    clock = SystemClock()
    moment = clock.monotonic() + 0.01

    await clock.sleep_until(moment)
    await clock.sleep_until(moment)

    assert clock.monotonic() >= moment
    assert abs(clock.time() - START) < 3_600 * 24 * 365 * 30


async def test_first_takes_what_there_is_and_closes() -> None:
    async def two() -> AsyncGenerator[int]:
        yield 1
        yield 2

    assert await first(1, two()) == [1]
    assert await first(5, two()) == [1, 2]
