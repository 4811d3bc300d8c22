"""A feed in the test's own process: real uvicorn on a free port over any broker."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from feed.app import Feed, create_app
from feed.settings import FeedSettings
from realtime.broker import Broker
from realtime.identity.gate import Gate
from realtime.serving import Server, make_server, open_listener
from realtime.testing import wait_until


@dataclass(frozen=True, slots=True)
class RunningFeed:
    """A feed and where it listens."""

    feed: Feed
    server: Server
    url: str

    @property
    def readings(self) -> str:
        """The stream's address."""
        return self.url + "/readings"


async def wait_identity(gate: Gate) -> None:
    """Wait until a gate that goes by tokens can tell people apart."""
    tokens = gate.tokens
    if tokens is not None:
        await wait_until(lambda: tokens.keys.ready, what="the keys")
        await wait_until(tokens.revocations.tail.started.is_set, what="the revocations")


@asynccontextmanager
async def running_feed(
    broker: Broker, *, wait_ready: bool = True, direct: bool = True, **settings: Any
) -> AsyncIterator[RunningFeed]:
    """Run a feed over ``broker``; ready when entered, unless told otherwise.

    ``direct`` is of `make_server`.
    """
    feed = create_app(FeedSettings(nats_url="", **settings), broker)
    server = make_server(feed.asgi, departures=feed.fanout.departures, direct=direct)
    listener = open_listener("127.0.0.1", 0)
    port = listener.getsockname()[1]
    background = [asyncio.create_task(part()) for part in feed.background]
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        if wait_ready:
            await asyncio.wait_for(feed.fanout.relay.tail.started.wait(), 10)
            await asyncio.sleep(0)
            await wait_identity(feed.gate)
        yield RunningFeed(feed, server, f"http://127.0.0.1:{port}")
    finally:
        feed.fanout.departures.hurry()
        server.stop()
        await serving
        for task in background:
            task.cancel()
        await asyncio.gather(*background, return_exceptions=True)
