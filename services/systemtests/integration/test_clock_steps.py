"""A step of the wall clock by an hour, either way, under feed and chat: nobody notices."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from infra.servers import NatsServer, ServiceServer, ValkeyServer
from realtime.nats import connect
from realtime.subjects import SENSORS
from realtime.testing import wait_until
from systemtests.ledger import Client, Publisher, client_of, judge, settle
from systemtests.listener import listening
from systemtests.replicas import metrics_of
from systemtests.talker import Talker, talking
from systemtests.wall_clock import HOUR, Clocked, WallClock, missing

SLOW = 60.0

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())


class Replica(Clocked, ServiceServer):
    """feed or chat, on a clock of ours."""


@asynccontextmanager
async def services(
    directory: Path, nats: NatsServer, valkey: ValkeyServer
) -> AsyncIterator[tuple[ServiceServer, ServiceServer, WallClock]]:
    # An age that a step would pass, if it were told by the wall clock.
    settings = {"NATS_URL": nats.url, "CONNECTION_AGE": "900", "DRAIN_WINDOW": "0.5"}
    feed = Replica("feed", directory / "feed", settings={**settings, "HEARTBEAT": "5"})
    chat = Replica("chat", directory / "chat", settings={**settings, "REDIS_URL": valkey.url})
    clock = WallClock(directory / "faketime")
    for server in (feed, chat):
        server.clock = clock
        server.start_nowait()
    try:
        await asyncio.gather(*(asyncio.to_thread(s.wait_ready) for s in (feed, chat)))
        yield feed, chat, clock
        # Its timers are those of a drain, too.
        assert {await asyncio.to_thread(server.stop) for server in (feed, chat)} <= {0, 143}
    finally:
        for server in (feed, chat):
            if server.running:
                server.kill()


async def clock_of(feed: ServiceServer) -> float:
    """How far the feed's wall clock is from ours."""
    async with listening(feed.url + "/readings") as listener:
        await wait_until(lambda: listener.events)
        return float(listener.events[0].data["server_time"]) - time.time()


async def step(feed: ServiceServer, clock: WallClock, offset: int) -> None:
    clock.set(offset)

    async def taken() -> bool:
        return abs(await clock_of(feed) - offset) < 60

    await wait_until(taken, what="the step", within=SLOW)


async def go_on(publisher: Publisher, client: Client, ada: Talker, cid: str) -> None:
    """Readings and posts arrive, and time goes by as before: a heartbeat after quiet."""
    await publisher.publish(20)
    await settle(publisher, client)
    assert (await ada.post(cid))["type"] == "ack"
    beats = client.names().count("heartbeat")
    await wait_until(lambda: client.names().count("heartbeat") >= beats + 1, within=SLOW)


@pytest.mark.timeout(240)
async def test_a_step_of_the_wall_clock_ends_loses_and_delays_nothing(
    tmp_path: Path,
) -> None:
    with NatsServer(tmp_path / "nats") as nats, ValkeyServer(tmp_path / "valkey") as valkey:
        async with (
            services(tmp_path, nats, valkey) as (feed, chat, clock),
            connect(nats.url, name="publisher") as broker,
            client_of(feed.url + "/readings") as client,
            talking(chat.url.replace("http", "ws") + "/ws", name="ada") as ada,
        ):
            await wait_until(lambda: broker.connected and client.events)
            await broker.ensure_stream(SENSORS)
            publisher = Publisher(broker)
            await ada.join()
            await go_on(publisher, client, ada, "before")
            for offset in (HOUR, -HOUR):
                await step(feed, clock, offset)
                await go_on(publisher, client, ada, f"c{offset}".replace("-", "m"))
            assert client.connections == 1
            assert "gap" not in client.names()
            assert judge(publisher, client).clean
            assert not [f for f in ada.all("presence") if f["left"]]
            found = await metrics_of(feed) | await metrics_of(chat)
            for name in ("feed_aged_total", "chat_aged_total", "feed_sensors_stale"):
                assert found[name] == 0
