"""The feed's events, decoded into a closed set of types."""

import json
from dataclasses import dataclass

from crowd.position import Position, parse_position
from crowd.sse import Event


@dataclass(frozen=True, slots=True)
class Hello:
    """The first event of every connection."""

    position: Position
    resumed: bool
    heartbeat: float


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The latest of each sensor as of ``position``: ``names``, and ``times`` in Unix seconds."""

    position: Position
    names: tuple[str, ...] = ()
    times: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Readings:
    """``times`` are those of the readings (Unix seconds); ``position`` the last one's."""

    position: Position
    times: tuple[float, ...]
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GapTold:
    """Offsets ``first`` to ``last`` are lost to this client, and it is told so."""

    position: Position
    first: int
    last: int
    reason: str


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Nothing happened up to ``position``."""

    position: Position


@dataclass(frozen=True, slots=True)
class Status:
    """Whether the broker answers."""

    upstream: str


@dataclass(frozen=True, slots=True)
class Farewell:
    """``drain`` or ``busy``: the stream ends, come back after ``reconnect_in`` seconds."""

    type: str
    reconnect_in: float


Told = Hello | Snapshot | Readings | GapTold | Heartbeat | Status | Farewell


class NotOfTheFeedError(ValueError):
    """An event that the wire contract does not have, or not in this form."""


def decode(event: Event) -> Told:
    """Read an event of ``GET /readings``.

    Raises:
        NotOfTheFeedError: the contract is broken.
    """
    try:
        return _decode(event)
    except (KeyError, TypeError, ValueError) as error:
        detail = f"{event.type}: {event.data[:80]}"
        raise NotOfTheFeedError(detail) from error


def _decode(event: Event) -> Told:  # noqa: PLR0911 - one for each event of the contract
    data = json.loads(event.data)
    match event.type:
        case "hello":
            return Hello(parse_position(event.id), data["resumed"], data["heartbeat"])
        case "readings":
            times = tuple(record["t"] for record in data)
            return Readings(parse_position(event.id), times, tuple(record["n"] for record in data))
        case "gap":
            at = parse_position(event.id)
            return GapTold(at, data["from"], data["to"], data["reason"])
        case "snapshot":
            names = tuple(record["n"] for record in data)
            return Snapshot(parse_position(event.id), names, tuple(r["t"] for r in data))
        case "heartbeat":
            return Heartbeat(parse_position(event.id))
        case "status":
            return Status(data["upstream"])
        case "drain" | "busy":
            return Farewell(event.type, data["reconnect_in_ms"] / 1000)
        case _:
            raise KeyError(event.type)
