"""Whether a process is the one that was meant: numbers are used again, start times are not."""

import subprocess
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
_STATE, _START = 0, 19  # fields 3 and 22 of proc(5) stat, counted from after the name


def identity(pid: int) -> str | None:
    """When process ``pid`` started, in words of this system; None where it does not run."""
    if (_PROC / "self" / "stat").exists():
        return _linux(pid)
    return _elsewhere(pid)


def _linux(pid: int) -> str | None:
    try:
        stat = (_PROC / str(pid) / "stat").read_text(errors="replace")
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()  # the name before it may contain anything
    return None if fields[_STATE] in "ZX" else fields[_START]


def _elsewhere(pid: int) -> str | None:
    said = subprocess.run(  # noqa: S603 - fixed command, a number as its argument
        ["/bin/ps", "-o", "stat=,lstart=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
    )
    state, _, started = said.stdout.strip().partition(" ")
    return None if not state or state.startswith("Z") else started.strip()
