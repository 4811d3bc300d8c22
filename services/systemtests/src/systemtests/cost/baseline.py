"""What each path was last allowed to cost, beside the code so that a change of it is reviewed."""

import platform
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from systemtests.cost.counting import Cost, Unit

FILE: Final = Path(__file__).with_name("baseline.toml")
_HEAD: Final = """\
# Written by `python -m systemtests.cost --update`; the commit says why a figure moved.
# What an operation takes as a multiple of what the plain code beside it takes (plain.py).
"""


def load(unit: Unit, file: Path = FILE) -> dict[str, float]:
    """Ratios by path; empty if nothing was ever measured in this unit."""
    if not file.exists():
        return {}
    ratios: dict[str, float] = tomllib.loads(file.read_text()).get(unit.value, {})
    return ratios


def save(counted: Mapping[Unit, Mapping[str, Cost]], file: Path = FILE) -> None:
    """Write what was counted, and keep what is there of units that were not."""
    sections = []
    for unit in Unit:
        if unit in counted:
            lines = [_line(path, cost, unit) for path, cost in sorted(counted[unit].items())]
            lines.insert(0, f"# {platform.machine()}, Python {platform.python_version()}")
        else:
            lines = [f'"{path}" = {ratio}' for path, ratio in load(unit, file).items()]
        sections.append("\n".join([f"[{unit.value}]", *lines]))
    file.write_text("\n\n".join([_HEAD.rstrip(), *sections]) + "\n")


def _line(path: str, cost: Cost, unit: Unit) -> str:
    return f'"{path}" = {cost.ratio:.3f} # {cost.ours:.0f} to {cost.plain:.0f} {unit.value}'
