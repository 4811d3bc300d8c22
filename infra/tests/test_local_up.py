"""The whole run, as ``make up`` starts it: real servers, the real services, the built page."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import IO, Self

import pytest

from infra.local.identity import identity
from infra.local.lock import NAME, held
from infra.local.settings import DEFAULT_PORTS
from infra.ports import free_ports
from infra.repository import ROOT
from infra.testing import fetch, wait_until

COMMAND = [sys.executable, "-m", "infra.local", "up"]
PREFIXES = ("FEED_", "CHAT_", "PRODUCER_", "NATS_", "REDIS_", "AIRWAVE_")


class Airwave:
    """A local run on free ports with data of its own."""

    def __init__(self, data: Path, **settings: str) -> None:
        self.data = data
        ports = free_ports(len(DEFAULT_PORTS))
        self.ports = dict(zip(DEFAULT_PORTS, ports, strict=True))
        own = {name: value for name, value in os.environ.items() if not name.startswith(PREFIXES)}
        mine = {name: str(port) for name, port in self.ports.items()}
        self._environ = {**own, **mine, "AIRWAVE_DATA": str(data), **settings}
        self._shown = data.parent / "shown"
        with self._shown.open("wb") as shown:
            self.process = self._start(shown, subprocess.STDOUT)

    def _start(self, out: IO[bytes] | int, errors: int) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(  # noqa: S603 - our own program
            COMMAND,
            cwd=ROOT,
            env=self._environ,
            start_new_session=True,
            stdout=out,
            stderr=errors,
        )

    def start_a_second(self) -> "subprocess.Popen[bytes]":
        return self._start(subprocess.PIPE, subprocess.PIPE)

    @property
    def shown(self) -> str:
        return self._shown.read_text()

    @property
    def edge_port(self) -> int:
        return self.ports["EDGE_PORT"]

    def pids(self) -> dict[str, int]:
        noted = json.loads((self.data / NAME).read_text())
        return {member["name"]: member["pid"] for member in noted["members"]}

    def says(self, text: str, *, times: int = 1) -> bool:
        if self.process.poll() is not None:
            pytest.fail(f"it ended (status {self.process.returncode}):\n{self.shown}")
        return self.shown.count(text) >= times

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


@pytest.fixture
def airwave(tmp_path: Path) -> Iterator[Airwave]:
    with Airwave(tmp_path / "data") as running:
        yield running


async def test_everything_comes_up_survives_being_killed_and_leaves_nothing_behind(
    airwave: Airwave,
) -> None:
    await wait_until(lambda: airwave.says(f"Airwave runs: http://127.0.0.1:{airwave.edge_port}/"))
    pids = airwave.pids()
    assert set(pids) == {"nats", "valkey", "producer", "feed", "chat", "edge"}
    for path in ("/", "/feed/sensors"):
        assert (await fetch(airwave.edge_port, path)).status == 200
    assert (await fetch(airwave.edge_port, "/feed/metrics")).status == 404

    with airwave.start_a_second() as second:
        _, errors = second.communicate(timeout=30)
    assert second.returncode == 1
    (line,) = errors.decode().splitlines()
    assert line.startswith(f"airwave already runs here: pid {airwave.process.pid}, ")

    for pid in pids.values():
        os.kill(pid, signal.SIGKILL)
    for name in pids:
        await wait_until(partial(airwave.says, f"{name} died (signal 9), restarting"))
        await wait_until(partial(airwave.says, f"{name} is ready", times=2))
    assert (await fetch(airwave.edge_port, "/feed/sensors")).status == 200

    last = airwave.pids()
    airwave.process.send_signal(signal.SIGINT)
    assert airwave.process.wait(40) == 0
    assert airwave.shown.splitlines()[-1].endswith("| stopped")
    assert not any(map(identity, {*pids.values(), *last.values()}))
    assert held(airwave.data) is None
    assert not (airwave.data / NAME).exists()
    assert (airwave.data / "nats" / "jetstream").is_dir()


@pytest.fixture
def jwks(tmp_path: Path) -> Path:
    make_keys = [sys.executable, "-m", "realtime.tokens", "keys", str(tmp_path)]
    subprocess.run(make_keys, check=True, capture_output=True)  # noqa: S603 - our own program
    return tmp_path / "jwks.json"


async def test_it_comes_up_when_tokens_are_asked_for(tmp_path: Path, jwks: Path) -> None:
    each = {"AUTH": "jwt", "ISSUER": "me", "JWKS": str(jwks)}
    settings = {f"{name}_{key}": each[key] for key in each for name in ("FEED", "CHAT")}
    with Airwave(tmp_path / "data", **settings) as airwave:
        address = f"http://127.0.0.1:{airwave.edge_port}/"
        await wait_until(lambda: airwave.says(f"Airwave runs: {address}"))
        assert (await fetch(airwave.edge_port, "/feed/sensors")).status == 401
        airwave.process.send_signal(signal.SIGINT)
        assert airwave.process.wait(40) == 0
