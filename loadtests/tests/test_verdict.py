from pathlib import Path

import pytest

from crowd.journal import Journal
from infra.repository import ROOT
from judging.thresholds import BadThresholdsError, Thresholds, load
from judging.verdict import FAILED, PASSED, VOID, Verdict, judge

FILE = ROOT / "loadtests" / "thresholds.toml"


@pytest.fixture
def limits() -> Thresholds:
    return load(FILE)


def _good() -> Journal:
    journal = Journal()
    for kind, line in (("SSE", "SSE event delay"), ("WS", "WS delivery"), ("POLL", "POLL answer")):
        journal.counted(f"{kind} tried", 10, at=1)
        for _ in range(100):
            journal.took(line, 0.005, at=1)
    journal.took("RUN generator lag", 0.001, at=1)
    journal.took("RUN generator cpu", 0.3, at=1)
    return journal


def _said(verdict: Verdict) -> str:
    return "\n".join(verdict.reasons)


def test_a_good_run_passes(limits: Thresholds) -> None:
    verdict = judge(_good(), limits)
    assert (verdict.status, verdict.word, verdict.reasons) == (PASSED, "passed", ())


@pytest.mark.parametrize("kind", ["lost", "duplicate", "order", "untold"])
def test_a_broken_promise_fails(limits: Thresholds, kind: str) -> None:
    journal = _good()
    journal.failed(f"WS {kind}", "so it was", at=2)
    assert judge(journal, limits).status == FAILED
    assert f"promise broken: WS {kind}, 1 times" in _said(judge(journal, limits))


def test_slow_times_fail_and_are_named(limits: Thresholds) -> None:
    journal = _good()
    for _ in range(5):
        journal.took("SSE event delay", 2.0, at=3)
    verdict = judge(journal, limits)
    assert verdict.status == FAILED
    assert "too slow: SSE event delay p99 2" in _said(verdict)
    assert judge(journal, limits, judge_times=False).status == PASSED


def test_a_late_generator_voids_slow_times_and_excuses_no_loss(limits: Thresholds) -> None:
    journal = _good()
    journal.took("RUN generator lag", 0.3, at=3)
    journal.took("SSE event delay", 2.0, at=3)
    assert judge(journal, limits).status == VOID
    journal.failed("SSE lost", "without being told", at=4)
    assert judge(journal, limits).status == FAILED


def test_a_full_core_voids(limits: Thresholds) -> None:
    journal = _good()
    journal.took("RUN generator cpu", 0.99, at=3)
    assert "99% of its core" in _said(judge(journal, limits))


def test_failed_connections_fail_beyond_their_share(limits: Thresholds) -> None:
    journal = _good()
    journal.failed("SSE connection", "refused", at=2)
    assert "1 of 10 SSE connections failed" in _said(judge(journal, limits))
    journal.counted("SSE tried", 90, at=2)
    assert judge(journal, load(FILE, "rolling")).status == PASSED


def test_who_tried_and_got_nothing_fails(limits: Thresholds) -> None:
    journal = _good()
    del journal.times["WS delivery"]
    assert "WS users saw nothing" in _said(judge(journal, limits))
    assert "no user ran" in _said(judge(Journal(), limits))


def test_what_was_held_back_names_the_cause(limits: Thresholds) -> None:
    journal = _good()
    journal.failed("SSE held back", "LumpError: more than a second at once", at=2)
    verdict = judge(journal, limits, judge_times=False)
    assert verdict.status == FAILED
    assert "proxy_buffering" in _said(verdict)


def test_a_late_generator_may_have_held_it_back_itself(limits: Thresholds) -> None:
    journal = _good()
    journal.took("RUN generator lag", 0.3, at=3)
    journal.failed("SSE held back", "HeldBackError: no event before its user left", at=2)
    verdict = judge(journal, limits)
    assert verdict.status == VOID
    assert "proxy_buffering" in _said(verdict)


def test_shapes_have_limits_of_their_own() -> None:
    usual = {(x.line, x.percent): x.seconds for x in load(FILE).limits}
    storm = {(x.line, x.percent): x.seconds for x in load(FILE, "storm").limits}
    assert storm["SSE reconnect", 99] > usual["SSE reconnect", 99]
    assert storm["POLL answer", 99] == usual["POLL answer", 99]


@pytest.mark.parametrize(
    "text", ["[time]\n", "times = 3\n", '[times]\n"x" = { p99 = "a" }\n[generator]\n', "["]
)
def test_a_file_that_means_nothing_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadThresholdsError):
        load(path)
    with pytest.raises(BadThresholdsError):
        load(tmp_path / "absent.toml")
