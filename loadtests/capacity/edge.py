"""The edge as what is measured: nginx on the server's core, the feed behind it on the other."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import messages, wires
from bench.contenders.contender import Place, Wire
from bench.contenders.ours import SETTINGS, readings
from bench.running import Audience, Running
from capacity.starting import started
from infra.servers import EdgeServer, NatsServer, feed_server


@dataclass(frozen=True, slots=True)
class Edge:
    """nginx with our configuration; its streams come from a feed that is not measured."""

    wire: Wire = Wire.SSE
    name: str = "edge"
    title: str = "the edge (nginx)"

    def missing(self, installed: Path) -> str | None:  # noqa: ARG002 - the port's
        """Never: it is part of the environment."""
        return None

    def version(self, installed: Path) -> str:  # noqa: ARG002 - the port's
        """Whatever `infra.servers` finds."""
        return "nginx"

    @contextmanager
    def run(self, place: Place) -> Iterator[Running]:
        """Start it with a feed and its broker."""
        with ExitStack() as stack:
            nats = NatsServer(place.directory / "nats")
            started(stack, nats, place.cores.client)
            feed = feed_server(place.directory, nats_url=nats.url, settings=SETTINGS)
            started(stack, feed, place.cores.client)
            address = feed.address
            edge = EdgeServer(place.directory / "edge", feed=(address,), chat=(address,))
            server = started(stack, edge, place.cores.server)
            yield Running(
                leader=server.pid,
                audience=Audience(
                    port=edge.port,
                    request=wires.event_stream("/feed/readings"),
                    ready="event: hello",
                ),
                publication=readings(nats.port, messages.pack()),
            )
