"""A bill of materials loses what is not installed, and must have what is."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from infra.repository import ROOT

SCRIPT = ROOT / "services" / "prune_bill.py"
BILL = {
    "metadata": {"component": {"name": "feed"}},
    "components": [
        {"name": "nats-py", "bom-ref": "a", "version": "2"},
        {"name": "pywin32", "bom-ref": "b", "version": "3"},
    ],
    "dependencies": [{"ref": "a", "dependsOn": ["b"]}, {"ref": "b"}],
}


@pytest.fixture
def bill(tmp_path: Path) -> Path:
    path = tmp_path / "bill.json"
    path.write_text(json.dumps(BILL))
    return path


def prune(bill: Path, *there: str) -> "subprocess.CompletedProcess[str]":
    environment = bill.parent / "venv"
    for name in there:
        folder = environment / "lib/python3.13/site-packages" / f"{name}-2.dist-info"
        folder.mkdir(parents=True)
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 2\n")
    return subprocess.run(  # noqa: S603 - our own script
        [sys.executable, SCRIPT, bill, environment],
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )


def test_what_is_for_other_systems_goes_with_all_that_names_it(bill: Path) -> None:
    assert prune(bill, "feed", "nats_py").returncode == 0
    left = json.loads(bill.read_text())
    assert [one["name"] for one in left["components"]] == ["nats-py"]
    assert left["dependencies"] == [{"ref": "a", "dependsOn": []}]


def test_what_is_installed_and_not_listed_ends_the_build(bill: Path) -> None:
    refused = prune(bill, "feed", "nats_py", "stranger")
    assert refused.returncode == 1
    assert "does not list stranger" in refused.stderr
    assert json.loads(bill.read_text()) == BILL
