import subprocess
import sys
from pathlib import Path

import pytest

from infra.edge.__main__ import main
from infra.repository import ROOT


def test_check_holds_the_rules_and_tries_the_configuration(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["check"]) == 0
    said = capsys.readouterr().out
    assert "rules hold" in said
    assert "nginx: accepted by" in said


def test_render_writes_what_was_asked_for(tmp_path: Path) -> None:
    addresses = ["--listen", "127.0.0.1:9090", "--feed", "a:1", "b:2", "--chat", "c:3"]
    assert main(["render", "nginx", "--out", str(tmp_path), *addresses]) == 0
    conf = (tmp_path / "nginx.conf").read_text()
    assert "listen 127.0.0.1:9090 " in conf
    for server in ("a:1", "b:2", "c:3"):
        assert f"server {server} max_fails=0;" in conf


def test_a_problem_is_one_line_and_a_status(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["render", "nginx", "--out", str(tmp_path), "--dashboard", 'a"b']) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "can't stand in a configuration file" in line


def test_it_explains_itself() -> None:
    said = subprocess.run(
        [sys.executable, "-m", "infra.edge", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "render" in said.stdout
