"""What came of fuzzing one target, read from what libFuzzer wrote and left behind."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_PROGRESS: Final = re.compile(r"^#(\d+)\s+\w+\s+cov: (\d+) ft: (\d+) corp: (\d+)/", re.MULTILINE)
_EXECUTED: Final = re.compile(r"^stat::number_of_executed_units:\s+(\d+)", re.MULTILINE)
_RAISED: Final = re.compile(r"=== Uncaught Python exception: ===\n(.+)")
_ENDED: Final = re.compile(r"ERROR: libFuzzer: (.+)")
_SHOWN: Final = 400
LEFT: Final = ("crash-*", "timeout-*", "oom-*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """``edges``: branches that were taken; ``features``: how often, too; ``corpus``: inputs kept.

    ``broken``: what was found, nothing if all held; ``input``: the file that shows it.
    """

    target: str
    executions: int
    edges: int
    features: int
    corpus: int
    cpu_seconds: float
    broken: str = ""
    input: Path | None = None

    @property
    def row(self) -> str:
        """One line of a table."""
        counts = (
            f"{self.executions:>11,} {self.edges:>7,} {self.corpus:>7,} {self.cpu_seconds:>8.1f}"
        )
        return f"{self.target:<24} {counts}  {self.broken or 'holds'}"


HEADING: Final = f"{'target':<24} {'executions':>11} {'edges':>7} {'corpus':>7} {'CPU s':>8}"


def read_outcome(target: str, folder: Path, *, status: int, cpu_seconds: float) -> Outcome:
    """Read what is in a target's ``folder`` after its process ended with ``status``."""
    log = (folder / "log").read_text(encoding="utf-8", errors="replace")
    progress = _PROGRESS.findall(log)
    last = [int(number) for number in progress[-1]] if progress else [0, 0, 0, 0]
    executed = _EXECUTED.search(log)
    inputs = sorted(path for pattern in LEFT for path in folder.glob(pattern))
    return Outcome(
        target=target,
        executions=int(executed[1]) if executed else last[0],
        edges=last[1],
        features=last[2],
        corpus=last[3],
        cpu_seconds=cpu_seconds,
        broken=_broken(log, status) if status or inputs else "",
        input=inputs[0] if inputs else None,
    )


def _broken(log: str, status: int) -> str:
    for pattern in (_RAISED, _ENDED):
        if found := pattern.search(log):
            return found[1].strip()[:_SHOWN]
    return f"ended with status {status}"
