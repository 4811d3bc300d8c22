"""Our own services as server processes: ``python -m feed`` and its siblings."""

import signal
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from infra.ports import LOOPBACK, free_port
from infra.servers import probes
from infra.servers.program import Program, StopStep, inherited
from infra.servers.server import Server

_PREFIXES = ("FEED_", "CHAT_", "PRODUCER_")
_MISUSED = frozenset({2})  # settings that it refuses


class ServiceServer(Server):
    """A service that is ready when `/readyz` on its admin port says so.

    ``settings`` become its environment under the service's prefix: ``{"NATS_URL": …}`` is
    ``FEED_NATS_URL`` for the feed. Nothing else with a service's prefix is inherited. Ports that
    are not given are free ones, chosen once: a restart keeps them. ``trust``: whose certificates it
    believes, a PEM file, instead of this machine's own list.
    """

    def __init__(
        self,
        name: str,
        directory: Path,
        *,
        settings: Mapping[str, str],
        port: int | None = None,
        admin_port: int | None = None,
        trust: Path | None = None,
        listens: bool = True,
    ) -> None:
        super().__init__(name=name, directory=directory)
        self.port = port or free_port()
        self.admin_port = admin_port or free_port()
        self.settings = dict(settings)
        self._trust = {} if trust is None else {"SSL_CERT_FILE": str(trust)}
        self._listens = listens

    @property
    def url(self) -> str:
        """Where its routes are, without the edge and so without a prefix."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def address(self) -> str:
        """Where an edge finds it."""
        return f"{LOOPBACK}:{self.port}"

    @property
    def admin_url(self) -> str:
        """Where `/livez`, `/readyz` and `/metrics` are."""
        return f"http://{LOOPBACK}:{self.admin_port}"

    @property
    def program(self) -> Program:
        """What is run."""
        admin = f"admin :{self.admin_port}"
        return Program(
            name=self.name,
            command=(sys.executable, "-m", self.name),
            environment=self._environment(),
            addresses=f"{LOOPBACK}:{self.port}, {admin}" if self._listens else admin,
            ready=probes.http_get(LOOPBACK, self.admin_port, "/readyz"),
            ends_for_good=_MISUSED,
            stop=(StopStep(signal=signal.SIGTERM, patience=self._patience()),),
        )

    def _patience(self) -> timedelta:
        """What its drain may take, and 10 s for what hangs."""
        drain = sum(_seconds(self.settings.get(name)) for name in ("DRAIN_PAUSE", "DRAIN_WINDOW"))
        return timedelta(seconds=10 + drain)

    def _environment(self) -> dict[str, str]:
        prefix = f"{self.name.upper()}_"
        own = {prefix + name: value for name, value in self.settings.items()}
        own[f"{prefix}ADMIN_PORT"] = str(self.admin_port)
        if self._listens:
            own |= {f"{prefix}HOST": LOOPBACK, f"{prefix}PORT": str(self.port)}
        others = {
            name: value for name, value in inherited().items() if not name.startswith(_PREFIXES)
        }
        return {**others, **self._trust, "PYTHONUNBUFFERED": "1", **own}


def feed_server(
    directory: Path,
    *,
    nats_url: str,
    settings: Mapping[str, str] | None = None,
    port: int | None = None,
    admin_port: int | None = None,
    trust: Path | None = None,
) -> ServiceServer:
    """A feed on the broker at ``nats_url``."""
    return ServiceServer(
        "feed",
        directory,
        settings={**(settings or {}), "NATS_URL": nats_url},
        port=port,
        admin_port=admin_port,
        trust=trust,
    )


def chat_server(
    directory: Path,
    *,
    nats_url: str,
    redis_url: str,
    settings: Mapping[str, str] | None = None,
    port: int | None = None,
    admin_port: int | None = None,
    trust: Path | None = None,
) -> ServiceServer:
    """A chat on the broker at ``nats_url`` with its history at ``redis_url``."""
    return ServiceServer(
        "chat",
        directory,
        settings={**(settings or {}), "NATS_URL": nats_url, "REDIS_URL": redis_url},
        port=port,
        admin_port=admin_port,
        trust=trust,
    )


def producer_server(
    directory: Path,
    *,
    nats_url: str,
    settings: Mapping[str, str] | None = None,
    admin_port: int | None = None,
    trust: Path | None = None,
) -> ServiceServer:
    """A producer that publishes to the broker at ``nats_url``; it has an admin port only."""
    return ServiceServer(
        "producer",
        directory,
        settings={**(settings or {}), "NATS_URL": nats_url},
        admin_port=admin_port,
        trust=trust,
        listens=False,
    )


def _seconds(text: str | None) -> float:
    """A setting in seconds; 0 where it is absent, or for the service itself to refuse."""
    try:
        return max(0.0, float(text or 0))
    except ValueError:
        return 0.0
