"""The three NATS servers of the component nats-cluster, as processes."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from infra.passwords import password
from infra.ports import LOOPBACK, free_ports
from infra.servers import Server, binaries, probes
from infra.servers.program import Program, inherited
from manifests.objects import Object, named, pod
from manifests.secrets import PASSWORDS
from manifests.trying import pods

COUNT: Final = 3
_SECRET: Final = "nats-passwords"  # noqa: S105 - its name


@dataclass(frozen=True, slots=True)
class Ports:
    """Where one server listens."""

    client: int
    monitor: int
    routes: int
    mqtt: int


class RenderedNats(Server):
    """One of three, on the configuration, arguments and environment of its pod."""

    def __init__(
        self,
        objects: Sequence[Object],
        ordinal: int,
        directory: Path,
        *,
        ports: Sequence[Ports],
        passwords: Mapping[str, str],
        tls: Path | None = None,
    ) -> None:
        super().__init__(name=f"nats-{ordinal}", directory=directory)
        self._tls = tls
        self.ports = ports[ordinal]
        self._files = pods.files(objects, "nats")
        (self._container,) = pod(named(objects, "StatefulSet", "nats"))["containers"]
        self._routes = {
            f"nats-{number}.nats-headless:6222": f"{LOOPBACK}:{one.routes}"
            for number, one in enumerate(ports)
        }
        self._passwords = {_SECRET: passwords}

    @property
    def program(self) -> Program:
        """What is run."""
        given = pods.environment(self._container, self.name, self._passwords)
        conf = self.directory / "nats.conf"
        arguments = pods.words(self._container, "args", given)
        mounted = {"/etc/nats/nats.conf": str(conf), "/etc/nats-tls": str(self._tls)}
        for theirs, ours in mounted.items():
            arguments = [word.replace(theirs, ours) for word in arguments]
        routes = pods.here(given["NATS_ROUTES"], self.directory, self._routes)
        return Program(
            name=self.name,
            command=(str(binaries.nats_server()), *arguments),
            environment={**inherited(), **given, "NATS_ROUTES": routes},
            addresses=f"{LOOPBACK}:{self.ports.client}",
            prepare=lambda: self._write(conf),
            ready=probes.http_get(LOOPBACK, self.ports.monitor, self.ready_path),
        )

    @property
    def ready_path(self) -> str:
        """What the readiness probe asks."""
        path: str = self._container["readinessProbe"]["httpGet"]["path"]
        return path

    def _write(self, conf: Path) -> None:
        places = {
            "0.0.0.0:4222": f"{LOOPBACK}:{self.ports.client}",
            "0.0.0.0:8222": f"{LOOPBACK}:{self.ports.monitor}",
            "0.0.0.0:6222": f"{LOOPBACK}:{self.ports.routes}",
            "0.0.0.0:1883": f"{LOOPBACK}:{self.ports.mqtt}",
        }
        for name, text in self._files.items():
            path = conf.with_name(name)
            path.write_text(pods.here(text, self.directory, places), encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Cluster:
    """Three servers, and who may speak to them."""

    servers: list[RenderedNats]
    passwords: Mapping[str, str]

    @property
    def ports(self) -> list[int]:
        """Of the clients."""
        return [server.ports.client for server in self.servers]

    def url(self, user: str, port: int, *, scheme: str = "nats") -> str:
        """For clients, as that user; ``port`` is a server's, or of a Service before them."""
        return f"{scheme}://{user}:{self.passwords[user]}@{LOOPBACK}:{port}"


@contextmanager
def cluster(
    objects: Sequence[Object], directory: Path, *, tls: Path | None = None
) -> Iterator[Cluster]:
    """The three servers while the context lasts; entered when each is ready.

    ``tls``: a folder with ``tls.crt`` and ``tls.key``, where the pods have a Secret.
    """
    spare = free_ports(4 * COUNT)
    ports = [Ports(*spare[4 * number : 4 * number + 4]) for number in range(COUNT)]
    passwords = {user: password() for user in PASSWORDS[_SECRET]}
    servers = [
        RenderedNats(
            objects,
            number,
            directory / f"{number}",
            ports=ports,
            passwords=passwords,
            tls=tls,
        )
        for number in range(COUNT)
    ]
    with ExitStack() as stack:
        for server in servers:
            server.start_nowait()
            stack.callback(_end, server)
        for server in servers:
            server.wait_ready()
        yield Cluster(servers, passwords)


def _end(server: RenderedNats) -> None:
    if server.running:
        server.kill()
