"""Chat as one replica of several: another one holds the lease of the projection."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.contenders.contender import Place, Wire
from bench.contenders.ours import SETTINGS, members, posts
from bench.running import Running
from capacity.starting import started
from infra.servers import NatsServer, ValkeyServer, chat_server


@dataclass(frozen=True, slots=True)
class OneOfSeveral:
    """This chat; what it costs to hear a message is without writing the history once for all.

    ``alone``: without the other one, so that it writes the history, too.
    """

    alone: bool = False
    wire: Wire = Wire.WEBSOCKET
    name: str = "chat"
    title: str = "this chat"

    def missing(self, installed: Path) -> str | None:  # noqa: ARG002 - the port's
        """Never: it is part of the environment."""
        return None

    def version(self, installed: Path) -> str:  # noqa: ARG002 - the port's
        """That of this repository."""
        return "this one"

    @contextmanager
    def run(self, place: Place) -> Iterator[Running]:
        """Start the other one first: who is there first has the lease."""
        with ExitStack() as stack:
            nats = NatsServer(place.directory / "nats")
            valkey = ValkeyServer(place.directory / "valkey")
            started(stack, nats, place.cores.client)
            started(stack, valkey, place.cores.client)
            services = [
                chat_server(
                    place.directory / name,
                    nats_url=nats.url,
                    redis_url=valkey.url,
                    settings=SETTINGS,
                )
                for name in ("holder", "measured")
            ]
            if not self.alone:
                started(stack, services[0], place.cores.client)
            server = started(stack, services[1], place.cores.server)
            yield Running(
                leader=server.pid,
                admin_port=services[1].admin_port,
                audience=members(services[1].port),
                publication=posts(nats.port),
            )
