"""``python -m infra.local`` as a person meets it when something is in its way."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from infra.local import preflight
from infra.local.lock import RunLock
from infra.local.settings import DEFAULT_PORTS, read
from infra.ports import free_ports
from infra.repository import ROOT

NAMES = [name for name in DEFAULT_PORTS if name != "EDGE_PORT"]


def run(what: str, **environ: str) -> "subprocess.CompletedProcess[str]":
    others = {name: str(port) for name, port in zip(NAMES, free_ports(len(NAMES)), strict=True)}
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "infra.local", what],
        cwd=ROOT,
        env={**os.environ, **others, **environ},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )


@contextmanager
def listening() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield str(listener.getsockname()[1])


def test_a_second_run_is_one_line_and_a_status(tmp_path: Path) -> None:
    with RunLock.hold(tmp_path, url="http://127.0.0.1:8080/"):
        second = run("up", AIRWAVE_DATA=str(tmp_path))
    (line,) = second.stderr.splitlines()
    assert line.startswith(f"airwave already runs here: pid {os.getpid()}, http://127.0.0.1:8080/")
    assert (second.returncode, second.stdout) == (1, "")


def test_a_taken_port_is_one_line_with_the_variable_to_set(tmp_path: Path) -> None:
    with listening() as port:
        refused = run("up", EDGE_PORT=port, AIRWAVE_DATA=str(tmp_path))
    (line,) = [line for line in refused.stderr.splitlines() if "page is not built" not in line]
    assert line.startswith(f"port {port} for the edge is taken by another program: choose one, ")
    assert "make up EDGE_PORT=" in line
    assert refused.returncode == 1
    assert list(tmp_path.iterdir()) == []


def test_a_port_for_root_only_is_one_line(tmp_path: Path) -> None:
    refused = run("up", EDGE_PORT="80", AIRWAVE_DATA=str(tmp_path))
    (line,) = refused.stderr.splitlines()
    assert line.startswith("EDGE_PORT=80: ports below 1024 need root rights")
    assert refused.returncode == 1


def problems(tmp_path: Path, **environ: str) -> list[str]:
    ports = {name: str(port) for name, port in zip(NAMES, free_ports(len(NAMES)), strict=True)}
    (edge,) = free_ports(1)
    with pytest.raises(preflight.NotReadyToStartError) as refused:
        preflight.check(read({"EDGE_PORT": str(edge), **ports, **environ}), dashboard=tmp_path)
    return list(refused.value.lines)


def test_a_page_that_is_not_built_is_one_line(tmp_path: Path) -> None:
    assert problems(tmp_path) == [f"the page is not built ({tmp_path}): run make setup"]


def test_several_taken_ports_come_with_one_command_for_all(dashboard: Path) -> None:
    with listening() as first, listening() as second:
        lines = problems(dashboard, FEED_PORT=first, CHAT_PORT=second)
    assert [line.split(" is taken")[0] for line in lines[:2]] == [
        f"port {first} for feed",
        f"port {second} for chat",
    ]
    assert lines[2].startswith("all at once: make up EDGE_PORT=")
    assert f"FEED_PORT={first} " not in lines[2]


def test_a_server_of_the_users_own_that_is_away_is_one_line(dashboard: Path) -> None:
    (line,) = problems(dashboard, NATS_URL="nats://me:secret@127.0.0.1:1")
    assert line.startswith("NATS_URL: nothing answers (127.0.0.1:1")
    assert "secret" not in line
