import pytest

from bench.contenders import Wire
from bench.results import Results
from bench.rows import Row, rows_of
from bench.testing import made_up_round
from bench.verdict import Verdict


def row_of(results: Results, name: str) -> Row:
    rows = rows_of(results, Wire.SSE, 1_000, 20)
    return next(row for row in rows if row.entrant.name == name)


def test_the_ratio_is_to_the_floor_of_the_same_run(results: Results) -> None:
    results.deliveries += [
        made_up_round("floor-sse", user_us=0.0),
        made_up_round("feed", user_us=2.0),
    ]
    assert row_of(results, "feed").to_floor == pytest.approx(7 / 5)


def test_void_rounds_count_for_nothing(results: Results) -> None:
    results.deliveries += [
        made_up_round("feed", user_us=90.0, achieved=5_000, verdict=Verdict.VOID),
        made_up_round("feed", user_us=2.0),
    ]
    row = row_of(results, "feed")
    assert (row.rounds, row.void) == (2, 1)
    assert row.cpu is not None
    assert row.cpu.median == pytest.approx(7.0)


def test_a_disturbed_round_keeps_its_cpu_and_loses_its_delays(results: Results) -> None:
    results.deliveries += [made_up_round("feed", verdict=Verdict.DELAYS_VOID)]
    row = row_of(results, "feed")
    assert row.cpu is not None
    assert row.p99 is None


def test_who_is_not_here_has_a_row_too(results: Results) -> None:
    row = row_of(results, "nchan")
    assert row.entrant.missing is not None
    assert row.cpu is None
