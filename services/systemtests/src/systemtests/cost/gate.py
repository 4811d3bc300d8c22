"""The verdict: no path may cost more than its baseline and the tolerance. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from systemtests.cost.counting import Cost, Unit

TOLERANCE: Final[Mapping[Unit, float]] = {Unit.INSTRUCTIONS: 0.15, Unit.NANOSECONDS: 0.5}
"""By how much a cost may pass its baseline: the promise where it is repeatable (decision 0010);
where it isn't, three times what was seen to come and go by itself."""


@dataclass(frozen=True, slots=True)
class Breach:
    """A path that may not stay as it is, and why."""

    path: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


def breaches(
    counted: Mapping[str, Cost], baseline: Mapping[str, float], *, tolerance: float
) -> list[Breach]:
    """Paths that grew by more than the tolerance, have no baseline, or were not counted."""
    found = [
        Breach(path, _grown(cost, baseline[path], tolerance))
        for path, cost in sorted(counted.items())
        if path in baseline and cost.ratio > baseline[path] * (1 + tolerance)
    ]
    found += [Breach(path, "has no baseline") for path in sorted(counted.keys() - baseline.keys())]
    found += [Breach(path, "was not counted") for path in sorted(baseline.keys() - counted.keys())]
    return found


def growth(cost: Cost, baseline: float) -> float:
    """By which part a cost is above its baseline; negative if below."""
    return cost.ratio / baseline - 1


def explain(found: list[Breach], unit: Unit) -> str:
    """What to tell whoever caused it."""
    return "\n".join(
        [
            f"the user-space cost of {len(found)} path(s) is not what was agreed ({unit.value}):",
            *(f"  {breach}" for breach in found),
            "Find what was added: make cost shows all paths. If it is worth its price, take it for",
            "the new baseline with .venv/bin/python -m systemtests.cost --update, and say in the",
            "commit what is bought with it.",
        ]
    )


def _grown(cost: Cost, baseline: float, tolerance: float) -> str:
    return (
        f"costs {growth(cost, baseline):+.1%} against its baseline, {tolerance:.0%} are allowed "
        f"({cost.ours:.0f} per operation, {cost.ratio:.3f} times the plain code's "
        f"{cost.plain:.0f}; the baseline is {baseline:.3f} times)"
    )
