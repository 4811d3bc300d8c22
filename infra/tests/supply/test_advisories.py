"""Reports of advisories are read, exempt ones left out, and silence is not taken for "all well"."""

from datetime import date
from pathlib import Path

import pytest

from infra.supply import __main__ as command
from infra.supply import advisories
from infra.supply.allowed import Allowed, Exemption
from infra.supply.errors import UnansweredError

TODAY = date(2026, 11, 28)
PYTHON = {
    "dependencies": [
        {"name": "good", "version": "1", "vulns": []},
        {
            "name": "bad",
            "version": "1",
            "vulns": [{"id": "PYSEC-1", "aliases": ["CVE-1"], "fix_versions": ["2"]}],
        },
    ]
}
BROWSERS = {
    "vulnerabilities": {
        "vite": {"via": ["esbuild"]},
        "esbuild": {
            "via": [
                {
                    "url": "https://github.com/advisories/GHSA-1",
                    "severity": "high",
                    "title": "reads files",
                    "range": "<1",
                }
            ]
        },
    }
}
NOBODY: dict[str, list[object]] = {"dependencies": []}
CLEAN: dict[str, dict[str, str]] = {"vulnerabilities": {}}


def allowed(*exempt: Exemption) -> Allowed:
    return Allowed(frozenset(), frozenset(), {}, exempt, {})


def lines(*exempt: Exemption) -> list[str]:
    told = [*advisories.told_of_python(PYTHON), *advisories.told_of_browsers(BROWSERS)]
    return list(advisories.problems(told, allowed(*exempt), TODAY))


def test_each_hole_is_one_line() -> None:
    assert lines() == [
        "bad 1: PYSEC-1, mended in 2",
        "esbuild <1: GHSA-1 (high), reads files",
    ]


def test_an_exemption_is_for_one_package_and_until_its_day() -> None:
    assert len(lines(Exemption("CVE-1", "bad", "not used", TODAY))) == 1
    assert len(lines(Exemption("CVE-1", "other", "not used", TODAY))) == 2
    assert len(lines(Exemption("CVE-1", "bad", "not used", date(2026, 11, 27)))) == 2


def test_an_answer_that_is_none_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    refused = '{"message": "405 Method Not Allowed", "error": {"summary": ""}}'
    monkeypatch.setattr(advisories, "_run", lambda *_, **__: refused)
    with pytest.raises(UnansweredError, match="405 Method Not Allowed"):
        advisories.of_browsers()
    monkeypatch.setattr(advisories, "_run", lambda *_, **__: "connect ENETUNREACH")
    with pytest.raises(UnansweredError, match="ENETUNREACH"):
        advisories.of_browsers()


def test_who_does_not_answer_in_time_has_not_answered(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    silent = tmp_path / "npm"
    silent.write_text("#!/bin/sh\nexec sleep 60\n", encoding="utf-8")
    silent.chmod(0o755)
    monkeypatch.setattr(advisories, "_PATIENCE_SECONDS", 0.2)
    monkeypatch.setattr(advisories, "NPM", silent)
    with pytest.raises(UnansweredError, match="no answer within"):
        advisories.of_browsers()


def unanswered() -> dict[str, object]:
    raise UnansweredError("somebody", "no route")


def test_who_could_not_be_asked_is_told_and_is_no_success(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(advisories, "of_python", unanswered)
    monkeypatch.setattr(advisories, "of_browsers", lambda: CLEAN)
    assert command.main(["audit"]) == command.UNANSWERED
    assert "NOTHING WAS AUDITED" in capsys.readouterr().err
    # A hole that somebody else told weighs more.
    monkeypatch.setattr(advisories, "of_browsers", lambda: BROWSERS)
    assert command.main(["audit"]) == 1
    monkeypatch.setattr(advisories, "of_python", lambda: NOBODY)
    monkeypatch.setattr(advisories, "of_browsers", lambda: CLEAN)
    assert command.main(["audit"]) == 0
