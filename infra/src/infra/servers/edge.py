"""nginx as the edge: the page and the services behind one port."""

import signal
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

from infra.edge import nginx
from infra.edge.rules import check
from infra.edge.site import Site
from infra.edge.timeouts import Timeouts, load
from infra.ports import LOOPBACK, free_port
from infra.repository import DASHBOARD
from infra.servers import binaries, probes
from infra.servers.program import Program, StopStep, inherited
from infra.servers.server import Server

# Its streams have ended before it is stopped; what is left are idle connections.
_GRACEFUL = timedelta(seconds=2)
_ANSWERS = range(200, 500)
# A service that goes by tokens is there, too, when it asks for one.
_SERVED = (200, 401)


class EdgeServer(Server):
    """The edge in front of ``feed`` and ``chat`` (``host:port`` each; several are replicas).

    Ready when it answers ``ready_paths``: "/" says that nginx runs, and needs no service.
    ``timeouts`` are those of the timeouts file, unless a test wants others. What else a test wants
    of the edge it says of ``site``, before the start.
    """

    def __init__(
        self,
        directory: Path,
        *,
        feed: tuple[str, ...],
        chat: tuple[str, ...],
        port: int | None = None,
        dashboard: Path = DASHBOARD,
        timeouts: Timeouts | None = None,
        ready_paths: tuple[str, ...] = ("/",),
        name: str = "edge",
    ) -> None:
        super().__init__(name=name, directory=directory)
        self.port = port or free_port()
        self.timeouts = timeouts or check(load())
        self.site = Site(
            listen=f"{LOOPBACK}:{self.port}", feed=feed, chat=chat, dashboard=dashboard
        )
        self._ready_paths = ready_paths
        self._nginx: Path | None = None

    @property
    def url(self) -> str:
        """What a browser opens, without a slash at its end."""
        if self.site.tls is not None:
            return f"https://localhost:{self.port}"
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def program(self) -> Program:
        """What is run."""
        return Program(
            name=self.name,
            command=nginx.command(self._program(), self.directory),
            environment=inherited(),
            addresses=f"{LOOPBACK}:{self.port}",
            prepare=self._write,
            ready=self._ready(),
            stop=(
                StopStep(signal=signal.SIGQUIT, patience=_GRACEFUL),
                StopStep(signal=signal.SIGTERM, patience=_GRACEFUL),
            ),
        )

    def route(self, *, feed: tuple[str, ...], chat: tuple[str, ...]) -> None:
        """Send what comes from now on to these; streams that are open stay where they are.

        What a controller of an ingress does when a replica's readiness changes.
        """
        self.site = replace(self.site, feed=feed, chat=chat)
        self.reload()

    def reload(self) -> None:
        """Have it read its files, written again, while streams are open."""
        self._write()
        self.send(signal.SIGHUP)

    def _ready(self) -> probes.Probe:
        return probes.every(*map(self._answers, self._ready_paths))

    def _program(self) -> Path:
        if self._nginx is None:
            self._write()
            self._nginx = binaries.nginx(partial(nginx.accepts, folder=self.directory))
        return self._nginx

    def _write(self) -> None:
        nginx.write(self.timeouts, self.site, self.directory)

    def _answers(self, path: str) -> probes.Probe:
        accept = _ANSWERS if path == "/" else _SERVED
        tls = self.site.tls is not None
        return probes.http_get(LOOPBACK, self.port, path, accept=accept, tls=tls)
