"""The feeds that others' clients meet, each behind an nginx of its own."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from infra.servers import EdgeServer, NatsServer, ServiceServer, feed_server
from realtime.testing import wait_until
from systemtests.listener import Listener, listening
from systemtests.replicas import STARTED_WITHIN


@dataclass(frozen=True, slots=True)
class Feeds:
    """Three feeds on one broker: one as any, one to be stopped, one with few places."""

    folder: Path
    feed: ServiceServer
    leaving: ServiceServer
    full: ServiceServer
    nats: NatsServer
    places: int

    @asynccontextmanager
    async def edge(self, name: str, address: str) -> AsyncIterator[EdgeServer]:
        """An nginx of its own in front of ``address``."""
        edge = EdgeServer(self.folder / name, feed=(address,), chat=(address,))
        await asyncio.to_thread(edge.start)
        try:
            yield edge
        finally:
            await asyncio.to_thread(edge.stop)

    @asynccontextmanager
    async def filled(self) -> AsyncIterator[None]:
        """Every place of the feed ``full`` is taken while the context lasts."""
        leave, staying = asyncio.Event(), list[Listener]()

        async def stay() -> None:
            async with listening(self.full.url + "/readings") as listener:
                await wait_until(lambda: listener.names[:1] == ["hello"], within=30)
                staying.append(listener)
                await leave.wait()

        async with asyncio.TaskGroup() as group:
            for _ in range(self.places):
                group.create_task(stay())
            await wait_until(lambda: len(staying) == self.places, within=60)
            yield
            leave.set()


@contextmanager
def running_feeds(folder: Path, *, places: int) -> Iterator[Feeds]:
    """The servers, while the context lasts; ``full`` has so many places."""
    wanted: Mapping[str, Mapping[str, str]] = {
        "feed": {},
        "leaving": {"DRAIN_WINDOW": "0.5"},
        "full": {"CONNECTIONS": str(places)},
    }
    with ExitStack() as stack:
        nats = stack.enter_context(NatsServer(folder / "nats"))
        feeds = {
            name: feed_server(folder / name, nats_url=nats.url, settings=settings)
            for name, settings in wanted.items()
        }
        for server in feeds.values():
            server.start_nowait()
            stack.callback(_end, server)
        for server in feeds.values():
            server.wait_ready(within=STARTED_WITHIN)
        yield Feeds(folder=folder, nats=nats, places=places, **feeds)


def _end(server: ServiceServer) -> None:
    if server.running:
        server.stop()
