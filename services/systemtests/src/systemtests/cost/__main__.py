"""``python -m systemtests.cost``: what each path costs in user space, against its baseline."""

import argparse
import sys
from collections.abc import Mapping
from typing import Final

from systemtests.cost import baseline
from systemtests.cost.counting import Cost, Unit, best_unit, count, typical
from systemtests.cost.gate import TOLERANCE, breaches, explain, growth

CLOCK_COUNTS: Final = 3
"""The clock's figures come and go: of so many, the median becomes the baseline."""


def main() -> int:
    """Count, and compare or update."""
    parser = argparse.ArgumentParser(prog="python -m systemtests.cost", description=__doc__)
    parser.add_argument("--update", action="store_true", help="make what is counted the baseline")
    parser.add_argument("--clock", action="store_true", help="go by CPU time, as without valgrind")
    given = parser.parse_args()
    unit = Unit.NANOSECONDS if given.clock else best_unit()
    if given.update:
        return _update(unit)
    counted, agreed = count(unit), baseline.load(unit)
    _print(counted, agreed, unit)
    found = breaches(counted, agreed, tolerance=TOLERANCE[unit])
    if found:
        print(explain(found, unit), file=sys.stderr)  # noqa: T201
    return 1 if found else 0


def _update(unit: Unit) -> int:
    counted = {Unit.NANOSECONDS: typical([count(Unit.NANOSECONDS) for _ in range(CLOCK_COUNTS)])}
    if unit is Unit.INSTRUCTIONS:
        counted[unit] = count(unit)
    baseline.save(counted)
    print(f"wrote {baseline.FILE.name}; the commit should say why it moved")  # noqa: T201
    return 0


def _print(counted: Mapping[str, Cost], agreed: Mapping[str, float], unit: Unit) -> None:
    tolerance = f"{TOLERANCE[unit]:.0%} more is allowed"
    print(f"per operation, {unit.value}; {tolerance}")  # noqa: T201
    print(f"{'path':<14} {'ours':>8} {'plain':>8} {'times':>7} {'baseline':>9}")  # noqa: T201
    for path, cost in sorted(counted.items()):
        figures = f"{path:<14} {cost.ours:8.0f} {cost.plain:8.0f} {cost.ratio:7.3f}"
        if path in agreed:
            figures += f" {agreed[path]:9.3f} {growth(cost, agreed[path]):+7.1%}"
        print(figures)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
