"""The timeouts file as typed values; `infra.edge.rules` says which of them fit together."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final, TypeVar, get_type_hints

from infra.errors import InfraError
from infra.repository import INFRA

PATH: Final = INFRA / "edge" / "timeouts.toml"
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Heartbeat:
    """How often a stream with nothing to say proves that it lives."""

    default: timedelta
    longest: timedelta


@dataclass(frozen=True, kw_only=True)
class WebSocket:
    """How a vanished WebSocket peer is noticed."""

    ping_interval: timedelta
    ping_timeout: timedelta


@dataclass(frozen=True, kw_only=True)
class Edge:
    """What every proxy in front of the services is told."""

    idle: timedelta
    send: timedelta
    client_header: timedelta
    client_body: timedelta
    client_keepalive: timedelta
    connect: timedelta
    response: timedelta
    upstream_keepalive: timedelta


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How large a request may be, and how much one address or one service may have open."""

    header_bytes: int
    body_bytes: int
    connections_per_address: int
    requests_per_second: int
    request_burst: int
    upstream_connections: int


@dataclass(frozen=True, kw_only=True)
class Retry:
    """The range of the random delay that the edge asks of clients it sends away."""

    shortest_ms: int
    longest_ms: int


@dataclass(frozen=True, kw_only=True)
class Age:
    """How long a connection may be open, so that replicas that were added fill up."""

    connection: timedelta
    jitter_percent: int


@dataclass(frozen=True, kw_only=True)
class Probe:
    """How often a cluster asks a pod, and how many failures in a row it takes at their word."""

    startup_period: timedelta
    startup_failures: int
    live_period: timedelta
    live_failures: int
    ready_period: timedelta
    ready_failures: int


@dataclass(frozen=True, kw_only=True)
class Drain:
    """How a replica, or the edge itself, leaves."""

    pre_stop: timedelta
    window: timedelta
    margin: timedelta
    grace: timedelta
    edge_shutdown: timedelta


@dataclass(frozen=True, kw_only=True)
class Field:
    """What others, whom we do not configure, do with an idle or vanished connection."""

    idle: timedelta
    notice: timedelta
    service_keepalive: timedelta


@dataclass(frozen=True, kw_only=True)
class Timeouts:
    """The whole file."""

    heartbeat: Heartbeat
    websocket: WebSocket
    edge: Edge
    limits: Limits
    retry: Retry
    age: Age
    probe: Probe
    drain: Drain
    field: Field


class TimeoutsError(InfraError):
    """The timeouts can't be used; one line for each reason."""


class UnreadableError(TimeoutsError):
    """The file is not there, or not TOML."""

    def __init__(self, path: Path, why: Exception) -> None:
        super().__init__(f"{path.name}: {why}")


class WrongNamesError(TimeoutsError):
    """Names in section ``where`` that are missing, or that nobody knows."""

    def __init__(self, where: str, names: Sequence[str]) -> None:
        super().__init__(f"{where}: missing or unknown: {', '.join(names)}")


class WrongValueError(TimeoutsError):
    """A ``value`` that is not a whole positive number (or, for a section, not a table)."""

    def __init__(self, name: str, value: object) -> None:
        super().__init__(f"{name}: {value!r} is not a whole positive number")


def load(path: Path = PATH) -> Timeouts:
    """Read the timeouts file.

    Raises:
        TimeoutsError: not TOML, a name missing or unknown, or a value that is not a whole
            positive number.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise UnreadableError(path, error) from error
    return parse(document)


def parse(document: Mapping[str, object]) -> Timeouts:
    """Timeouts from a parsed TOML ``document``; errors as in `load`."""
    sections = get_type_hints(Timeouts)
    _same_names("the file", document, sections)
    return Timeouts(
        **{name: _section(name, kind, document[name]) for name, kind in sections.items()}
    )


def _section(name: str, kind: type[T], values: object) -> T:
    if not isinstance(values, Mapping):
        raise WrongValueError(name, values)
    kinds = get_type_hints(kind)
    _same_names(name, values, kinds)
    return kind(**{key: _value(f"{name}.{key}", kinds[key], values[key]) for key in kinds})


def _same_names(where: str, given: Mapping[str, object], wanted: Mapping[str, object]) -> None:
    if wrong := sorted(set(given) ^ set(wanted)):
        raise WrongNamesError(where, wrong)


def _value(name: str, kind: type[object], value: object) -> int | timedelta:
    if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
        raise WrongValueError(name, value)
    return timedelta(seconds=value) if kind is timedelta else value
