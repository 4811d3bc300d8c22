"""Everything that `make up` runs, on free ports, with services that tell their tasks."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Final

from infra.ports import free_port
from infra.servers import (
    EdgeServer,
    NatsServer,
    Server,
    ServiceServer,
    ValkeyServer,
    chat_server,
    feed_server,
    producer_server,
)
from infra.servers.program import Program

_PATIENCE: Final = timedelta(seconds=90)
_HISTORY_MESSAGES: Final = 1_000
_COUNTED: Final = Path(__file__).with_name("counted.py")


class Counted(Server):
    """A service under `counted.py`."""

    def __init__(self, service: ServiceServer, *, leak: str) -> None:
        super().__init__(name=service.name, directory=service.directory)
        self.service = service
        self.tasks_port = free_port()
        self._leak = leak

    @property
    def program(self) -> Program:
        """What is run."""
        program = self.service.program
        # -P: this folder is none of the service's.
        command = (sys.executable, "-P", str(_COUNTED), self.name, str(self.tasks_port))
        return replace(program, command=(*command, *filter(None, [self._leak])))


@dataclass(frozen=True, slots=True)
class Stack:
    """What is looked at, and where the load goes."""

    nats: NatsServer
    valkey: ValkeyServer
    feed: Counted
    chat: Counted
    edge: EdgeServer


@contextmanager
def running(directory: Path, *, fills_within: float, leak: str = "") -> Iterator[Stack]:
    """The stack while the context lasts; ``leak``: what the feed is made to lose.

    ``fills_within`` seconds what chat keeps on purpose has its size: an hour of messages in memory,
    by default, and ten thousand of each room in the store would grow all through an hour's run.
    """
    with ExitStack() as stack:
        nats = stack.enter_context(NatsServer(directory / "nats"))
        valkey = stack.enter_context(ValkeyServer(directory / "valkey"))
        drain = {"DRAIN_WINDOW": "0.5", "LOG_LEVEL": "warning"}
        feed = Counted(
            feed_server(directory / "feed", nats_url=nats.url, settings=drain), leak=leak
        )
        kept = {"RING_AGE": f"{fills_within:.1f}", "HISTORY_MESSAGES": str(_HISTORY_MESSAGES)}
        chat = Counted(
            chat_server(
                directory / "chat",
                nats_url=nats.url,
                redis_url=valkey.url,
                settings={**drain, **kept},
            ),
            leak="",
        )
        producer = producer_server(
            directory / "producer", nats_url=nats.url, settings={"SOURCES": "simulate"}
        )
        for server in (feed, chat, producer):
            server.start_nowait()
            stack.callback(server.stop)
        for server in (feed, chat, producer):
            server.wait_ready(within=_PATIENCE)
        edge = EdgeServer(
            directory / "edge",
            feed=(feed.service.address,),
            chat=(chat.service.address,),
        )
        yield Stack(nats, valkey, feed, chat, stack.enter_context(edge))
