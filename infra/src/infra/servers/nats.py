"""nats-server: JetStream on file, MQTT for devices, monitoring."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from infra.certificates import CHAIN, KEY
from infra.passwords import write_private
from infra.ports import LOOPBACK, free_port
from infra.repository import INFRA
from infra.rights import NATS_RIGHTS, filled
from infra.servers import binaries, probes
from infra.servers.program import Program, inherited
from infra.servers.server import Server
from infra.template import quoted, render

_TEMPLATE = INFRA / "nats" / "nats-server.conf.template"


class NatsServer(Server):
    """A broker whose streams live in ``directory`` and survive `restart` and `kill`.

    Ports that are not given are free ones, chosen once: a restart keeps them. ``passwords`` by
    user: each may then do what `infra.rights` says; without them, everybody may do everything.
    ``tls``: a folder of `infra.certificates`, for clients and devices. ``made`` is asked last of
    all whether it is ready.
    """

    def __init__(
        self,
        directory: Path,
        *,
        port: int | None = None,
        mqtt_port: int | None = None,
        monitor_port: int | None = None,
        passwords: Mapping[str, str] | None = None,
        tls: Path | None = None,
        made: probes.Probe = lambda: None,
        name: str = "nats",
    ) -> None:
        super().__init__(name=name, directory=directory)
        self.port = port or free_port()
        self.mqtt_port = mqtt_port or free_port()
        self.monitor_port = monitor_port or free_port()
        self._passwords = passwords
        self._tls = tls
        self._made = made

    @property
    def url(self) -> str:
        """For NATS clients, without a user."""
        return f"{self._scheme}://{LOOPBACK}:{self.port}"

    def url_of(self, user: str) -> str:
        """For NATS clients, as ``user``."""
        if self._passwords is None:
            return self.url
        return f"{self._scheme}://{user}:{self._passwords[user]}@{LOOPBACK}:{self.port}"

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
                self._made,
            ),
        )

    @property
    def _scheme(self) -> str:
        return "nats" if self._tls is None else "tls"

    def _write_conf(self, conf: Path) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        values = {
            "server_name": quoted(f"airwave-{self.port}"),  # MQTT asks for a name
            "host": LOOPBACK,
            "port": str(self.port),
            "monitor_port": str(self.monitor_port),
            "mqtt_port": str(self.mqtt_port),
            "store_dir": quoted(str(self.directory / "jetstream")),
            "mqtt_more": self._mqtt_more(),
            "tls": "" if self._tls is None else "\n" + _tls(self._tls),
            "rights": "" if self._passwords is None else "\n" + self._rights(self._passwords),
        }
        write_private(conf, render(_TEMPLATE, values))

    def _rights(self, passwords: Mapping[str, str]) -> str:
        return filled(NATS_RIGHTS, passwords)

    def _mqtt_more(self) -> str:
        """Only this machine reaches the listener: who says nothing there is a device (0026)."""
        lines = [] if self._passwords is None else ["  no_auth_user: device\n"]
        if self._tls is not None:
            lines += [f"  {line}\n" for line in _tls(self._tls).splitlines()]
        return "".join(lines)


def _tls(folder: Path) -> str:
    chain, key = quoted(str(folder / CHAIN)), quoted(str(folder / KEY))
    return f"tls {{\n  cert_file: {chain}\n  key_file: {key}\n}}\n"
