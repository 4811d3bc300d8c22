"""Alerts and what is recorded: valid, tried one by one by promtool, and each in the runbook."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.servers import binaries
from infra.watch.rules import rules, write
from manifests.folders import K8S

CASES = sorted((K8S / "tests" / "alerts").glob("*.yaml"))
RECORDED = re.compile(r"namespace:\w+:\w+")
SEVERITIES = {"critical", "warning"}


def promtool(*arguments: str, cwd: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # noqa: S603 - a program that was found for this
        [binaries.promtool(), *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def alerts() -> dict[str, dict[str, Any]]:
    return {rule["alert"]: rule for rule in rules() if "alert" in rule}


def tried(*, fires: bool) -> set[str]:
    """The alerts that a case expects to fire, or to be silent."""
    return {
        test["alertname"]
        for path in CASES
        for case in yaml.safe_load(path.read_text())["tests"]
        for test in case["alert_rule_test"]
        if bool(test["exp_alerts"]) is fires
    }


def test_every_rule_is_valid(tmp_path: Path) -> None:
    write(tmp_path / "rules.yml")
    checked = promtool("check", "rules", "rules.yml", cwd=tmp_path)
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_alerts_fire_when_they_should_and_only_then(path: Path, tmp_path: Path) -> None:
    write(tmp_path / "rules.yml", annotations=False)
    shutil.copy(path, tmp_path)
    ran = promtool("test", "rules", path.name, cwd=tmp_path)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_a_case_that_expects_the_wrong_thing_fails(tmp_path: Path) -> None:
    write(tmp_path / "rules.yml", annotations=False)
    (path,) = (path for path in CASES if path.stem == "readings")
    wrong = path.read_text().replace("severity: critical", "severity: warning")
    (tmp_path / "wrong.yaml").write_text(wrong)
    assert promtool("test", "rules", "wrong.yaml", cwd=tmp_path).returncode != 0


def test_every_alert_is_tried_firing_and_silent() -> None:
    assert tried(fires=True) == set(alerts())
    assert tried(fires=False) == set(alerts())


def test_every_alert_has_a_severity_a_summary_and_its_entry() -> None:
    for name, alert in alerts().items():
        assert alert["labels"]["severity"] in SEVERITIES, name
        assert alert["annotations"]["summary"], name
        assert alert["annotations"]["runbook"] == f"k8s/RUNBOOK.md#{name.lower()}"


def test_the_runbook_has_an_entry_for_each_alert_and_no_other() -> None:
    text = (K8S / "RUNBOOK.md").read_text()
    entries = re.findall(r"^### (\w+)\n(.*?)(?=^##|\Z)", text, re.MULTILINE | re.DOTALL)
    assert sorted(name for name, _ in entries) == sorted(alerts())
    for name, entry in entries:
        assert "**Look:**" in entry, name
        assert "**Do:**" in entry, name


def test_what_alerts_take_from_recorded_series_is_recorded() -> None:
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    named = {name for rule in rules() for name in RECORDED.findall(rule["expr"])}
    assert named
    assert named <= recorded
