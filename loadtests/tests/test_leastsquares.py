import random

import pytest

from capacity.leastsquares import Fit, TooFewPointsError, fit

TRUE = {"base": 0.01, "connection": 2e-6, "write": 1.2e-5, "byte": 1e-9}


def _rows(count: int) -> list[dict[str, float]]:
    source = random.Random(3)  # noqa: S311 - no secret
    return [
        {
            "base": 1.0,
            "connection": source.uniform(10, 2_000),
            "write": source.uniform(0, 40_000),
            "byte": source.uniform(0, 40_000_000),
        }
        for _ in range(count)
    ]


def _value(row: dict[str, float]) -> float:
    return sum(TRUE[name] * value for name, value in row.items())


def test_exact_points_give_the_costs_they_were_made_of() -> None:
    rows = _rows(12)
    found = fit(rows, [_value(row) for row in rows], [0.01] * 12)
    for name, cost in TRUE.items():
        assert found.cost(name).value == pytest.approx(cost, rel=1e-6)
    assert found.scatter == pytest.approx(0, abs=1e-6)


def test_noise_stays_within_what_is_said_of_it() -> None:
    source = random.Random(5)  # noqa: S311 - no secret
    rows = _rows(40)
    inside = 0
    for _ in range(100):
        values = [_value(row) + source.gauss(0, 0.01) for row in rows]
        cost = fit(rows, values, [0.01] * 40).cost("write")
        inside += abs(cost.value - TRUE["write"]) <= 2 * cost.error
    assert inside >= 85


def test_a_prediction_far_away_is_less_certain_than_one_among_the_points() -> None:
    rows = _rows(20)
    found = fit(rows, [_value(row) for row in rows], [0.01] * 20)
    near, far = rows[0], {name: 50 * value for name, value in rows[0].items()}
    assert found.predict(near).error < found.predict(far).error
    assert found.predict(near).value == pytest.approx(_value(near), rel=1e-6)


def test_no_cost_is_negative() -> None:
    rows = _rows(20)
    found = fit(rows, [_value(row) - 1e-6 * row["connection"] * 4 for row in rows], [0.01] * 20)
    assert "connection" not in found.names
    assert found.cost("connection") == (0, 0)
    assert all(coefficient >= 0 for coefficient in found.coefficients)


def test_too_few_points_or_points_that_say_the_same_are_refused() -> None:
    rows = _rows(4)
    with pytest.raises(TooFewPointsError):
        fit(rows, [1.0] * 4, [0.1] * 4)
    with pytest.raises(TooFewPointsError):
        fit([rows[0]] * 8, [1.0] * 8, [0.1] * 8)


def test_a_fit_survives_json() -> None:
    rows = _rows(8)
    found = fit(rows, [_value(row) for row in rows], [0.01] * 8)
    assert Fit.restored(found.plain()) == found
