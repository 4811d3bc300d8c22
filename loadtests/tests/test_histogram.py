import random

import pytest

from crowd.histogram import Histogram, merged, restored, summary


def _of(values: list[float]) -> Histogram:
    histogram = Histogram()
    for value in values:
        histogram.take(value)
    return histogram


@pytest.mark.parametrize("scale", [1e-4, 1e-2, 1.0, 50.0])
def test_every_percentile_is_within_one_percent(scale: float) -> None:
    source = random.Random(7)  # noqa: S311 - no secret
    values = sorted(source.expovariate(1 / scale) for _ in range(5_000))
    histogram = _of(values)
    for percent in (1, 50, 90, 99, 99.9, 100):
        rank = max(1, -(-len(values) * percent // 100))
        exact = values[int(rank) - 1]
        assert histogram.percentile(percent) == pytest.approx(exact, rel=0.01, abs=2e-6)
    assert histogram.mean == pytest.approx(sum(values) / len(values))


def test_nothing_counted_is_nothing() -> None:
    assert Histogram().percentile(99) == Histogram().mean == 0
    assert Histogram().share_above(1) == 0


def test_a_time_before_its_beginning_counts_as_none() -> None:
    assert _of([-0.5]).percentile(50) == 0


def test_two_halves_make_the_whole_and_a_copy_is_the_same() -> None:
    values = [n / 1000 for n in range(1, 2_000)]
    whole, halves = _of(values), merged([_of(values[::2]), _of(values[1::2])])
    assert halves.buckets == whole.buckets
    assert summary(restored(halves.plain())) == pytest.approx(summary(whole))


def test_the_share_above_a_limit() -> None:
    assert _of([0.01] * 3 + [0.2]).share_above(0.1) == 0.25
