import pytest

from bench.statistics import ratio, slope, spread


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([3.0], (3.0, 3.0, 3.0)),
        ([5.0, 1.0, 3.0], (3.0, 1.0, 5.0)),
        ([4.0, 1.0, 2.0, 9.0], (3.0, 1.0, 9.0)),
    ],
)
def test_spread_is_median_least_and_greatest(
    values: list[float], expected: tuple[float, float, float]
) -> None:
    assert spread(values) == expected


def test_there_is_no_spread_of_nothing() -> None:
    with pytest.raises(ValueError, match="nothing"):
        spread([])


def test_slope_leaves_out_what_is_there_anyway() -> None:
    assert slope([(500, 70_000 + 500 * 9), (1_000, 70_000 + 1_000 * 9), (2_000, 88_000)]) == (
        pytest.approx(9.0)
    )


def test_slope_needs_two_different_places() -> None:
    with pytest.raises(ValueError, match="two"):
        slope([(500, 1.0), (500, 2.0)])


@pytest.mark.parametrize(("base", "expected"), [(2.0, 1.5), (0.0, None)])
def test_ratio_to_nothing_is_none(base: float, expected: float | None) -> None:
    assert ratio(3.0, base) == expected
