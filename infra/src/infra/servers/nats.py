"""nats-server: JetStream on file, MQTT for devices, monitoring."""

from functools import partial
from pathlib import Path

from infra.ports import LOOPBACK, free_ports
from infra.repository import INFRA
from infra.servers import binaries, probes
from infra.servers.program import Program, inherited
from infra.servers.server import Server
from infra.template import quoted, render

_TEMPLATE = INFRA / "nats" / "nats-server.conf.template"


class NatsServer(Server):
    """A broker whose streams live in ``directory`` and survive `restart` and `kill`.

    Ports that are not given are free ones, chosen once: a restart keeps them.
    """

    def __init__(
        self,
        directory: Path,
        *,
        port: int | None = None,
        mqtt_port: int | None = None,
        monitor_port: int | None = None,
        name: str = "nats",
    ) -> None:
        super().__init__(name=name, directory=directory)
        spare = free_ports(3)
        self.port = port or spare[0]
        self.mqtt_port = mqtt_port or spare[1]
        self.monitor_port = monitor_port or spare[2]

    @property
    def url(self) -> str:
        """For NATS clients."""
        return f"nats://{LOOPBACK}:{self.port}"

    @property
    def monitor_url(self) -> str:
        """Of the monitoring pages (`/healthz`, `/jsz`, `/connz`)."""
        return f"http://{LOOPBACK}:{self.monitor_port}"

    @property
    def program(self) -> Program:
        """What is run."""
        conf = self.directory / "nats-server.conf"
        return Program(
            name=self.name,
            command=(str(binaries.nats_server()), "-c", str(conf)),
            environment=inherited(),
            addresses=(
                f"{LOOPBACK}:{self.port}, mqtt :{self.mqtt_port}, monitor :{self.monitor_port}"
            ),
            prepare=partial(self._write_conf, conf),
            # /healthz speaks for JetStream; each listener then speaks for itself.
            ready=probes.every(
                probes.http_get(LOOPBACK, self.monitor_port, "/healthz"),
                probes.tcp(LOOPBACK, self.port),
                probes.tcp(LOOPBACK, self.mqtt_port),
            ),
        )

    def _write_conf(self, conf: Path) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        values = {
            "server_name": quoted(f"airwave-{self.port}"),  # MQTT asks for a name
            "host": LOOPBACK,
            "port": str(self.port),
            "monitor_port": str(self.monitor_port),
            "mqtt_port": str(self.mqtt_port),
            "store_dir": quoted(str(self.directory / "jetstream")),
        }
        conf.write_text(render(_TEMPLATE, values), encoding="utf-8")
