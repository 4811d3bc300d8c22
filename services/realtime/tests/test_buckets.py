import pytest

from realtime.buckets import DELAY_SECONDS, PARTS, Buckets, Exemplar


def test_a_value_counts_in_the_first_bucket_whose_bound_it_does_not_pass() -> None:
    buckets = Buckets((0.1, 1.0))
    for value in (0.0, 0.1, 0.11, 1.0, 5.0):
        buckets.add(value)
    assert buckets.counts == [2, 2, 1]
    assert buckets.count == 5
    assert buckets.sum == pytest.approx(6.21)


def test_the_last_traced_value_of_a_bucket_is_its_example() -> None:
    buckets = Buckets((0.1, 1.0))
    for trace, value in (("a", 0.2), ("b", 0.3), ("c", 7.0)):
        buckets.show(Exemplar(trace, value, 1.0))
    assert {index: found.trace for index, found in buckets.exemplars.items()} == {1: "b", 2: "c"}


@pytest.mark.parametrize("bounds", [DELAY_SECONDS, PARTS])
def test_bounds_rise(bounds: tuple[float, ...]) -> None:
    assert list(bounds) == sorted(set(bounds))


def test_objectives_and_goals_are_bounds() -> None:
    assert {0.01, 0.05, 0.25, 0.5} <= set(DELAY_SECONDS)
