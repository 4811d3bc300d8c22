"""The catalogue of the README, row by row: the runs and tests that it names are there."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from systemtests.chaos.catalogue import ALL

ROOT = Path(__file__).parents[3]
README = Path(__file__).parents[1] / "README.md"
_HEADING = "## The catalogue, row by row"
_TEST = re.compile(r"`(?P<file>[^`]+)` (?P<words>[^;]+)")
_NONE = "none"


@dataclass(frozen=True)
class Row:
    """One kind of fault, and what holds it."""

    fault: str
    runs: tuple[str, ...]
    tests: tuple[tuple[str, str], ...]


def rows_of(readme: str) -> list[Row]:
    section = readme.partition(_HEADING)[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [_row(line) for line in lines[2:]]


def _row(line: str) -> Row:
    fault, runs, tests = (cell.strip() for cell in line.strip("|").split(" | "))
    named = () if runs == _NONE else tuple(runs.split("; "))
    found = tuple((m["file"], m["words"].strip()) for m in _TEST.finditer(tests))
    assert len(found) == len(tests.split("; ")), f"{fault}: a test is `file` and its words"
    return Row(fault, named, found)


ROWS = rows_of(README.read_text(encoding="utf-8"))


@cache
def sources(name: str) -> dict[Path, str]:
    """Files of tests by the end of their path, but for what was installed."""
    parts = Path(name).parts
    return {
        path: path.read_text(encoding="utf-8")
        for top in ("services", "infra", "k8s", "loadtests")
        for path in (ROOT / top).rglob(parts[-1])
        if path.parts[-len(parts) :] == parts and "node_modules" not in path.parts
    }


def is_there(file: str, words: str) -> bool:
    """Whether one file of that name has that test."""
    (source,) = sources(file).values()
    if file.endswith(".ts"):
        return f'test("{words}"' in source
    name = re.sub(r"\W+", "_", words)
    return re.search(rf"^\s*(async )?def test_{name}\(", source, re.MULTILINE) is not None


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.fault)
def test_a_row_is_held_by_tests_that_exist(row: Row) -> None:
    assert row.runs or row.tests
    assert [test for test in row.tests if not is_there(*test)] == []
    names = {fault.name for fault in ALL}
    assert [run for run in row.runs if run not in names] == []


def test_every_fault_of_chaos_is_of_a_row() -> None:
    named = {run for row in ROWS for run in row.runs}
    assert [fault.name for fault in ALL if fault.name not in named] == []


def test_no_row_is_missing_or_there_twice() -> None:
    assert len(ROWS) == 31
    assert len({row.fault for row in ROWS}) == len(ROWS)


def test_what_a_row_names_and_is_not_there_is_found() -> None:
    assert not is_there("chaos/test_catalogue.py", "no such thing")
    assert not is_there("src/watchdog.test.ts", "no such thing")
    with pytest.raises(ValueError, match="not enough values"):
        is_there("chaos/no_such_test.py", "what a row names")
    with pytest.raises(AssertionError, match="a test is"):
        rows_of(f"{_HEADING}\n| a | b | c |\n| - | - | - |\n| fault | run | words alone |\n")
