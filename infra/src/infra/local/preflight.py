"""What must be so before anything is started; each thing that is not is one clear line."""

from pathlib import Path

from infra.errors import InfraError, NotReadyError
from infra.local.settings import DEFAULT_PORTS, Settings, default_port, host_and_port
from infra.ports import HIGHEST, taken
from infra.repository import DASHBOARD, shown
from infra.servers import probes

_USERS = {
    "EDGE_PORT": "the edge",
    "FEED_PORT": "feed",
    "CHAT_PORT": "chat",
    "FEED_ADMIN_PORT": "feed's admin",
    "CHAT_ADMIN_PORT": "chat's admin",
    "PRODUCER_ADMIN_PORT": "producer's admin",
    "NATS_PORT": "NATS",
    "MQTT_PORT": "NATS' MQTT",
    "NATS_MONITOR_PORT": "NATS' monitoring",
    "REDIS_PORT": "Valkey",
}
_STEP = 10_000  # from a port that is taken to one that may be free, for the example in the line


class NotReadyToStartError(InfraError):
    """Something outside the run is in its way; one line for each thing."""


def check(settings: Settings, *, dashboard: Path = DASHBOARD) -> None:
    """Look at ports, the page and the servers that the user runs.

    Raises:
        NotReadyToStartError: with one line for each problem.
    """
    problems = [
        *_taken(settings),
        *_unreachable("NATS_URL", settings.nats_url),
        *_unreachable("REDIS_URL", settings.redis_url),
    ]
    if not (dashboard / "index.html").is_file():
        problems.append(f"the page is not built ({shown(dashboard)}): run make setup")
    if problems:
        raise NotReadyToStartError(*problems)


def _taken(settings: Settings) -> list[str]:
    ports = {name: port for name, port in settings.listening().items() if taken(port)}
    lines = [
        f"port {port} for {_USERS[name]} is taken by another program:"
        f" choose one, for example make up {name}={_another(port)}"
        for name, port in ports.items()
    ]
    if len(lines) > 1:
        chosen = {
            name: port for name, port in settings.ports.items() if port != DEFAULT_PORTS[name]
        } | {name: _another(port) for name, port in ports.items()}
        words = " ".join(f"{name}={port}" for name, port in chosen.items())
        lines.append(f"all at once: make up {words}")
    return lines


def _another(port: int) -> int:
    return port + _STEP if port + _STEP <= HIGHEST else port - _STEP


def _unreachable(variable: str, url: str | None) -> list[str]:
    if url is None:
        return []
    host, port = host_and_port(url, default_port(variable))
    try:
        probes.tcp(host, port)()
    except NotReadyError as error:
        return [f"{variable}: nothing answers ({error})"]
    return []
