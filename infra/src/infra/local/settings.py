"""What can be set for the local run, from the environment or from make's command line."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from infra.errors import InfraError
from infra.ports import HIGHEST, LOOPBACK, LOWEST
from infra.repository import DATA

SERVICES: Final = ("feed", "chat", "producer")

DEFAULT_PORTS: Final = {
    "EDGE_PORT": 8080,
    "FEED_PORT": 8101,
    "CHAT_PORT": 8102,
    "FEED_ADMIN_PORT": 9101,
    "CHAT_ADMIN_PORT": 9102,
    "PRODUCER_ADMIN_PORT": 9103,
    "NATS_PORT": 4222,
    "MQTT_PORT": 1883,
    "NATS_MONITOR_PORT": 8222,
    "REDIS_PORT": 6379,
}
_NATS_PORTS: Final = frozenset({"NATS_PORT", "MQTT_PORT", "NATS_MONITOR_PORT"})
_SCHEMES: Final = {
    "NATS_URL": (("nats", "tls"), 4222),
    "REDIS_URL": (("redis", "rediss"), 6379),
}
# The run decides these, so that its parts find each other and nobody else finds them.
_OURS: Final = {
    "FEED_NATS_URL": "NATS_URL",
    "CHAT_NATS_URL": "NATS_URL",
    "PRODUCER_NATS_URL": "NATS_URL",
    "CHAT_REDIS_URL": "REDIS_URL",
}
_HOSTS: Final = ("FEED_HOST", "CHAT_HOST", *(f"{name.upper()}_ADMIN_HOST" for name in SERVICES))


class BadSettingError(InfraError):
    """Settings of the local run that can't be followed; one line for each."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """``ports`` by variable; ``nats_url`` and ``redis_url`` are set where theirs are to be used.

    ``tls``: the edge, NATS and Valkey speak TLS. ``services`` has, for each service, what the
    caller's environment says under its prefix.
    """

    ports: Mapping[str, int]
    data: Path
    nats_url: str | None
    redis_url: str | None
    tls: bool = False
    services: Mapping[str, Mapping[str, str]]

    @property
    def url(self) -> str:
        """What a person opens."""
        if self.tls:
            return f"https://localhost:{self.ports['EDGE_PORT']}/"
        return f"http://{LOOPBACK}:{self.ports['EDGE_PORT']}/"

    def listening(self) -> dict[str, int]:
        """The ports that this run will listen on, by variable."""
        theirs: set[str] = set()
        if self.nats_url:
            theirs |= _NATS_PORTS
        if self.redis_url:
            theirs.add("REDIS_PORT")
        return {name: port for name, port in self.ports.items() if name not in theirs}


def read(environ: Mapping[str, str] = os.environ) -> Settings:
    """Settings from ``environ``; a variable that is set to nothing counts as not set.

    Raises:
        BadSettingError: with one line for each problem.
    """
    given = {name: value for name, value in environ.items() if value}
    problems: list[str] = []
    ports = _ports(given, problems)
    urls = {name: _url(name, given, problems) for name in _SCHEMES}
    _refuse_ours(given, problems)
    if (tls := given.get("TLS", "0")) not in ("0", "1"):
        problems.append(f"TLS={tls}: give 1 for TLS on every hop, or 0")
    settings = Settings(
        ports=ports,
        data=_data(given, ports),
        nats_url=urls["NATS_URL"],
        redis_url=urls["REDIS_URL"],
        tls=tls == "1",
        services={name: _service(name, given) for name in SERVICES},
    )
    _refuse_twice(settings.listening(), problems)
    if problems:
        raise BadSettingError(*problems)
    return settings


def host_and_port(url: str, default_port: int) -> tuple[str, int]:
    """Where ``url`` leads."""
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or default_port


def default_port(variable: str) -> int:
    """The port meant by a URL in ``variable`` that has none."""
    return _SCHEMES[variable][1]


def _ports(given: Mapping[str, str], problems: list[str]) -> dict[str, int]:
    ports = {}
    for name, default in DEFAULT_PORTS.items():
        text = given.get(name, str(default))
        ports[name] = int(text) if text.isascii() and text.isdigit() else -1
        if 0 <= ports[name] < LOWEST:
            problems.append(
                f"{name}={text}: ports below {LOWEST} need root rights, which the local run never"
                f" uses; give one from {LOWEST} to {HIGHEST}"
            )
        elif not LOWEST <= ports[name] <= HIGHEST:
            problems.append(f"{name}={text} is no port: give a number from {LOWEST} to {HIGHEST}")
    return ports


def _url(name: str, given: Mapping[str, str], problems: list[str]) -> str | None:
    url = given.get(name)
    if url is None:
        return None
    schemes, _ = _SCHEMES[name]
    try:
        usable = urlsplit(url).scheme in schemes and bool(host_and_port(url, 1)[0])
    except ValueError:
        usable = False
    if not usable:  # not repeated in the line: it may carry a password
        problems.append(
            f"{name} is not a URL such as {schemes[0]}://{LOOPBACK}:{default_port(name)}"
        )
    return url


def _refuse_ours(given: Mapping[str, str], problems: list[str]) -> None:
    for name, use in _OURS.items():
        if name in given and given[name] != given.get(use):
            problems.append(f"{name} is set by the local run: use {use} instead")
    problems += [
        f"{name}: the local run listens on {LOOPBACK} only"
        for name in _HOSTS
        if given.get(name, LOOPBACK) != LOOPBACK
    ]


def _refuse_twice(ports: Mapping[str, int], problems: list[str]) -> None:
    seen: dict[int, str] = {}
    for name, port in ports.items():
        if port > 0 and port in seen:
            problems.append(f"{seen[port]} and {name} are both {port}")
        seen.setdefault(port, name)


def _data(given: Mapping[str, str], ports: Mapping[str, int]) -> Path:
    """One folder for each edge port, so that two runs of one checkout never share data."""
    if chosen := given.get("AIRWAVE_DATA"):
        return Path(chosen).expanduser().resolve()
    return DATA / str(ports["EDGE_PORT"])


def _service(name: str, given: Mapping[str, str]) -> dict[str, str]:
    """What is passed on under the service's prefix, without it."""
    prefix = f"{name.upper()}_"
    return {
        variable.removeprefix(prefix): value
        for variable, value in given.items()
        if variable.startswith(prefix) and variable not in (*DEFAULT_PORTS, *_OURS, *_HOSTS)
    }
