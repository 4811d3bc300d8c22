from itertools import islice

from producer.backoff import LONGEST, waits


def test_waits_double_up_to_the_longest() -> None:
    nominal = list(islice(waits(lambda _, high: high), 7))

    assert nominal == [0.1, 0.2, 0.4, 0.8, 1.6, 2.0, 2.0]


def test_each_wait_is_between_half_and_all_of_its_length() -> None:
    lowest = list(islice(waits(lambda low, _: low), 3))
    drawn = list(islice(waits(), 3))

    assert lowest == [0.05, 0.1, 0.2]
    assert all(low <= wait <= 2 * low for low, wait in zip(lowest, drawn, strict=True))


def test_waits_never_end_nor_overflow() -> None:
    assert next(islice(waits(), 3_000, None)) <= LONGEST.total_seconds()
