"""Wall clocks that step under running processes, by libfaketime; their monotonic ones are true."""

import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from subprocess import Popen
from typing import Final

from infra.servers import Server
from infra.servers.program import Program

HOUR: Final = 3_600
_LIBRARIES: Final = "*/faketime/libfaketimeMT.so.1"
_SHARED: Final = Path("/dev/shm")  # noqa: S108 - where shm_open puts its names
_LEFT: Final = ("faketime_shm_{}", "sem.faketime_sem_{}")


def library() -> Path | None:
    """Where libfaketime is, if it is anywhere."""
    return next(iter(sorted(Path("/usr/lib").glob(_LIBRARIES))), None)


def missing() -> str:
    """Why no clock can be made to step here; empty where one can."""
    if not sys.platform.startswith("linux"):
        return "wall clocks that step take Linux"
    return "" if library() else "libfaketime is not installed: infra/local/bin/ensure-faketime"


@dataclass
class WallClock:
    """The wall clock of the processes that are started with `environment`.

    A program that reads its clock without the C library, as nats-server does, keeps the true one.
    """

    file: Path
    offset: int = field(default=0, init=False)
    """Seconds that it is off."""

    def __post_init__(self) -> None:
        self.set(0)

    @property
    def environment(self) -> dict[str, str]:
        """What a process is started with."""
        return {
            "LD_PRELOAD": str(library()),
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            # How long the library may take to see a step, in seconds.
            "FAKETIME_CACHE_DURATION": "1",
        }

    def set(self, offset: int) -> None:
        """Let it be so many seconds off."""
        self.offset = offset
        # In one go: the library reads it at any time.
        self.file.parent.mkdir(parents=True, exist_ok=True)
        written = self.file.with_suffix(".new")
        written.write_text(f"{offset:+d}\n")
        written.replace(self.file)


class Clocked(Server):
    """A server on a wall clock of ours, where it is given one; a base beside the server's own."""

    clock: WallClock | None = None

    @property
    def program(self) -> Program:
        """What is run."""
        program = super().program  # type: ignore[safe-super]
        if self.clock is None:
            return program
        return replace(program, environment={**program.environment, **self.clock.environment})

    def _reap(self, process: Popen[bytes]) -> int:
        status = super()._reap(process)
        if self.clock is not None:
            # The library leaves them behind: who makes them becomes the server by exec.
            for name in _LEFT:
                (_SHARED / name.format(process.pid)).unlink(missing_ok=True)
        return status
