"""Runs the workload, under callgrind where there is one, and makes costs of what was counted."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from systemtests.cost.meter import BEGIN, END

CLOCK_ROUNDS: Final = 15
"""Of each window the shortest counts: what else the machine does only adds to it."""
_SUMMARY = re.compile(r"^summary: (\d+)$", re.MULTILINE)
_WORKLOAD: Final = [sys.executable, "-m", "systemtests.cost.workload"]
_TIMEOUT_SECONDS: Final = 600.0


class Unit(StrEnum):
    """What costs are counted in."""

    INSTRUCTIONS = "instructions"
    """User-space instructions, by callgrind."""
    NANOSECONDS = "nanoseconds"
    """CPU time, over transports without a socket."""


class CountingError(RuntimeError):
    """The workload could not be counted; ``said`` is the end of what it wrote."""

    def __init__(self, said: str) -> None:
        self.said = said[-2_000:]
        super().__init__(f"the workload could not be counted: {self.said}")


class NotCountedError(CountingError):
    """Callgrind's file of one window holds no figure."""

    def __init__(self, name: str) -> None:
        super().__init__(f"callgrind left no summary in {name}")


@dataclass(frozen=True, slots=True)
class Cost:
    """What one operation takes, ours and the plain code's, in one unit."""

    ours: float
    plain: float

    @property
    def ratio(self) -> float:
        """How many times the plain code's."""
        return self.ours / self.plain


def best_unit() -> Unit:
    """Instructions where there is a valgrind, else the clock."""
    can_count = shutil.which("valgrind") is not None and shutil.which("vgdb") is not None
    return Unit.INSTRUCTIONS if can_count else Unit.NANOSECONDS


def count(unit: Unit, *, seeds: Sequence[str] = ()) -> dict[str, Cost]:
    """The cost of every path by name, seeded ones included.

    Raises:
        CountingError: the workload failed, or was not counted.
    """
    seeded = [f"--seed={seed}" for seed in seeds]
    if unit is Unit.NANOSECONDS:
        said = _run([*_WORKLOAD, "--clock", f"--rounds={CLOCK_ROUNDS}", *seeded])
        return costs(said["windows"], said["figures"])
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        said = _run([*_callgrind(out), *_WORKLOAD, *seeded])
        files = sorted(out.parent.glob("out.*"), key=lambda file: int(file.suffix[1:]))
        figures = [_counted(file) for file in files]
    return costs(said["windows"], figures)


def typical(counts: Sequence[Mapping[str, Cost]]) -> dict[str, Cost]:
    """Of several counts, the one with the median ratio, for each path."""
    return {
        path: sorted((each[path] for each in counts), key=lambda cost: cost.ratio)[len(counts) // 2]
        for path in counts[0]
    }


def costs(windows: Sequence[Sequence[Any]], figures: Sequence[int]) -> dict[str, Cost]:
    """Slopes between the two sizes of each side of each path; of several rounds the least.

    Raises:
        ValueError: there are more figures than windows, or fewer: something else made a mark.
    """
    least: dict[tuple[str, str, int], int] = {}
    for (path, side, operations), figure in zip(windows, figures, strict=True):
        key = (path, side, operations)
        least[key] = min(figure, least.get(key, figure))
    sizes: defaultdict[str, dict[str, list[tuple[int, int]]]] = defaultdict(dict)
    for (path, side, operations), figure in sorted(least.items()):
        sizes[path].setdefault(side, []).append((operations, figure))
    return {path: Cost(**_slopes(sides)) for path, sides in sizes.items()}


def _slopes(sides: Mapping[str, Sequence[tuple[int, int]]]) -> dict[str, float]:
    return {
        side: (large - small) / (many - few)
        for side, ((few, small), (many, large)) in sides.items()
    }


def _callgrind(out: Path) -> list[str]:
    return [
        "valgrind",
        "--quiet",
        "--tool=callgrind",
        "--instr-atstart=no",
        f"--callgrind-out-file={out}",
        f"--zero-before={BEGIN}",
        f"--dump-before={END}",
    ]


def _run(command: Sequence[str]) -> dict[str, Any]:
    # A hash seed of its own would give every run other collisions in dictionaries.
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    done = subprocess.run(  # noqa: S603 - our own module
        command,
        check=False,
        capture_output=True,
        text=True,
        env=environment,
        timeout=_TIMEOUT_SECONDS,
    )
    if done.returncode != 0:
        raise CountingError(done.stderr)
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def _counted(file: Path) -> int:
    found = _SUMMARY.search(file.read_text())
    if found is None:
        raise NotCountedError(file.name)
    return int(found[1])
