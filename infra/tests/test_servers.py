import http.client
import json
import os
import signal
import socket
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from infra.errors import (
    AlreadyRunsError,
    DiedError,
    NotReadyError,
    NotReadyInTimeError,
    NotStartedError,
    StillRunsError,
)
from infra.local.identity import identity
from infra.servers import NatsServer, Server, ValkeyServer, probes
from infra.servers.program import Program, StopStep, inherited
from infra.testing import wait_until


class Script(Server):
    """A server that is a few lines of Python; ready when its log says so."""

    def __init__(self, directory: Path, code: str, patience: float = 10) -> None:
        super().__init__(name="script", directory=directory)
        self._code = code
        self._patience = timedelta(seconds=patience)

    @property
    def program(self) -> Program:
        return Program(
            name=self.name,
            command=(sys.executable, "-u", "-c", self._code),
            environment=inherited(),
            ready=self._ready,
            stop=(StopStep(signal=signal.SIGTERM, patience=self._patience),),
        )

    def _ready(self) -> None:
        if "ready" not in self.log_tail():
            raise NotReadyError(self.name, "has not said so")


STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready")
while True: time.sleep(60)
"""
WAITING = "import time; print('ready'); time.sleep(60)"


def get(url: str) -> object:
    host, _, path = url.removeprefix("http://").partition("/")
    connection = http.client.HTTPConnection(host, timeout=10)
    connection.request("GET", f"/{path}")
    answer = json.load(connection.getresponse())
    connection.close()
    return answer


def ask_valkey(server: ValkeyServer, command: str) -> bytes:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(f"{command}\r\n".encode())
        return connection.recv(1000)


def test_nats_has_jetstream_on_file_and_listens_on_loopback_only(tmp_path: Path) -> None:
    with NatsServer(tmp_path / "nats") as nats:
        about = get(f"{nats.monitor_url}/varz")
        assert isinstance(about, dict)
        assert about["host"] == "127.0.0.1"
        assert about["mqtt"]["host"] == "127.0.0.1"
        assert about["mqtt"]["port"] == nats.mqtt_port
        assert about["max_payload"] == 1024 * 1024
        assert about["jetstream"]["config"]["store_dir"].startswith(str(tmp_path))


def test_valkey_keeps_what_it_was_told_over_a_restart(tmp_path: Path) -> None:
    with ValkeyServer(tmp_path / "valkey with a space") as valkey:
        assert ask_valkey(valkey, "SET room lobby") == b"+OK\r\n"
        first = valkey.pid
        assert valkey.restart().pid != first
        assert ask_valkey(valkey, "GET room") == b"$5\r\nlobby\r\n"
        assert b"noeviction" in ask_valkey(valkey, "CONFIG GET maxmemory-policy")


def test_a_killed_server_starts_again_on_its_ports(tmp_path: Path) -> None:
    with NatsServer(tmp_path / "nats") as nats:
        port = nats.port
        assert nats.kill() == -signal.SIGKILL
        assert not nats.running
        nats.start()
        assert nats.port == port
        assert nats.running


def test_a_paused_server_is_there_and_does_not_answer(tmp_path: Path) -> None:
    with ValkeyServer(tmp_path / "valkey") as valkey:
        valkey.pause()
        with pytest.raises(NotReadyError):
            valkey.program.ready()
        assert valkey.running
        valkey.resume()
        valkey.wait_ready()
        valkey.pause()  # and is stopped from there all the same


def test_after_the_block_no_process_is_left(tmp_path: Path) -> None:
    with Script(tmp_path, WAITING) as script:
        pid = script.pid
        assert identity(pid)
    assert identity(pid) is None
    with pytest.raises(NotStartedError):
        script.pid  # noqa: B018 - asking is the test


def test_a_server_that_dies_at_its_start_says_why(tmp_path: Path) -> None:
    with pytest.raises(DiedError, match=r"script died \(status 3\)") as died:
        Script(tmp_path, "import sys; print('no disk'); sys.exit(3)").start()
    assert died.value.tail == ["no disk"]


def test_a_server_that_does_not_get_ready_is_ended(tmp_path: Path) -> None:
    script = Script(tmp_path, "import time; time.sleep(60)")
    with pytest.raises(NotReadyInTimeError, match="has not said so"):
        script.start(within=timedelta(milliseconds=200))
    assert not script.running


def test_a_server_that_does_not_want_to_end_is_killed(tmp_path: Path) -> None:
    script = Script(tmp_path, STUBBORN, patience=0.2).start()
    assert script.stop() == -signal.SIGKILL


def test_starting_twice_and_waiting_for_what_runs_are_errors(tmp_path: Path) -> None:
    with Script(tmp_path, WAITING) as script:
        with pytest.raises(AlreadyRunsError):
            script.start()
        with pytest.raises(StillRunsError):
            script.wait(within=timedelta(milliseconds=50))
        script.send(signal.SIGTERM)
        assert script.wait() == -signal.SIGTERM
        assert not script.running


def test_children_start_with_clean_signals_and_all_descriptors(tmp_path: Path) -> None:
    code = """
import resource, signal
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
print(soft == hard or soft >= 10240)
print("ready")
"""
    script = Script(tmp_path, code)
    script.start_nowait()
    assert script.wait() == 0
    assert script.log_tail() == ["True", "ready"]


def test_children_get_no_proxy_and_nothing_of_make(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTPS_PROXY", "ALL_PROXY", "MAKEFLAGS", "MAKELEVEL", "MFLAGS"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("AIRWAVE_TEST", "stays")
    script = Script(tmp_path, "import os; print(sorted(os.environ))")
    script.start_nowait()
    script.wait()
    (names,) = script.log_tail()
    assert "AIRWAVE_TEST" in names
    assert "proxy" not in names.lower()
    assert "MAKE" not in names


async def test_what_a_server_started_ends_with_it(tmp_path: Path) -> None:
    code = f"""
import subprocess, sys
print(subprocess.Popen([sys.executable, "-c", {WAITING!r}]).pid, flush=True)
print("ready")
import time; time.sleep(60)
"""
    with Script(tmp_path, code) as script:
        grandchild = int(script.log_tail()[0])
        os.kill(script.pid, signal.SIGKILL)
    await wait_until(lambda: identity(grandchild) is None)


def test_a_probe_says_who_does_not_answer_and_why() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        probes.tcp("127.0.0.1", port)()
        with pytest.raises(NotReadyError, match=f"127.0.0.1:{port}/readyz: timed out"):
            probes.http_get("127.0.0.1", port, "/readyz")()
    for probe in (
        probes.tcp("127.0.0.1", 1),
        probes.http_get("127.0.0.1", 1, "/"),
        probes.valkey_ping("127.0.0.1", 1),
    ):
        with pytest.raises(NotReadyError, match=r"127\.0\.0\.1:1.*refused"):
            probe()
