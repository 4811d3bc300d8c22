from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from bench.chart import svg
from bench.report import NOTES, markdown
from bench.results import Results, encode_results, read_results
from bench.summary import BEGIN, END, NoPlaceError, with_section
from bench.testing import made_up_round
from bench.verdict import Verdict


@pytest.fixture
def measured(results: Results) -> Results:
    results.deliveries += [
        made_up_round("floor-sse", user_us=0.0),
        made_up_round("feed", user_us=1.0),
        made_up_round("feed", user_us=2.0),
        made_up_round("chat", achieved=100, verdict=Verdict.VOID, lag=("the publisher was late",)),
    ]
    return results


def test_the_report_names_who_is_not_here(measured: Results) -> None:
    line = next(line for line in markdown(measured).splitlines() if "the nchan" in line)
    assert "not here" in line
    assert "nginx with Nchan is not installed" in line


def test_the_report_says_void_and_why(measured: Results) -> None:
    said = markdown(measured)
    assert "VOID" in next(line for line in said.splitlines() if line.startswith("| the chat"))
    assert "the publisher was late" in said


def test_the_report_gives_median_spread_and_ratio(measured: Results) -> None:
    line = next(line for line in markdown(measured).splitlines() if line.startswith("| the feed"))
    assert "6.50 (6.00–7.00)" in line
    assert "1.30×" in line


def test_the_report_tells_how_to_read_it(measured: Results) -> None:
    said = markdown(measured)
    assert all(note in said for note in NOTES)
    assert "softirq" in said
    assert "NOT REACHED" not in said
    assert "not measured" in said


def test_the_chart_is_well_formed_and_names_everybody(measured: Results) -> None:
    root = ET.fromstring(svg(measured))  # noqa: S314 - our own
    said = " ".join(root.itertext())
    assert all(entrant.title in said for entrant in measured.entrants)
    assert "not here" in said
    assert "VOID" in said


def test_a_chart_of_nothing_is_well_formed(results: Results) -> None:
    ET.fromstring(svg(results))  # noqa: S314 - our own


def test_results_are_read_back_as_they_were(measured: Results, tmp_path: Path) -> None:
    path = tmp_path / "bench.json"
    path.write_bytes(encode_results(measured))
    assert read_results(path) == measured


def test_the_readmes_section_is_written_anew(measured: Results) -> None:
    once = with_section(f"before\n{BEGIN}\nold\n{END}\nafter\n", measured)
    assert once.startswith("before\n")
    assert once.endswith("after\n")
    assert "old" not in once
    assert with_section(once, measured) == once


def test_a_readme_without_a_place_is_refused(measured: Results) -> None:
    with pytest.raises(NoPlaceError):
        with_section("no marks", measured)
