"""The table of threats names tests that exist."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.repository import ROOT

TEXT = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
COLUMNS = 4


def rows(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def missing(found: list[list[str]]) -> Iterator[str]:
    for cells in found:
        if len(cells) != COLUMNS or not all(cells[1:]):
            yield f"{cells} is not asset, threat, wall, test"
            continue
        named = re.fullmatch(r"`([\w./]+)::(\w+)`", cells[3])
        if named is None or named[2] not in functions(ROOT / named[1]):
            yield f"{cells[3]} is no test"


def functions(path: Path) -> set[str]:
    if not path.is_file():
        return set()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {one.name for one in ast.walk(tree) if isinstance(one, kinds)}


def test_every_row_names_a_test_that_exists() -> None:
    assert len(rows(TEXT)) > 20
    assert list(missing(rows(TEXT))) == []


@pytest.mark.parametrize(
    "row",
    [
        "| a | b | c | `infra/tests/supply/test_secret.py::test_that_nobody_wrote` |",
        "| a | b | c | `infra/tests/supply/test_gone.py::test_every_form_has_a_seed` |",
        "| a | b | c | somebody looked at it |",
        "| a | b |  | `infra/tests/supply/test_secret.py::test_every_form_has_a_seed` |",
    ],
)
def test_a_row_without_a_wall_or_a_test_is_found(row: str) -> None:
    head = "| asset | threat | wall | test |\n| --- | --- | --- | --- |\n"
    assert list(missing(rows(head + row)))


def test_it_says_how_to_report() -> None:
    assert "## Telling us about a hole" in TEXT
