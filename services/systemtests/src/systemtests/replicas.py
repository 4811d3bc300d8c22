"""Replicas of feed and chat behind the real edge, as many as a test wants at a time."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import httpx2
from prometheus_client.parser import text_string_to_metric_families

from infra.servers import (
    EdgeServer,
    NatsServer,
    ServiceServer,
    ValkeyServer,
    chat_server,
    feed_server,
)

STARTED_WITHIN = timedelta(seconds=60)
"""Each takes a second or two to import, and more where others need the machine."""


@dataclass(slots=True)
class Replicas:
    """``settings`` are of every replica; `add` starts one more of each service."""

    directory: Path
    nats: NatsServer
    valkey: ValkeyServer
    edge: EdgeServer
    settings: Mapping[str, str]
    feeds: list[ServiceServer] = field(default_factory=list)
    chats: list[ServiceServer] = field(default_factory=list)

    async def add(self, count: int = 1) -> None:
        """Start ``count`` more of each, and lead the edge to all of them once they are ready."""
        new = [server for _ in range(count) for server in self._another()]
        await asyncio.gather(
            *(asyncio.to_thread(server.wait_ready, within=STARTED_WITHIN) for server in new)
        )
        feeds, chats = (
            tuple(server.address for server in servers) for servers in (self.feeds, self.chats)
        )
        if self.edge.running:
            self.edge.route(feed=feeds, chat=chats)
        else:
            self.edge.site = replace(self.edge.site, feed=feeds, chat=chats)

    async def restart(self, server: ServiceServer) -> None:
        """Replace one, and tell the edge nothing: it goes on choosing it."""
        status = await asyncio.to_thread(server.stop)
        assert status in {0, 143}
        await asyncio.to_thread(server.start)

    def end(self) -> None:
        """Kill what still runs."""
        for server in (*self.feeds, *self.chats):
            if server.running:
                server.kill()

    def _another(self) -> tuple[ServiceServer, ServiceServer]:
        number = len(self.feeds)
        common = {"LOG_FORMAT": "json", **self.settings}
        feed = feed_server(
            self.directory / f"feed{number}", nats_url=self.nats.url, settings=common
        )
        chat = chat_server(
            self.directory / f"chat{number}",
            nats_url=self.nats.url,
            redis_url=self.valkey.url,
            settings={**common, "POSTS_BURST": "10000"},
        )
        self.feeds.append(feed)
        self.chats.append(chat)
        for server in (feed, chat):
            server.start_nowait()
        return feed, chat


async def metrics_of(server: ServiceServer) -> dict[str, float]:
    """Every metric without labels, by its name, and with them as ``name{value,…}``."""
    async with httpx2.AsyncClient(trust_env=False, timeout=30) as client:
        text = (await client.get(server.admin_url + "/metrics")).text
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = ",".join(sample.labels.values())
            found[sample.name + (f"{{{labels}}}" if labels else "")] = sample.value
    return found


@asynccontextmanager
async def running_replicas(
    directory: Path, count: int, settings: Mapping[str, str]
) -> AsyncIterator[Replicas]:
    """``count`` of each service behind the edge, while the context lasts."""
    with ExitStack() as stack:
        nats = stack.enter_context(NatsServer(directory / "nats"))
        valkey = stack.enter_context(ValkeyServer(directory / "valkey"))
        edge = EdgeServer(directory / "edge", feed=(), chat=())
        replicas = Replicas(directory, nats, valkey, edge, settings)
        stack.callback(replicas.end)
        await replicas.add(count)
        stack.enter_context(edge)
        yield replicas
