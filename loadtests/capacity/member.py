"""Chat as one replica of several: another one holds the lease of the projection."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench import messages, wires
from bench.contenders.contender import Place, Wire
from bench.running import Audience, Publication, Running
from capacity.starting import started
from infra.servers import NatsServer, ValkeyServer, chat_server

_SETTINGS: Final = {"DRAIN_WINDOW": "0.1", "LOG_LEVEL": "warning", "CONNECTIONS": "20000"}


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
                    settings=_SETTINGS,
                )
                for name in ("holder", "measured")
            ]
            if not self.alone:
                started(stack, services[0], place.cores.client)
            server = started(stack, services[1], place.cores.server)
            yield Running(
                leader=server.pid,
                admin_port=services[1].admin_port,
                audience=Audience(
                    port=services[1].port,
                    request=wires.upgrade("/ws?name=ada", "airwave.chat.v1"),
                    websocket=True,
                    join=wires.text_frame(f'{{"type":"join","room":"{messages.ROOM}"}}'),
                    ready='"type":"joined"',
                ),
                publication=Publication(
                    port=nats.port,
                    preamble=wires.NATS_PREAMBLE,
                    answer=wires.NATS_ANSWER,
                    message=wires.nats_publish(f"rooms.{messages.ROOM}", messages.entry()),
                ),
            )
