"""This feed and this chat, on the transport sinks and on the portable path."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from dataclasses import replace as with_changes
from pathlib import Path
from typing import Final

from bench import messages, wires
from bench.contenders.contender import Place, Wire
from bench.pinned import Pinned, pinned
from bench.running import Audience, Publication, Running
from infra.servers import NatsServer, Server, ServiceServer, ValkeyServer, chat_server, feed_server
from infra.servers.program import Program

# Drains are not what is measured: let the end of a run be quick.
SETTINGS: Final = {"DRAIN_WINDOW": "0.1", "LOG_LEVEL": "warning", "CONNECTIONS": "20000"}


class OurServer(Server):
    """A service on the server's core; ``portable`` without our protocol classes under it."""

    def __init__(self, service: ServiceServer, core: int, *, portable: bool) -> None:
        super().__init__(name=service.name, directory=service.directory)
        self._service = service
        self._core = core
        self._portable = portable

    @property
    def program(self) -> Program:
        """What is run."""
        program = self._service.program
        if self._portable:
            command = (sys.executable, "-m", "bench.apps.portable", self.name)
            program = with_changes(program, command=command)
        return pinned(program, self._core)


@dataclass(frozen=True, slots=True)
class Feed:
    """This feed; readings are published to a real nats-server on the client's core."""

    portable: bool = False
    wire: Wire = Wire.SSE

    @property
    def name(self) -> str:
        """What it is chosen by."""
        return "feed-portable" if self.portable else "feed"

    @property
    def title(self) -> str:
        """What the table says."""
        return "this feed, portable path" if self.portable else "this feed"

    def missing(self, installed: Path) -> str | None:  # noqa: ARG002 - the port's
        """Never: it is part of the environment."""
        return None

    def version(self, installed: Path) -> str:  # noqa: ARG002 - the port's
        """The interpreter's: it matters most."""
        return f"Python {sys.version.split()[0]}, uvloop"

    @contextmanager
    def run(self, place: Place) -> Iterator[Running]:
        """Start it with its broker."""
        with ExitStack() as stack:
            nats = NatsServer(place.directory / "nats")
            stack.enter_context(Pinned(nats, place.cores.client))
            service = feed_server(place.directory, nats_url=nats.url, settings=SETTINGS)
            server = OurServer(service, place.cores.server, portable=self.portable)
            stack.enter_context(server)
            yield Running(
                leader=server.pid,
                admin_port=service.admin_port,
                audience=Audience(
                    port=service.port,
                    request=wires.event_stream("/readings"),
                    ready="event: hello",
                ),
                publication=readings(nats.port, messages.pack()),
            )


@dataclass(frozen=True, slots=True)
class Chat:
    """This chat; posts are published to a real nats-server, members are in one room."""

    portable: bool = False
    wire: Wire = Wire.WEBSOCKET

    @property
    def name(self) -> str:
        """What it is chosen by."""
        return "chat-portable" if self.portable else "chat"

    @property
    def title(self) -> str:
        """What the table says."""
        return "this chat, portable path" if self.portable else "this chat"

    def missing(self, installed: Path) -> str | None:  # noqa: ARG002 - the port's
        """Never: it is part of the environment."""
        return None

    def version(self, installed: Path) -> str:  # noqa: ARG002 - the port's
        """The interpreter's: it matters most."""
        return f"Python {sys.version.split()[0]}, uvloop"

    @contextmanager
    def run(self, place: Place) -> Iterator[Running]:
        """Start it with its broker and its Redis."""
        with ExitStack() as stack:
            nats = NatsServer(place.directory / "nats")
            valkey = ValkeyServer(place.directory / "valkey")
            stack.enter_context(Pinned(nats, place.cores.client))
            stack.enter_context(Pinned(valkey, place.cores.client))
            service = chat_server(
                place.directory, nats_url=nats.url, redis_url=valkey.url, settings=SETTINGS
            )
            server = OurServer(service, place.cores.server, portable=self.portable)
            stack.enter_context(server)
            yield Running(
                leader=server.pid,
                admin_port=service.admin_port,
                audience=members(service.port),
                publication=posts(nats.port),
            )


def members(port: int) -> Audience:
    """Of a chat at ``port``, all in one room."""
    return Audience(
        port=port,
        request=wires.upgrade("/ws?name=ada", "airwave.chat.v1"),
        websocket=True,
        join=wires.text_frame(f'{{"type":"join","room":"{messages.ROOM}"}}'),
        ready='"type":"joined"',
    )


def posts(nats_port: int) -> Publication:
    """Messages of that room, published to NATS as a replica of chat would."""
    return Publication(
        port=nats_port,
        preamble=wires.NATS_PREAMBLE,
        answer=wires.NATS_ANSWER,
        message=wires.nats_publish(f"rooms.{messages.ROOM}", messages.entry()),
    )


def readings(nats_port: int, pack: str, *, sensors: int = 1) -> Publication:
    """Packs of readings, published to NATS as a device would; several sensors share a subject."""
    return Publication(
        port=nats_port,
        preamble=wires.NATS_PREAMBLE,
        answer=wires.NATS_ANSWER,
        message=wires.nats_publish("sensors.bench-1.load", pack),
        keys=sensors,
    )
