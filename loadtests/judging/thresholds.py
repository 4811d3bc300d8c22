"""What a run has to hold, as the file of thresholds has it."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

_TAIL: Final = 90
_KNOWN: Final = {"times", "failures", "generator", "shapes", "soak"}


class BadThresholdsError(ValueError):
    """The file says something that means nothing here."""


@dataclass(frozen=True, slots=True)
class Limit:
    """``percent`` of a line's times are at most so many seconds."""

    line: str
    percent: float
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """``failures``: by type, the share of connections that may go wrong."""

    limits: tuple[Limit, ...]
    failures: Mapping[str, float]
    late_share: float
    cpu_share: float

    def late_limit(self, lines: frozenset[str]) -> float:
        """How late the generator may be (p99, seconds), as to what happened on ``lines``."""
        tails = [
            limit.seconds for limit in self.limits if limit.line in lines and limit.percent > _TAIL
        ]
        return self.late_share * min(tails, default=1.0)


def load(path: str | Path, shape: str = "") -> Thresholds:
    """Read the file, with what it has for a shape in the place of what holds for all.

    Raises:
        BadThresholdsError: it isn't there, is no TOML, or has what nobody asks for.
    """
    try:
        told = tomllib.loads(Path(path).read_text(encoding="utf-8"))
        return _read(told, shape)
    except (
        OSError,
        tomllib.TOMLDecodeError,
        KeyError,
        ValueError,
        TypeError,
        AttributeError,
    ) as error:
        detail = f"{path}: {error!r}"
        raise BadThresholdsError(detail) from error


def _read(told: Mapping[str, Any], shape: str) -> Thresholds:
    if unknown := told.keys() - _KNOWN:
        message = f"unknown: {', '.join(sorted(unknown))}"
        raise ValueError(message)
    own = told.get("shapes", {}).get(shape, {})
    times = {**told.get("times", {}), **own.get("times", {})}
    failures = {**told.get("failures", {}), **own.get("failures", {})}
    generator = {**told["generator"], **own.get("generator", {})}
    return Thresholds(
        limits=tuple(
            Limit(line, float(percent.removeprefix("p")), float(ms) / 1000)
            for line, limits in times.items()
            for percent, ms in limits.items()
        ),
        failures={kind: float(share) for kind, share in failures.items()},
        late_share=float(generator["late"]),
        cpu_share=float(generator["cpu"]),
    )
