"""``make up`` itself, on free ports and with data of its own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from infra.local.settings import DEFAULT_PORTS
from infra.ports import free_ports
from infra.repository import ROOT

_OURS: Final = ("FEED_", "CHAT_", "PRODUCER_", "NATS_", "REDIS_", "AIRWAVE_")
_STARTS: Final = 150.0  # seconds, on a machine that is busy
_STOPS: Final = 60.0


class LocalRun:
    """A run that is up; ``shown`` is what a person sees of it."""

    def __init__(
        self, data: Path, ports: dict[str, int], shown: Path, environment: dict[str, str]
    ) -> None:
        self.data = data
        self.ports = ports
        self._shown = shown
        self._environment = environment

    def do_as(self, user: str, *command: str) -> str:
        """Run a Python module's command as that user of the run; what it printed."""
        done = subprocess.run(  # noqa: S603 - our own programs
            [sys.executable, "-m", "infra.local", "as", user, sys.executable, "-m", *command],
            cwd=ROOT,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=_STOPS,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    @property
    def shown(self) -> str:
        """All that it printed so far."""
        return self._shown.read_text(encoding="utf-8")

    @property
    def authority(self) -> Path:
        """Whom to believe, with TLS=1."""
        return self.data / "tls" / "ca.crt"

    def secrets(self) -> list[str]:
        """Every password that it made."""
        files = (path for path in (self.data / "secrets").rglob("*") if path.is_file())
        return [path.read_text(encoding="ascii") for path in files]

    def logs(self) -> str:
        """All that its programs wrote."""
        files = sorted((self.data / "logs").iterdir())
        return "\n".join(path.read_text(errors="replace") for path in files)


@contextmanager
def local_run(data: Path, **settings: str) -> Iterator[LocalRun]:
    """Entered when everything is ready; stopped in order at the end, or the test fails."""
    ports = dict(zip(DEFAULT_PORTS, free_ports(len(DEFAULT_PORTS)), strict=True))
    environment = _environment(ports) | {"AIRWAVE_DATA": str(data), **settings}
    shown = data.with_suffix(".shown")
    with shown.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "infra.local", "up"],
            cwd=ROOT,
            env=environment,
            start_new_session=True,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    run = LocalRun(data, ports, shown, environment)
    try:
        _wait_up(process, run)
        yield run
        process.send_signal(signal.SIGINT)
        assert process.wait(_STOPS) == 0, run.shown
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def _environment(ports: dict[str, int]) -> dict[str, str]:
    own = {name: word for name, word in os.environ.items() if not name.startswith(_OURS)}
    return own | {name: str(port) for name, port in ports.items()}


def _wait_up(process: "subprocess.Popen[bytes]", run: LocalRun) -> None:
    until = time.monotonic() + _STARTS
    while "Airwave runs: " not in run.shown:
        assert time.monotonic() < until, run.shown
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.1)
        assert process.poll() is None, run.shown
