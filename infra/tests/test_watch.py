"""``make watch``: Prometheus on the admin ports, and what it says on the terminal."""

import asyncio
import io
import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.errors import DiedError, NotReadyError
from infra.ports import free_ports
from infra.servers import PrometheusServer
from infra.testing import wait_until
from infra.watch import queries, rules
from infra.watch.__main__ import main
from infra.watch.alerts import firing, follow
from infra.watch.boards import render

SHORT = timedelta(seconds=0.2)
ALERT: dict[str, Any] = {
    "alert": "Example",
    "expr": "vector(1) < 2",
    "labels": {"severity": "warning"},
    "annotations": {"summary": "one is less than two", "runbook": "k8s/RUNBOOK.md#example"},
}


@pytest.fixture
def one_alert(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "groups", lambda: [{"name": "example", "rules": [dict(ALERT)]}])


@pytest.mark.usefixtures("one_alert")
async def test_an_alert_that_fires_is_one_line(tmp_path: Path) -> None:
    said = io.StringIO()
    with PrometheusServer(tmp_path, targets={}, interval=timedelta(seconds=1)) as server:
        following = asyncio.create_task(follow(server, said, every=SHORT))
        await wait_until(lambda: bool(said.getvalue()))
        assert len(firing(server.port)) == 1
        server.kill()
        with pytest.raises(DiedError):
            async with asyncio.timeout(30):
                await following
    assert said.getvalue() == (
        "watch: warning: Example: one is less than two (k8s/RUNBOOK.md#example)\n"
    )


def test_a_wrong_question_is_refused_with_the_reason(tmp_path: Path) -> None:
    with PrometheusServer(tmp_path, targets={}) as server:
        assert queries.ask(server.port, "vector(3)") == [queries.Line({}, 3.0)]
        with pytest.raises(NotReadyError, match="parse error"):
            queries.ask(server.port, "sum(")


def test_it_asks_each_service_under_the_labels_of_a_cluster(tmp_path: Path) -> None:
    server = PrometheusServer(tmp_path, targets={"feed": "127.0.0.1:9101"})
    server.program.prepare()
    (job,) = yaml.safe_load((tmp_path / "prometheus.yml").read_text())["scrape_configs"]
    assert job["job_name"] == "airwave/feed"
    (static,) = job["static_configs"]
    assert static["targets"] == ["127.0.0.1:9101"]
    assert static["labels"] == {"namespace": "airwave", "pod": "feed"}


async def test_it_runs_until_it_is_interrupted(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    environ = {**os.environ, "AIRWAVE_DATA": str(tmp_path), "PROMETHEUS_PORT": str(port)}
    log = tmp_path / "said"
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: ASYNC220 - waited for below
            [sys.executable, "-u", "-m", "infra.watch", "run"],
            env=environ,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        await wait_until(lambda: f"Prometheus is at http://127.0.0.1:{port}" in log.read_text())
        assert queries.ask(port, "vector(1)")
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 0
    finally:
        process.kill()
        process.wait()
    with pytest.raises(NotReadyError):
        queries.ask(port, "vector(1)")


def test_a_port_that_is_none_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PROMETHEUS_PORT", "many")
    assert main(["run"]) == 1
    assert capsys.readouterr().err == "PROMETHEUS_PORT=many is no port\n"


def test_a_file_that_was_changed_by_hand_is_stale(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(render, "DASHBOARDS", tmp_path / "dashboards")
    assert len(render.stale()) == len(render.BOARDS)
    assert main(["render"]) == 0
    assert render.stale() == []
    (tmp_path / "dashboards" / "feed.json").write_text("{}")
    assert [path.name for path in render.stale()] == ["feed.json"]
