"""`make chaos`, short: the promise holds under a few faults, and a broken service is found out."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from systemtests.chaos.catalogue import ALL, SHORT, find
from systemtests.chaos.mutants import MUTANTS
from systemtests.chaos.outcome import Allowed, Flow, Outcome, Span
from systemtests.chaos.report import table_of, write_report
from systemtests.chaos.runs import plan_of
from systemtests.verdict import Key, Verdict


def chaos(results: Path, *arguments: str) -> tuple[int, dict[str, Any], str]:
    """Exit status, the JSON report, and what was printed."""
    command = [sys.executable, "-m", "systemtests.chaos", "--results", str(results), *arguments]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    (folder,) = results.iterdir()
    report = json.loads((folder / "report.json").read_text())
    assert "<svg" in (folder / "report.html").read_text()
    return ran.returncode, report, ran.stdout + ran.stderr


@pytest.mark.alone  # a dozen processes, and how late something may be
@pytest.mark.timeout(600)
def test_the_promise_holds_under_a_few_faults(tmp_path: Path) -> None:
    status, report, said = chaos(tmp_path, "--short", "--lasting", "2", "--seed", "1")
    assert (status, report["pass"]) == (0, True), said
    assert {run["name"] for run in report["runs"]} == set(SHORT)
    for run in report["runs"]:
        assert run["acknowledged"] > 0
        assert run["delivered"] > 0
        assert run["faults"], run


@pytest.mark.alone  # as above
@pytest.mark.timeout(600)
def test_a_feed_that_forgets_holes_breaks_it_and_is_found_out(tmp_path: Path) -> None:
    only = ("--short", "--only", "feed1 cut from broker", "--lasting", "2")
    status, report, said = chaos(tmp_path, *only, "--mutant", "forgets-holes")
    assert status == 1, said
    assert "the promise was broken: feed1 cut from broker" in said
    (run,) = report["runs"]
    assert run["broken"]["lost"] > 0
    assert run["broken"]["undetected_gap"] > 0


@pytest.mark.alone
@pytest.mark.timeout(600)
def test_a_feed_that_cuts_everybody_at_its_end_is_found_out(tmp_path: Path) -> None:
    only = ("--short", "--only", "feed restarted", "--mutant", "cuts-at-once")
    status, report, said = chaos(tmp_path, *only)
    assert status == 1, said
    (run,) = report["runs"]
    assert not any(run["broken"].values())
    assert "without a farewell" in " ".join(run["problems"])


@pytest.mark.whole
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("mutant", "fault", "lasting", "broken"),
    [
        ("stores-again", "acks lost", "3", "duplicate"),
        ("acks-anyway", "broker killed", "3", "lost"),
        ("skips-in-history", "chat stutters", "3", "lost"),
        ("resumes-late", "clients reset", "3", "lost"),
    ],
)
def test_a_broken_service_breaks_the_promise_and_is_found_out(
    tmp_path: Path, mutant: str, fault: str, lasting: str, broken: str
) -> None:
    only = ("--short", "--only", fault, "--lasting", lasting, "--mutant", mutant)
    status, report, said = chaos(tmp_path, *only)
    assert status == 1, said
    assert report["runs"][0]["broken"][broken] > 0


@pytest.mark.whole
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("mutant", "fault", "problem"),
    [
        ("counts-nothing", "feed short of descriptors", "feed. saying that it is not ready"),
        ("ages-by-the-wall", "clocks step ± 1 h", "took . connections for old"),
    ],
)
def test_a_gateway_without_a_wall_of_its_own_is_found_out(
    tmp_path: Path, mutant: str, fault: str, problem: str
) -> None:
    status, report, said = chaos(tmp_path, "--short", "--only", fault, "--mutant", mutant)
    assert status == 1, said
    assert re.search(problem, " ".join(report["runs"][0]["problems"])), said


def test_every_mutant_has_a_run_that_finds_it_out() -> None:
    tests = Path(__file__).read_text()
    assert [name for name in MUTANTS if f'"{name}"' not in tests] == []


@pytest.mark.whole
@pytest.mark.timeout(3_600)
def test_the_promise_holds_under_every_fault(tmp_path: Path) -> None:
    status, _, said = chaos(tmp_path)
    assert status == 0, said


@pytest.mark.whole
@pytest.mark.timeout(900)
def test_the_promise_holds_under_a_random_mix(tmp_path: Path) -> None:
    status, _, said = chaos(tmp_path, "--random", "3m")
    assert status == 0, said


def test_every_fault_has_a_name_of_its_own() -> None:
    names = [fault.name for fault in ALL]
    assert len(set(names)) == len(names)
    assert [fault.name for fault in find(["slowloris", "feed killed"])] == [
        "feed killed",
        "slowloris",
    ]
    with pytest.raises(KeyError):
        find(["no such fault"])


def test_a_seed_gives_the_same_faults_again_and_another_gives_others() -> None:
    def drawn(seed: str) -> list[tuple[object, ...]]:
        plan = plan_of(seed, ALL, 0)
        draws = [plan.draw() for _ in range(30)]
        return [(fault.name, *rest, chance.random()) for fault, *rest, chance in draws]

    assert drawn("7") == drawn("7")
    assert drawn("7") != drawn("8")


def outcome(
    verdict: Verdict, *, tells: bool = False, cuts: bool = True, error: str = ""
) -> Outcome:
    span = Span(name="feed <killed>", begin=1.0, end=2.5)
    return Outcome(
        name="feed <killed>",
        row="replica killed",
        seconds=5.0,
        allowed=Allowed(bound=45.0, tells=tells, cuts=cuts),
        verdict=verdict,
        spans=[span],
        flow=Flow(stored=[1, 2, 0, 0, 1], readings=[0, 4], messages=[0], gaps=[2.0]),
        error=error,
    )


@pytest.mark.parametrize(
    "verdict",
    [
        Verdict(lost=[Key("a", 1)]),
        Verdict(duplicate=[1]),
        Verdict(reordered=[1]),
        Verdict(phantom=[1]),
        Verdict(undetected_gap=[1]),
        Verdict(told=1),
        Verdict(stale_seconds=46),
        Verdict(silent_seconds=30),
    ],
)
def test_each_broken_promise_fails_a_run(verdict: Verdict) -> None:
    assert not outcome(verdict).ok


def test_a_told_loss_is_no_failure_where_the_log_itself_lost_something() -> None:
    assert outcome(Verdict(told=1), tells=True).ok
    assert not outcome(Verdict(), error="TimeoutError").ok


def test_each_connection_that_ends_has_had_a_farewell_where_a_fault_cuts_none() -> None:
    told, cut, allowed = (outcome(Verdict(), cuts=cuts) for cuts in (False, False, True))
    told.farewells = 2
    told.reconnects = cut.reconnects = allowed.reconnects = 2
    assert told.ok
    assert cut.problems == ["2 connections cut, or tried in vain, without a farewell"]
    assert allowed.ok


def test_a_report_says_what_was_broken_in_both_forms(tmp_path: Path) -> None:
    bad = outcome(Verdict(lost=[Key("a", 1)]))
    page = write_report(tmp_path, [outcome(Verdict()), bad], notes={"seed": "7"})
    told = json.loads((tmp_path / "report.json").read_text())
    assert told["pass"] is False
    assert [run["pass"] for run in told["runs"]] == [True, False]
    assert told["runs"][1]["examples"]["lost"] == ["Key(source='a', number=1)"]
    assert "1 lost" in page.read_text()
    assert "feed &lt;killed&gt;" in page.read_text()
    assert "<killed>" not in page.read_text()
    assert "1 lost" in table_of([bad])
