"""What the kernel says of processes and cores. Linux only."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

_TICK: Final = 1 / os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 0.01
_PROC: Final = Path("/proc")
# Fields of /proc/PID/stat after the command's name (proc(5)): session, utime, stime.
_SESSION, _UTIME, _STIME = 3, 11, 12


class CpuTime(NamedTuple):
    """Seconds of processor time."""

    user: float
    system: float

    @property
    def total(self) -> float:
        """Both."""
        return self.user + self.system

    def since(self, before: "CpuTime") -> "CpuTime":
        """What was added."""
        return CpuTime(self.user - before.user, self.system - before.system)


class CoreTime(NamedTuple):
    """Seconds that a core ran processes, served interrupts, and was idle."""

    processes: float
    interrupts: float
    idle: float

    @property
    def total(self) -> float:
        """All of it."""
        return self.processes + self.interrupts + self.idle

    def since(self, before: "CoreTime") -> "CoreTime":
        """What was added."""
        return CoreTime(
            self.processes - before.processes,
            self.interrupts - before.interrupts,
            self.idle - before.idle,
        )

    @property
    def busy_share(self) -> float:
        """The share that was not idle, 0 to 1."""
        return 1 - self.idle / self.total if self.total > 0 else 0.0

    def foreign_share(self, own: CpuTime) -> float:
        """The share that processes other than ``own`` had, 0 to 1."""
        return max(0.0, self.processes - own.total) / self.total if self.total > 0 else 0.0


def _fields(pid: int) -> list[str]:
    # The name stands in parentheses and may hold anything, parentheses included.
    return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()


def session_pids(leader: int) -> list[int]:
    """Every process of a session: a server and all that it started."""
    found = []
    for entry in _PROC.iterdir():
        if not entry.name.isdecimal():
            continue
        with suppress(FileNotFoundError, ProcessLookupError):
            if int(_fields(int(entry.name))[_SESSION]) == leader:
                found.append(int(entry.name))
    return found


def cpu_time(leader: int) -> CpuTime:
    """Processor time of a session's processes so far, in steps of a clock tick (10 ms)."""
    user = system = 0
    for pid in session_pids(leader):
        with suppress(FileNotFoundError, ProcessLookupError):
            fields = _fields(pid)
            user, system = user + int(fields[_UTIME]), system + int(fields[_STIME])
    return CpuTime(user * _TICK, system * _TICK)


def resident_bytes(leader: int) -> int:
    """Resident memory of a session's processes."""
    total = 0
    for pid in session_pids(leader):
        with suppress(FileNotFoundError, ProcessLookupError):
            pages = int((_PROC / str(pid) / "statm").read_text().split()[1])
            total += pages * os.sysconf("SC_PAGE_SIZE")
    return total


def core_time(core: int) -> CoreTime:
    """How long a core was busy and idle since the machine started."""
    for line in (_PROC / "stat").read_text().splitlines():
        name, *numbers = line.split()
        if name == f"cpu{core}":
            # user nice system idle iowait irq softirq steal
            ticks = [int(number) * _TICK for number in numbers[:8]]
            idle, interrupts = ticks[3] + ticks[4], ticks[5] + ticks[6]
            return CoreTime(sum(ticks) - idle - interrupts, interrupts, idle)
    raise ValueError(core)
