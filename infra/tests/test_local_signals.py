"""What signals do to a supervisor; tried on one in a process of its own."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Self

import pytest

from infra.local.identity import identity
from infra.testing import wait_until

DRIVER = Path(__file__).parent / "programs" / "driver.py"


class Driver:
    """A supervisor in a process of its own, with two programs that run."""

    def __init__(self, folder: Path, *mood: str) -> None:
        self.process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, DRIVER, folder, *mood],
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.pids: list[int] = []
        self.read_until("up")

    def read_until(self, text: str) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if "started" in line:
                self.pids.append(int(line.split()[-1]))
            if text in line:
                return
        pytest.fail(f"it never said {text!r}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.process.wait()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_everything_in_order_and_well(tmp_path: Path, number: signal.Signals) -> None:
    with Driver(tmp_path) as driver:
        driver.process.send_signal(number)
        assert driver.process.wait(20) == 0
        assert (tmp_path / "journal").read_text().splitlines()[2:] == ["one ends", "two ends"]
        assert not any(map(identity, driver.pids))


def test_a_second_interrupt_kills_at_once_but_not_one_that_came_twice(tmp_path: Path) -> None:
    with Driver(tmp_path, "stubborn") as driver:
        driver.process.send_signal(signal.SIGINT)
        driver.process.send_signal(signal.SIGINT)
        driver.read_until("stopping; Ctrl-C again kills at once")
        with pytest.raises(subprocess.TimeoutExpired):
            driver.process.wait(0.7)
        driver.process.send_signal(signal.SIGINT)
        assert driver.process.wait(20) == 0
        assert not any(map(identity, driver.pids))


def test_a_second_term_does_not_hurry(tmp_path: Path) -> None:
    with Driver(tmp_path, "stubborn") as driver:
        driver.process.send_signal(signal.SIGTERM)
        driver.read_until("stopping")
        driver.process.send_signal(signal.SIGTERM)
        with pytest.raises(subprocess.TimeoutExpired):
            driver.process.wait(0.7)
        for pid in driver.pids:
            os.kill(pid, signal.SIGKILL)
        assert driver.process.wait(20) == 0


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="PR_SET_PDEATHSIG is Linux's")
async def test_a_supervisor_that_is_killed_takes_its_programs_along(tmp_path: Path) -> None:
    with Driver(tmp_path) as driver:
        assert all(map(identity, driver.pids))
        driver.process.kill()
        await wait_until(lambda: not any(map(identity, driver.pids)))
