import pytest

from bench.verdict import (
    ACHIEVED_ENOUGH,
    BUSY_MAX,
    FOREIGN_MAX,
    LATE_MAX,
    LOOP_MAX,
    Lag,
    Verdict,
    judge,
)

QUIET = Lag(loop=LOOP_MAX, late=LATE_MAX, busy=BUSY_MAX, foreign=FOREIGN_MAX)
LAGGED = [
    Lag(loop=LOOP_MAX * 1.01, late=0, busy=0),
    Lag(loop=0, late=LATE_MAX * 1.01, busy=0),
    Lag(loop=0, late=0, busy=0.99),
    Lag(loop=0, late=0, busy=0, foreign=0.11),
]


def test_what_is_at_its_bound_has_not_lagged() -> None:
    assert QUIET.reasons == ()


@pytest.mark.parametrize("lag", LAGGED)
def test_each_kind_of_lag_is_named(lag: Lag) -> None:
    assert len(lag.reasons) == 1


@pytest.mark.parametrize("lag", LAGGED)
def test_a_lagging_generator_voids_a_run_with_missing_deliveries(lag: Lag) -> None:
    assert judge(offered=100, achieved=50, lag=lag) is Verdict.VOID


@pytest.mark.parametrize("lag", LAGGED)
def test_a_lagging_generator_voids_only_delays_where_everything_came(lag: Lag) -> None:
    assert judge(offered=100, achieved=100, lag=lag) is Verdict.DELAYS_VOID


@pytest.mark.parametrize(
    ("achieved", "verdict"),
    [(ACHIEVED_ENOUGH * 100, Verdict.VALID), (97.9, Verdict.SATURATED)],
)
def test_a_server_that_does_not_keep_up_is_saturated(achieved: float, verdict: Verdict) -> None:
    assert judge(offered=100, achieved=achieved, lag=QUIET) is verdict
