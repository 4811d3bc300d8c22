"""One started process: what it prints, and how it ends."""

import asyncio
import contextlib
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from typing import IO

from infra.servers.program import Program
from infra.servers.server import spawn, sweep

_LONGEST_LINE = 16 * 1024
_READER_PATIENCE = 2.0  # seconds, for the last lines of a process that has ended


class Child:
    """``ended`` gets the exit status, as `subprocess` gives it, after the last line was handed on.

    Two threads wait for it, one for its output and one for its end: asyncio's own subprocesses
    take a process for running as long as anything that it started holds its output open.
    ``on_line`` is called on a thread.
    """

    def __init__(self, program: Program, on_line: Callable[[str], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._on_line = on_line
        self.ended: asyncio.Future[int] = self._loop.create_future()
        self._process = spawn(program, output=subprocess.PIPE)
        self._reader = threading.Thread(target=self._read, name=program.name, daemon=True)
        self._reader.start()
        threading.Thread(target=self._wait, name=f"{program.name}-end", daemon=True).start()

    @property
    def pid(self) -> int:
        """Of the process, which is also the number of its group."""
        return self._process.pid

    def send(self, what: signal.Signals) -> None:
        """Send it a signal; nothing happens where it has ended."""
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(what)

    def kill(self) -> None:
        """End it, and all that it started, at once."""
        if self._process.returncode is None:
            sweep(self.pid)

    def _wait(self) -> None:
        status = self._process.wait()
        sweep(self.pid)  # nginx's workers would keep its port
        self._reader.join(_READER_PATIENCE)
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(self._end, status)

    def _end(self, status: int) -> None:
        if not self.ended.done():
            self.ended.set_result(status)

    def _read(self) -> None:
        output = self._process.stdout
        assert output is not None  # noqa: S101 - asked for above; tells the type checker
        with output:
            for line in _lines(output):
                self._on_line(line)


def _lines(output: IO[bytes]) -> Iterator[str]:
    while line := output.readline(_LONGEST_LINE):
        yield line.decode(errors="replace").rstrip("\r\n")
