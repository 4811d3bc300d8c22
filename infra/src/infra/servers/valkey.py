"""Valkey (or Redis): append-only file, no eviction."""

from functools import partial
from pathlib import Path

from infra.ports import LOOPBACK, free_port
from infra.repository import INFRA
from infra.servers import binaries, probes
from infra.servers.program import Program, inherited
from infra.servers.server import Server
from infra.template import quoted, render

_TEMPLATE = INFRA / "valkey" / "valkey.conf.template"


class ValkeyServer(Server):
    """A Redis-speaking server whose data lives in ``directory`` and survives `restart`.

    A port that is not given is a free one, chosen once: a restart keeps it.
    """

    def __init__(self, directory: Path, *, port: int | None = None, name: str = "valkey") -> None:
        super().__init__(name=name, directory=directory)
        self.port = port or free_port()

    @property
    def url(self) -> str:
        """For Redis clients."""
        return f"redis://{LOOPBACK}:{self.port}"

    @property
    def program(self) -> Program:
        """What is run."""
        conf = self.directory / "valkey.conf"
        return Program(
            name=self.name,
            command=(str(binaries.valkey_server()), str(conf)),
            environment=inherited(),
            addresses=f"{LOOPBACK}:{self.port}",
            prepare=partial(self._write_conf, conf),
            ready=probes.valkey_ping(LOOPBACK, self.port),
        )

    def _write_conf(self, conf: Path) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        values = {"host": LOOPBACK, "port": str(self.port), "dir": quoted(str(self.directory))}
        conf.write_text(render(_TEMPLATE, values), encoding="utf-8")
