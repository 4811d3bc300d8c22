"""The gate on the user-space cost of a delivery, and that it would notice."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from systemtests.cost import baseline
from systemtests.cost.busy import SEEDS
from systemtests.cost.counting import Cost, CountingError, Unit, best_unit, costs, count, typical
from systemtests.cost.gate import TOLERANCE, breaches, explain

# What is counted depends on nobody else, but the clock does, where there is no valgrind.
pytestmark = pytest.mark.alone

UNIT = best_unit()
PROMISED = 0.15
WITH_CALLGRIND = pytest.mark.skipif(
    UNIT is not Unit.INSTRUCTIONS, reason="no valgrind: the clock sees coarse changes only"
)


@pytest.fixture(scope="module")
def counted() -> Mapping[str, Cost]:
    return count(UNIT, seeds=tuple(SEEDS))


def own(counted: Mapping[str, Cost]) -> dict[str, Cost]:
    return {path: cost for path, cost in counted.items() if not path.startswith("seeded.")}


def reasons(now: float, was: float, *, tolerance: float = PROMISED) -> list[str]:
    found = breaches({"a": Cost(now, 1.0)}, {"a": was}, tolerance=tolerance)
    return [breach.reason for breach in found]


@pytest.mark.timeout(400)
def test_no_path_costs_more_than_agreed(counted: Mapping[str, Cost]) -> None:
    agreed, tolerance = baseline.load(UNIT), TOLERANCE[UNIT]
    found = breaches(own(counted), agreed, tolerance=tolerance)
    if found and UNIT is Unit.NANOSECONDS:
        # Somebody else's work on this machine costs time, too, but hardly twice at the same place.
        again = {breach.path for breach in breaches(count(UNIT), agreed, tolerance=tolerance)}
        found = [breach for breach in found if breach.path in again]
    assert not found, explain(found, UNIT)


@WITH_CALLGRIND
@pytest.mark.timeout(400)
def test_one_call_more_per_write_is_caught_and_a_slower_look_up_is_not(
    counted: Mapping[str, Cost],
) -> None:
    before = counted["feed.delivery"].ratio
    light, heavy = counted["seeded.light"], counted["seeded.heavy"]
    assert before * 1.02 < light.ratio < before * 1.13
    assert before * 1.17 < heavy.ratio < before * 1.35
    found = breaches(
        {"feed.delivery": heavy, "light": light},
        {"feed.delivery": before, "light": before},
        tolerance=TOLERANCE[Unit.INSTRUCTIONS],
    )
    assert [breach.path for breach in found] == ["feed.delivery"]


def test_the_promise_is_what_is_held() -> None:
    assert TOLERANCE[Unit.INSTRUCTIONS] == PROMISED


@pytest.mark.parametrize("now", [0.5, 2.0, 2.2, 2.29])
def test_what_stays_within_the_tolerance_passes(now: float) -> None:
    assert reasons(now, 2.0) == []


@pytest.mark.parametrize("now", [2.31, 2.4, 20.0])
def test_what_grows_beyond_it_does_not(now: float) -> None:
    assert len(reasons(now, 2.0)) == 1


def test_a_breach_says_which_path_by_how_much_and_what_to_do() -> None:
    found = breaches(
        {"feed.delivery": Cost(360.0, 100.0)}, {"feed.delivery": 3.0}, tolerance=PROMISED
    )
    said = explain(found, Unit.INSTRUCTIONS)
    assert "feed.delivery: costs +20.0% against its baseline, 15% are allowed" in said
    assert "python -m systemtests.cost --update" in said


def test_a_machine_that_is_twice_as_fast_changes_nothing() -> None:
    agreed = {"a": Cost(200.0, 100.0).ratio}
    assert breaches({"a": Cost(100.0, 50.0)}, agreed, tolerance=0.0) == []


def test_a_path_without_a_baseline_and_one_that_went_missing_are_told() -> None:
    found = breaches({"new": Cost(1.0, 1.0)}, {"old": 1.0}, tolerance=PROMISED)
    assert [str(breach) for breach in found] == ["new: has no baseline", "old: was not counted"]


def test_a_cost_is_the_slope_of_the_least_of_each_window() -> None:
    windows = [("a", "ours", 10), ("a", "plain", 10), ("a", "ours", 30), ("a", "plain", 30)]
    counted = costs([*windows, *windows], [1_050, 130, 1_200, 150, 1_000, 110, 1_300, 190])
    assert counted == {"a": Cost(ours=10.0, plain=2.0)}


def test_of_several_counts_the_median_of_each_path_is_typical() -> None:
    counts = [{"a": Cost(ratio, 1.0), "b": Cost(9.0 - ratio, 1.0)} for ratio in (3.0, 1.0, 2.0)]
    assert typical(counts) == {"a": Cost(2.0, 1.0), "b": Cost(7.0, 1.0)}


def test_figures_that_do_not_match_the_windows_are_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        costs([("a", "ours", 10)], [])


def test_a_workload_that_fails_is_told_with_what_it_said() -> None:
    with pytest.raises(CountingError, match="KeyError: 'no such seed'"):
        count(Unit.NANOSECONDS, seeds=["no such seed"])


def test_a_baseline_is_read_as_it_was_written_and_keeps_what_was_not_counted(
    tmp_path: Path,
) -> None:
    file = tmp_path / "baseline.toml"
    assert baseline.load(Unit.INSTRUCTIONS, file) == {}
    baseline.save({Unit.INSTRUCTIONS: {"feed.event": Cost(400.0, 100.0)}}, file)
    baseline.save({Unit.NANOSECONDS: {"feed.event": Cost(6.0, 2.0)}}, file)
    assert baseline.load(Unit.INSTRUCTIONS, file) == {"feed.event": 4.0}
    assert baseline.load(Unit.NANOSECONDS, file) == {"feed.event": 3.0}
