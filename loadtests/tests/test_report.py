import xml.etree.ElementTree as ET

import pytest

from crowd.journal import Journal
from judging.facts import facts_of
from judging.knee import beyond_knee, levels
from judging.plot import Series, chart
from judging.report import html, text
from judging.thresholds import Limit, Thresholds
from judging.verdict import judge

LIMITS = Thresholds(
    limits=(Limit("SSE event delay", 99, 0.1),), failures={}, late_share=0.1, cpu_share=0.9
)


@pytest.fixture
def journal() -> Journal:
    """Ten seconds in which users doubled and delays grew beyond the limit."""
    journal = Journal()
    for second in range(10):
        journal.users[second] = 10 if second < 5 else 20
        journal.counted("SSE open", 1, at=second)
        for _ in range(30):
            journal.took("SSE event delay", 0.01 if second < 5 else 0.2, at=second)
    journal.counted("SSE tried", 1, at=0)
    journal.failed("SSE connection", "<refused>", at=4)
    journal.moments.append((5.0, "storm & rain"))
    return journal


def test_the_report_is_one_file_that_says_why(journal: Journal) -> None:
    page = html(journal, judge(journal, LIMITS), facts_of("load", "http://x"))
    assert "too slow: SSE event delay p99 200 ms, limit 100 ms" in page
    assert "&lt;refused&gt;" in page
    assert "<script" not in page
    assert "src=" not in page
    assert page.count("<svg") >= 5


def test_the_terminal_is_told_the_same(journal: Journal) -> None:
    said = text(journal, judge(journal, LIMITS), facts_of("load", "http://x"))
    assert "load at http://x: FAILED" in said
    assert "too slow" in said


def test_the_knee_lies_where_a_limit_is_passed(journal: Journal) -> None:
    assert beyond_knee(journal, LIMITS, 0, 5) == ""
    assert "SSE event delay p99 200 ms" in beyond_knee(journal, LIMITS, 5, 10)
    assert [level.users for level in levels(journal, "SSE event delay")] == [10, 20]


@pytest.mark.parametrize(
    "points", [[], [(0.0, 0.0)], [(0.0, 5.0), (1.0, 5.0)], [(0.0, 1e-4), (3.0, 2e6)]]
)
def test_a_chart_is_well_formed_whatever_it_shows(points: list[tuple[float, float]]) -> None:
    drawn = chart("a < b", [Series("c & d", points)], x_name="s", y_name="ms")
    root = ET.fromstring(drawn)  # noqa: S314 - made here
    assert root.tag.endswith("svg")
    assert ("nothing happened" in drawn) is not bool(points)
