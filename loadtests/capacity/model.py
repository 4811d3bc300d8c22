"""What was fitted: costs of feed, chat and edge, their knees, and where that was."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Self

from capacity.leastsquares import Estimate, Fit, fit
from capacity.points import Point

SERVICES: Final = ("feed", "chat", "edge")
_PAGE_BYTES: Final = 256 * 1024
"""How well a resident set is known: allocators take memory in pieces of this size."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KneeShare:
    """``share`` of a core at the knee, assumed where ``limited``; ``seen``: kept up with."""

    share: float
    seen: float
    limited: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """``cpu``: seconds per second; ``memory``: bytes; ``knee``: share of a core at which it ends.

    ``knee_seen``: the share at the last step that it kept up with. With ``knee_limited`` the
    generator ended first, and ``knee`` is an assumption.

    ``checked``: predicted and measured processor time at a size that was not fitted on.
    """

    name: str
    cpu: Fit
    memory: Fit
    knee: float
    knee_limited: bool
    knee_seen: float
    checked: tuple[float, float]

    @property
    def check_error(self) -> float:
        """How far the prediction was off, as a share of what was measured."""
        predicted, measured = self.checked
        return abs(predicted - measured) / measured if measured else 1.0

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "name": self.name,
            "cpu": self.cpu.plain(),
            "memory": self.memory.plain(),
            "knee": self.knee,
            "knee_limited": self.knee_limited,
            "knee_seen": self.knee_seen,
            "checked": list(self.checked),
        }

    @classmethod
    def restored(cls, plain: Mapping[str, Any]) -> Self:
        """From what `plain` gave."""
        return cls(
            name=plain["name"],
            cpu=Fit.restored(plain["cpu"]),
            memory=Fit.restored(plain["memory"]),
            knee=plain["knee"],
            knee_limited=plain["knee_limited"],
            knee_seen=plain["knee_seen"],
            checked=(plain["checked"][0], plain["checked"][1]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """Bytes on the wire: of an event before its readings, of a reading, of a chat frame.

    ``gzip``: what is left of a stream's bytes when it is compressed, as a share.
    """

    event: float
    reading: float
    frame: float
    gzip: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """Everything that sizing needs."""

    machine: str
    measured: str
    services: Mapping[str, Service]
    sizes: Sizes
    points: Sequence[Mapping[str, Any]]

    def save(self, path: Path) -> None:
        """Write it as JSON."""
        plain = {
            "machine": self.machine,
            "measured": self.measured,
            "services": {name: service.plain() for name, service in self.services.items()},
            "sizes": asdict(self.sizes),
            "points": list(self.points),
        }
        path.write_text(json.dumps(plain, indent=1) + "\n", encoding="utf-8")


def load_model(path: Path) -> Model:
    """Read what `Model.save` wrote."""
    plain = json.loads(path.read_text(encoding="utf-8"))
    return Model(
        machine=plain["machine"],
        measured=plain["measured"],
        services={name: Service.restored(one) for name, one in plain["services"].items()},
        sizes=Sizes(**plain["sizes"]),
        points=plain["points"],
    )


def fit_service(name: str, points: Sequence[Point], *, check: Point, knee: KneeShare) -> Service:
    """Fit a service's costs, and hold the fit against a point that it has not seen."""
    cpu = fit([p.row for p in points], [p.cpu for p in points], [p.expected for p in points])
    memory = fit(
        [{"base": 1.0, "connection": float(p.connections)} for p in points if not p.posts],
        [float(p.resident) for p in points if not p.posts],
        [float(_PAGE_BYTES) for p in points if not p.posts],
    )
    predicted: Estimate = cpu.predict(check.row)
    return Service(
        name=name,
        cpu=cpu,
        memory=memory,
        knee=knee.share,
        knee_limited=knee.limited,
        knee_seen=knee.seen,
        checked=(predicted.value, check.cpu),
    )
