"""The short form of `make fuzz`, and bugs made on purpose that it must find."""

import importlib.util
import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from systemtests.fuzz.__main__ import main
from systemtests.fuzz.catalogue import TARGETS
from systemtests.fuzz.replay import inputs_of, replay
from systemtests.fuzz.seeded import PREFIX
from systemtests.fuzz.seeded import TARGETS as SEEDED
from systemtests.fuzz.shrink import broken_by, shrunk
from systemtests.fuzz.target import Target, require

RUNS = 2_000
SEEDED_RUNS = 1_000_000
"""It ends with the bug; with this seed none takes a fifth of it."""
CHANCES = 50_000
"""More than most of them take with coverage to go by."""
GUIDED = importlib.util.find_spec("atheris") is not None
KINDS = {
    "seeded-undocumented-error": "KeyError",
    "seeded-broken-round-trip": "parse(encode(x)) == x",
    "seeded-disagreement": "two implementations agree",
    "seeded-too-slow": "an input takes bounded time",
    "seeded-too-large": "an input takes bounded memory",
}


def fuzz(folder: Path, *arguments: str) -> tuple[int, str, list[dict[str, Any]]]:
    """Run the tool; its status, what it said, and the outcomes in its report."""
    given = ["--seed", "1", "--side-by-side", "2", "--results", str(folder)]
    ran = subprocess.run(  # noqa: S603 - our own module
        [sys.executable, "-m", "systemtests.fuzz", *given, *arguments],
        env={**os.environ, "PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    (report,) = folder.glob("fuzz-*/report.json")
    return ran.returncode, ran.stdout + ran.stderr, json.loads(report.read_text())["outcomes"]


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_a_target_holds_for_its_corpus(target: Target) -> None:
    assert replay(target).broken == ""


@pytest.mark.timeout(600)
def test_every_target_holds_under_the_fuzzer(tmp_path: Path) -> None:
    status, said, outcomes = fuzz(tmp_path, "--runs", str(RUNS))
    assert status == 0, said
    assert {outcome["target"] for outcome in outcomes} == set(TARGETS)
    for outcome in outcomes:
        least = RUNS if GUIDED else len(list(inputs_of(TARGETS[outcome["target"]])))
        assert outcome["executions"] >= least
        assert (outcome["edges"] > 0) is GUIDED
    assert ("atheris is not installed" in said) is not GUIDED


@pytest.mark.timeout(600)
def test_bugs_of_every_kind_are_found_by_coverage_and_not_by_chance(tmp_path: Path) -> None:
    if not GUIDED:
        # What finds is not here; that it would be known for what it is can be seen all the same.
        for name, kind in KINDS.items():
            assert kind in broken_by(SEEDED[name], PREFIX)
        return
    guided, chance = tmp_path / "guided", tmp_path / "chance"
    status, said, outcomes = fuzz(guided, "--seeded", "--runs", str(SEEDED_RUNS))
    assert status == 1, said
    assert {outcome["target"] for outcome in outcomes} == set(KINDS)
    for outcome in outcomes:
        assert KINDS[outcome["target"]] in outcome["broken"], said
        assert Path(outcome["input"]).read_bytes().startswith(PREFIX)
        assert f"--input {os.path.relpath(outcome['input'])}" in said
    status, said, outcomes = fuzz(chance, "--seeded", "--blind", "--runs", str(CHANCES))
    assert status == 0, said
    assert {outcome["executions"] for outcome in outcomes} == {CHANCES}


@pytest.mark.parametrize("name", SEEDED)
def test_a_seeded_bug_is_known_for_what_it_is(name: str) -> None:
    # The highest mark of an earlier test would hide what this one takes (proc(5)).
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    assert broken_by(SEEDED[name], b"e3f9c2-1") == ""
    assert KINDS[name] in broken_by(SEEDED[name], PREFIX)


def test_a_finding_is_taken_again_shortened_and_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "crash-1"
    file.write_bytes(PREFIX + b"and much more")
    given = ["--seeded", "--only", "seeded-undocumented-error", "--input", str(file)]
    with pytest.raises(KeyError):
        main(given)
    assert "KeyError\nby 5 of 18 bytes: b'fuzz!'" in capsys.readouterr().out
    file.write_bytes(b"harmless")
    assert main(given) == 0


def test_a_target_of_no_such_name_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list", "--only", "nothing"]) == 2
    assert "senml" in capsys.readouterr().out


def test_every_target_says_what_it_promises(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(TARGETS)
    for target in TARGETS.values():
        assert target.promise
        assert target.seeds


def test_what_breaks_is_made_as_short_as_it_can_be() -> None:
    assert shrunk(b"..a...b..", lambda cut: b"a" in cut and b"b" in cut) == b"ab"
    assert shrunk(b"x", lambda _: True) == b"x"


def test_a_broken_promise_shows_for_what_and_not_all_of_it() -> None:
    with pytest.raises(AssertionError, match=r"it holds: 'x+") as raised:
        require([], "it holds", "x" * 10_000)
    assert len(str(raised.value)) < 400
