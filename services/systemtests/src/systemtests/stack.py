"""The whole of Airwave on free ports: every server real, each one to be killed on its own."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType

from infra.servers import (
    EdgeServer,
    NatsServer,
    ServiceServer,
    ValkeyServer,
    chat_server,
    feed_server,
    producer_server,
)

_STARTS = timedelta(seconds=60)  # all at once, on a machine that is busy


@dataclass(frozen=True, slots=True)
class Stack:
    """The running servers."""

    nats: NatsServer
    valkey: ValkeyServer
    feed: ServiceServer
    chat: ServiceServer
    edge: EdgeServer
    producer: ServiceServer | None = None

    @property
    def url(self) -> str:
        """Where a browser goes."""
        return self.edge.url


@contextmanager
def running_stack(
    directory: Path,
    *,
    producer: bool = True,
    producing: Mapping[str, str] = MappingProxyType({"RATE_HZ": "4"}),
    feeding: Mapping[str, str] = MappingProxyType({}),
    settings: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Stack]:
    """Everything that `make up` runs, in ``directory``, while the context lasts.

    ``producing``: the producer's settings beside its sources, which are this machine and simulated;
    ``feeding``: the feed's own; ``settings``: what feed and chat have in common.
    """
    with ExitStack() as stack:
        nats = stack.enter_context(NatsServer(directory / "nats"))
        valkey = stack.enter_context(ValkeyServer(directory / "valkey"))
        own = {"DRAIN_WINDOW": "0.5", **settings}
        feed = feed_server(directory / "feed", nats_url=nats.url, settings={**own, **feeding})
        chat = chat_server(
            directory / "chat", nats_url=nats.url, redis_url=valkey.url, settings=own
        )
        servers, sender = [feed, chat], None
        if producer:
            sources = {"SOURCES": "simulate,host", **producing}
            sender = producer_server(directory / "producer", nats_url=nats.url, settings=sources)
            servers.append(sender)
        # Started together: each takes a second or two to import.
        for server in servers:
            server.start_nowait()
            stack.callback(_stop, server)
        for server in servers:
            server.wait_ready(within=_STARTS)
        edge = stack.enter_context(
            EdgeServer(directory / "edge", feed=(feed.address,), chat=(chat.address,))
        )
        yield Stack(nats, valkey, feed, chat, edge, sender)


def _stop(server: ServiceServer) -> None:
    if server.running:
        server.stop()
