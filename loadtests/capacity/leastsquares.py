"""Weighted least squares with coefficients that are not negative, and what they are uncertain by.

A cost is never negative: a column whose coefficient comes out so is left out and the rest is fitted
anew (an active set, as in Lawson and Hanson's NNLS, in its simplest form). Pure.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self


class Estimate(NamedTuple):
    """A value and one standard error."""

    value: float
    error: float


class TooFewPointsError(ValueError):
    """There are not more points than coefficients."""


@dataclass(frozen=True, slots=True)
class Fit:
    """``value = sum of coefficient * column``; ``covariance`` in the order of ``names``."""

    names: tuple[str, ...]
    coefficients: tuple[float, ...]
    covariance: tuple[tuple[float, ...], ...]
    points: int
    scatter: float
    """How far points lie from the fit, in units of what each was expected to; 1 is as expected."""

    def cost(self, name: str) -> Estimate:
        """One coefficient; 0 for a column that costs nothing that could be measured."""
        if name not in self.names:
            return Estimate(0.0, 0.0)
        at = self.names.index(name)
        return Estimate(self.coefficients[at], math.sqrt(self.covariance[at][at]))

    def predict(self, row: Mapping[str, float]) -> Estimate:
        """The value at ``row``, with the uncertainty of the coefficients together."""
        x = [row.get(name, 0.0) for name in self.names]
        value = math.fsum(c * v for c, v in zip(self.coefficients, x, strict=True))
        variance = math.fsum(
            a * b * self.covariance[i][j] for i, a in enumerate(x) for j, b in enumerate(x)
        )
        return Estimate(value, math.sqrt(max(0.0, variance)))

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "names": list(self.names),
            "coefficients": list(self.coefficients),
            "covariance": [list(row) for row in self.covariance],
            "points": self.points,
            "scatter": self.scatter,
        }

    @classmethod
    def restored(cls, plain: Mapping[str, Any]) -> Self:
        """From what `plain` gave."""
        return cls(
            names=tuple(plain["names"]),
            coefficients=tuple(plain["coefficients"]),
            covariance=tuple(tuple(row) for row in plain["covariance"]),
            points=plain["points"],
            scatter=plain["scatter"],
        )


def fit(
    rows: Sequence[Mapping[str, float]], values: Sequence[float], expected: Sequence[float]
) -> Fit:
    """Fit ``values`` by the columns of ``rows``; each value is good to ``expected``.

    Raises:
        TooFewPointsError: there are not more points than columns.
    """
    names = sorted({name for row in rows for name in row})
    while True:
        found = _solve(names, rows, values, expected)
        worst = min(range(len(names)), key=lambda n: found.coefficients[n], default=None)
        if worst is None or found.coefficients[worst] >= 0:
            return found
        names.pop(worst)


def _solve(
    names: Sequence[str],
    rows: Sequence[Mapping[str, float]],
    values: Sequence[float],
    expected: Sequence[float],
) -> Fit:
    if len(rows) <= len(names):
        detail = f"{len(rows)} points for {len(names)} coefficients"
        raise TooFewPointsError(detail)
    # Columns are of very different sizes (bytes beside ones): each is scaled to its largest.
    scales = [max(abs(row.get(name, 0.0)) for row in rows) or 1.0 for name in names]
    weighted = [
        [row.get(name, 0.0) / scale / sigma for name, scale in zip(names, scales, strict=True)]
        for row, sigma in zip(rows, expected, strict=True)
    ]
    wanted = [value / sigma for value, sigma in zip(values, expected, strict=True)]
    normal = [
        [math.fsum(w[i] * w[j] for w in weighted) for j in range(len(names))]
        for i in range(len(names))
    ]
    right = [
        math.fsum(w[i] * y for w, y in zip(weighted, wanted, strict=True))
        for i in range(len(names))
    ]
    inverse = _inverse(normal)
    solved = [math.fsum(a * b for a, b in zip(line, right, strict=True)) for line in inverse]
    rest = math.fsum(
        (y - math.fsum(a * b for a, b in zip(w, solved, strict=True))) ** 2
        for w, y in zip(weighted, wanted, strict=True)
    )
    scatter = rest / (len(rows) - len(names))
    # Points that lie closer than expected are no reason to trust them more than was expected.
    inflated = max(1.0, scatter)
    return Fit(
        names=tuple(names),
        coefficients=tuple(c / s for c, s in zip(solved, scales, strict=True)),
        covariance=tuple(
            tuple(inverse[i][j] * inflated / scales[i] / scales[j] for j in range(len(names)))
            for i in range(len(names))
        ),
        points=len(rows),
        scatter=math.sqrt(scatter),
    )


def _inverse(matrix: Sequence[Sequence[float]]) -> list[list[float]]:
    """Gauss-Jordan with the largest pivot.

    Raises:
        TooFewPointsError: the columns can't be told apart by these points.
    """
    size = len(matrix)
    work = [[*row, *(float(i == j) for j in range(size))] for i, row in enumerate(matrix)]
    for at in range(size):
        best = max(range(at, size), key=lambda row: abs(work[row][at]))
        if abs(work[best][at]) < 1e-12:  # noqa: PLR2004 - columns are scaled to 1
            message = "these points don't tell the columns apart"
            raise TooFewPointsError(message)
        work[at], work[best] = work[best], work[at]
        pivot = work[at][at]
        work[at] = [value / pivot for value in work[at]]
        for row in range(size):
            if row != at and (factor := work[row][at]):
                work[row] = [a - factor * b for a, b in zip(work[row], work[at], strict=True)]
    return [row[size:] for row in work]
