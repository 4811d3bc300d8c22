"""Three nats-servers as one cluster, on loopback."""

from dataclasses import dataclass
from pathlib import Path

from infra.ports import LOOPBACK, free_ports
from infra.servers import NatsServer


@dataclass(frozen=True, slots=True)
class Membership:
    """What makes a server part of a cluster."""

    routes: tuple[str, ...]
    port: int


class NatsNode(NatsServer):
    """One of a cluster's servers: the configuration of `make up`, and routes to the others."""

    def __init__(self, directory: Path, *, name: str, membership: Membership) -> None:
        super().__init__(directory, name=name)
        self.membership = membership

    def _write_conf(self, conf: Path) -> None:
        super()._write_conf(conf)
        routes = ", ".join(f'"{route}"' for route in self.membership.routes)
        block = (
            f'\ncluster {{\n  name: "airwave"\n  listen: "{LOOPBACK}:{self.membership.port}"\n'
            f"  routes: [{routes}]\n}}\n"
        )
        with conf.open("a", encoding="utf-8") as file:
            file.write(block)


def nodes_in(directory: Path, *, count: int = 3) -> tuple[NatsNode, ...]:
    """Servers that know each other; to be started together, since one alone is no majority."""
    ports = free_ports(count)
    routes = tuple(f"nats://{LOOPBACK}:{port}" for port in ports)
    return tuple(
        NatsNode(
            directory / f"nats{number}",
            name=f"nats{number}",
            membership=Membership(routes, port),
        )
        for number, port in enumerate(ports, 1)
    )
