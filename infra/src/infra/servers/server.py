"""A real server process on loopback, for tests and tools: started, asked until ready, ended."""

import contextlib
import os
import signal
import subprocess
import time
from abc import ABC, abstractmethod
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from infra.errors import (
    AlreadyRunsError,
    DiedError,
    InfraError,
    NotReadyError,
    NotReadyInTimeError,
    NotStartedError,
    StillRunsError,
)
from infra.servers.program import Program, ending, launch_command

_POLL = 0.02  # seconds between two questions to a process that is starting
_TAIL = 20  # lines of log shown with an error
# A service takes a second or two to import, and twenty where twenty others want the machine.
_START = timedelta(seconds=45)


class Server(ABC):
    """One server: its `program`, and its process once started.

    Used as a context manager it is started and ready inside the block, and gone after it. Blocking
    throughout: a start takes some 50 ms, so async tests call it directly. What it prints goes to
    `log_path`. Only processes started here are ever signalled.
    """

    def __init__(self, *, name: str, directory: Path) -> None:
        self.name = name
        self.directory = directory.resolve()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    @abstractmethod
    def program(self) -> Program:
        """What is run; the local run's supervisor takes it from here too."""

    @property
    def log_path(self) -> Path:
        """Everything that the process printed since the first start, standard error included."""
        return self.directory / f"{self.name}.log"

    @property
    def pid(self) -> int:
        """Of the running process.

        Raises:
            NotStartedError: it was not started, or was stopped.
        """
        return self._running().pid

    @property
    def running(self) -> bool:
        """Whether the process is there (which does not say that it is ready)."""
        return self._process is not None and self._process.poll() is None

    def log_tail(self, lines: int = _TAIL) -> list[str]:
        """The last ``lines`` that the process printed."""
        with contextlib.suppress(FileNotFoundError):
            return self.log_path.read_text(errors="replace").splitlines()[-lines:]
        return []

    def start(self, *, within: timedelta = _START) -> Self:
        """Start the process and wait until it is ready.

        Raises:
            DiedError: it ended instead; with the end of its log.
            NotReadyInTimeError: it is not ready ``within`` that time; it was ended again.
        """
        self.start_nowait()
        try:
            self.wait_ready(within=within)
        except InfraError:
            self.kill()
            raise
        return self

    def start_nowait(self) -> None:
        """Start the process.

        Raises:
            AlreadyRunsError: it does.
        """
        if self.running:
            raise AlreadyRunsError(self.name)
        self.directory.mkdir(parents=True, exist_ok=True)
        program = self.program
        program.prepare()
        with self.log_path.open("ab") as log:
            self._process = spawn(program, output=log)

    def wait_ready(self, *, within: timedelta = _START) -> None:
        """Wait until the readiness probe is content.

        Raises:
            DiedError: the process ended.
            NotReadyInTimeError: not ready ``within`` that time.
        """
        process, ready = self._running(), self.program.ready
        deadline = time.monotonic() + within.total_seconds()
        while True:
            if (status := process.poll()) is not None:
                raise DiedError(self.name, ending(status), self.log_tail())
            try:
                ready()
            except NotReadyError as error:
                if time.monotonic() > deadline:
                    raise NotReadyInTimeError(self.name, within, error) from error
                time.sleep(_POLL)
            else:
                return

    def stop(self) -> int:
        """End the process in the program's own order and give its exit status; -9 where it hung."""
        process = self._running()
        self.resume()  # a stopped process would not see the signals below
        for step in self.program.stop:
            _signal(process, step.signal)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(step.patience.total_seconds())
                break
        return self._reap(process)

    def kill(self) -> int:
        """End the process and whatever it started with SIGKILL."""
        return self._reap(self._running())

    def restart(self) -> Self:
        """Start it again on the same ports and data, after ending it if it still runs."""
        if self.running:
            self.stop()
        return self.start()

    def pause(self) -> None:
        """SIGSTOP: the process is there, its ports accept, and nothing answers."""
        _signal(self._running(), signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT: undo `pause`."""
        _signal(self._running(), signal.SIGCONT)

    def send(self, what: signal.Signals) -> None:
        """Send the process a signal and wait for nothing."""
        _signal(self._running(), what)

    def wait(self, *, within: timedelta = timedelta(seconds=20)) -> int:
        """Wait until the process ends by itself and give its exit status.

        Raises:
            StillRunsError: it does after that time.
        """
        process = self._running()
        try:
            process.wait(within.total_seconds())
        except subprocess.TimeoutExpired as error:
            raise StillRunsError(self.name, within) from error
        return self._reap(process)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._process is not None:
            self.stop()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise NotStartedError(self.name)
        return self._process

    def _reap(self, process: subprocess.Popen[bytes]) -> int:
        sweep(process.pid)
        status = process.wait()
        self._process = None
        return status


def sweep(group: int) -> None:
    """SIGKILL what is left of a group that we started: nginx's workers outlive its master."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def spawn(program: Program, *, output: IO[bytes] | int) -> subprocess.Popen[bytes]:
    """Start ``program`` in a session of its own; all that it prints goes to ``output``."""
    return subprocess.Popen(  # noqa: S603 - the command is ours
        launch_command(program),
        env=dict(program.environment),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,  # the terminal's Ctrl-C is for us, not for it
    )


def _signal(process: subprocess.Popen[bytes], what: signal.Signals) -> None:
    if process.poll() is None:
        process.send_signal(what)
