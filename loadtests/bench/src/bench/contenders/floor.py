"""The floor: a C epoll server that sends the same bytes to every socket."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import messages, wires
from bench.compiler import compiled
from bench.contenders.contender import Place, Wire
from bench.pinned import Command
from bench.running import Audience, Publication, Running
from infra.ports import LOOPBACK, free_ports
from infra.servers import probes


@dataclass(frozen=True, slots=True)
class Floor:
    """What the kernel takes for the deliveries themselves, and nothing else."""

    wire: Wire

    @property
    def name(self) -> str:
        """One for each wire."""
        return "floor-sse" if self.wire is Wire.SSE else "floor-ws"

    @property
    def title(self) -> str:
        """What the table says."""
        return "C, epoll: the floor"

    def missing(self, installed: Path) -> str | None:  # noqa: ARG002 - the port's
        """Never: without a compiler nothing runs at all."""
        return None

    def version(self, installed: Path) -> str:  # noqa: ARG002 - the port's
        """Of our own."""
        return "floor.c"

    @contextmanager
    def run(self, place: Place) -> Iterator[Running]:
        """Start it."""
        message = (messages.event() if self.wire is Wire.SSE else messages.message()).encode()
        port, control = free_ports(2)
        program = compiled("floor", place.compiled)
        kind = "sse" if self.wire is Wire.SSE else "ws"
        command = (str(program), str(port), str(control), kind, str(len(message)))
        ready = probes.tcp(LOOPBACK, port)
        with Command(
            self.name, place.directory, command, core=place.cores.server, ready=ready
        ) as server:
            yield Running(
                leader=server.pid,
                audience=self._audience(port),
                publication=Publication(port=control, message=message),
            )

    def _audience(self, port: int) -> Audience:
        if self.wire is Wire.SSE:
            return Audience(port=port, request=wires.event_stream("/"), ready=": ok")
        return Audience(port=port, request=wires.upgrade("/"), ready="", websocket=True)
