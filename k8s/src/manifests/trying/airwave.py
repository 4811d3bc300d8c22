"""Our services on the three servers, each as its own user; and how long one hears nothing."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from infra.servers import ServiceServer, ValkeyServer, chat_server, feed_server, producer_server
from manifests.trying.nats import Cluster
from manifests.trying.service import Balancer, service
from realtime import tokens


class Silence:
    """The longest time in which a list did not grow."""

    def __init__(self, values: list[int]) -> None:
        self._values = values
        self.longest = 0.0

    async def watch(self) -> None:
        """Measure until cancelled."""
        seen, since = len(self._values), time.monotonic()
        while True:
            await asyncio.sleep(0.01)
            if len(self._values) != seen:
                seen, since = len(self._values), time.monotonic()
            self.longest = max(self.longest, time.monotonic() - since)


def _services(
    directory: Path, running: Cluster, broker: Balancer, store: ValkeyServer
) -> dict[str, ServiceServer]:
    """Each with its own user, tokens and guests, and no right to make a stream."""
    keys = directory / "keys"
    tokens.main(["keys", str(keys)])
    identity = {
        "AUTH": "jwt",
        "JWKS": str(keys / "jwks.json"),
        "ISSUER": "tests",
        "NATS_STREAMS": "use",
        "DRAIN_WINDOW": "0.2",
    }
    at = {user: running.url(user, broker.port) for user in ("producer", "feed", "chat")}
    feed = {**identity, "GUEST_SCOPE": "sensors:>"}
    chat = {**identity, "GUEST_SCOPE": "rooms:lobby", "POSTS_BURST": "1000"}
    return {
        "producer": producer_server(
            directory / "producer",
            nats_url=at["producer"],
            settings={"SOURCES": "simulate", "NATS_STREAMS": "use"},
        ),
        "feed": feed_server(directory / "feed", nats_url=at["feed"], settings=feed),
        "chat": chat_server(
            directory / "chat", nats_url=at["chat"], redis_url=store.url, settings=chat
        ),
    }


@asynccontextmanager
async def airwave(running: Cluster, directory: Path) -> AsyncIterator[dict[str, ServiceServer]]:
    """Feed and chat on the cluster, through one address for all three servers.

    The producer is made and not started: the ledger counts numbered readings only.
    """
    async with AsyncExitStack() as stack:
        broker = await stack.enter_async_context(service(running.ports))
        store = stack.enter_context(ValkeyServer(directory / "valkey"))
        found = _services(directory, running, broker, store)
        for name in ("feed", "chat"):
            found[name].start_nowait()
            stack.callback(found[name].kill)
        for name in ("feed", "chat"):
            await asyncio.to_thread(found[name].wait_ready)
        yield found
