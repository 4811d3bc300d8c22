"""HAProxy, Traefik, Caddy or Envoy as the edge, on its rendered configuration."""

import signal
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path

from infra.edge.proxies import PROXIES, environment
from infra.edge.rules import check
from infra.edge.site import Site
from infra.edge.timeouts import Timeouts, load
from infra.edge.writing import write
from infra.ports import LOOPBACK, free_port
from infra.servers import binaries, probes
from infra.servers.program import Program, StopStep, inherited
from infra.servers.server import Server

_PATIENCE = timedelta(seconds=2)
_ROUTED = frozenset(range(200, 600)) - {404}

Change = Callable[[Mapping[str, str]], Mapping[str, str]]


class ProxyServer(Server):
    """The proxy ``kind`` in front of ``site``, whose address is replaced by a free one.

    ``change`` is what a test does to the rendered files before they are written.
    """

    def __init__(
        self,
        directory: Path,
        kind: str,
        *,
        site: Callable[[str], Site],
        timeouts: Timeouts | None = None,
        change: Change = dict,
    ) -> None:
        super().__init__(name=kind, directory=directory)
        self.port = free_port()
        self.timeouts = timeouts or check(load())
        self.site = site(f"{LOOPBACK}:{self.port}")
        self._proxy = PROXIES[kind]
        self._change = change

    @property
    def program(self) -> Program:
        """What is run."""
        program = binaries.in_environment(self._proxy.name)
        return Program(
            name=self.name,
            command=self._proxy.command(program, self.directory, self.timeouts),
            environment={**inherited(), **environment(program, self.directory)},
            addresses=f"{LOOPBACK}:{self.port}",
            prepare=self._write,
            ready=self._ready(),
            stop=(
                StopStep(signal=signal.SIGINT, patience=_PATIENCE),
                StopStep(signal=signal.SIGTERM, patience=_PATIENCE),
            ),
        )

    def reload(self) -> None:
        """Have it take its files, written again, while streams are open."""
        self._write()
        if self._proxy.reload is not None:
            self.send(self._proxy.reload)

    def _ready(self) -> probes.Probe:
        if not self._proxy.listens_first:
            return probes.tcp(LOOPBACK, self.port)
        tls = self.site.tls is not None
        return probes.http_get(LOOPBACK, self.port, "/", accept=_ROUTED, tls=tls)

    def _write(self) -> None:
        write(self._change(self._proxy.files(self.timeouts, self.site)), self.directory)
