"""What is counted between two points of a program: instructions, or CPU time where they can't be.

A meter doesn't know what it measures: the workload calls `begin` and `end` around each window, and
whoever started the process puts figures and windows together again by their order.
"""

import os
import subprocess
import time
from collections.abc import Sequence
from typing import Final, Protocol

BEGIN: Final = "getpgrp"
END: Final = "getppid"
"""Calls into libc that nothing else here makes: callgrind is told to count between the two."""


class CallgrindUnreachableError(RuntimeError):
    """Callgrind did not take the order to begin."""

    def __init__(self, status: int) -> None:
        self.status = status
        super().__init__(f"vgdb ended with {status}")


class Meter(Protocol):
    """Counts between `begin` and `end`."""

    @property
    def figures(self) -> Sequence[int]:
        """What was counted, window after window, as far as it is known here."""
        ...

    def start(self) -> None:
        """Make ready, once, after everything was imported and connected."""

    def begin(self) -> None:
        """Count from now on."""

    def end(self) -> None:
        """Count no more, and keep the figure."""


class InstructionMeter:
    """Gives callgrind its marks, under which this process runs; the figures are in its files."""

    figures: Sequence[int] = ()

    def start(self) -> None:
        """Have callgrind count from now on: counting, imports took six times as long."""
        order = ["vgdb", f"--pid={os.getpid()}", "instrumentation", "on"]
        asked = subprocess.Popen(  # noqa: S603 - comes with valgrind
            order, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        # A process that waits in the kernel would have to be woken by ptrace, which containers
        # may forbid; one that is busy sees the order by itself.
        while (status := asked.poll()) is None:
            pass
        if status != 0:
            raise CallgrindUnreachableError(status)

    def begin(self) -> None:
        """Set callgrind's counters to zero."""
        os.getpgrp()

    def end(self) -> None:
        """Have callgrind write its counters into its next file."""
        os.getppid()


class ClockMeter:
    """Takes this process's CPU time in nanoseconds, the kernel's included."""

    def __init__(self) -> None:
        self.figures: list[int] = []
        self._began = 0

    def start(self) -> None:
        """Nothing to make ready."""

    def begin(self) -> None:
        """Look at the clock."""
        self._began = time.process_time_ns()

    def end(self) -> None:
        """Look again."""
        self.figures.append(time.process_time_ns() - self._began)
