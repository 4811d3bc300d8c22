"""Two replicas of feed and chat behind the real edge, replaced one after the other under load."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from ssl import create_default_context

import httpx2
import pytest

from infra.servers import NatsServer, feed_server
from realtime.client import Chat, Feed, Gap, Message, Readings, Room, RoomGap
from realtime.nats import connect
from realtime.subjects import SENSORS
from realtime.testing import wait_until
from systemtests.ledger import Publisher
from systemtests.listener import listening
from systemtests.replicas import Replicas, running_replicas

SLOW = 60.0
"""Seconds: a deadline for a machine that has other things to do."""


@asynccontextmanager
async def running_pairs(directory: Path, **settings: str) -> AsyncIterator[Replicas]:
    # Nobody evens out in between, however long it takes: only ends of replicas are looked at.
    common = {"DRAIN_WINDOW": "2", "SHED_SHARE": "0", **settings}
    async with running_replicas(directory, 2, common) as pairs:
        yield pairs


async def replace(pairs: Replicas, number: int) -> None:
    """Replace one replica of each."""
    victims = (pairs.feeds[number], pairs.chats[number])
    await asyncio.gather(*map(pairs.restart, victims))


@dataclass
class Crowd:
    """Streams and members that come back by themselves, and what each of them saw."""

    feeds: list[Feed] = field(default_factory=list)
    chats: list[Chat] = field(default_factory=list)
    values: list[list[int]] = field(default_factory=list)
    messages: list[list[str]] = field(default_factory=list)
    gaps: list[Gap | RoomGap] = field(default_factory=list)
    posted: list[str] = field(default_factory=list)

    @property
    def connections(self) -> list[int]:
        """How often each of them has connected."""
        streams = [feed.connections for feed in self.feeds]
        return streams + [chat.connections for chat in self.chats]

    async def settle(self, publisher: Publisher) -> None:
        """Wait until everybody has seen the last of everything that was acknowledged."""
        last = max(publisher.acknowledged.values())
        await wait_until(lambda: all(seen[-1] >= last for seen in self.values), within=SLOW)
        await wait_until(
            lambda: all(set(seen) >= set(self.posted) for seen in self.messages), within=SLOW
        )

    def judge(self, publisher: Publisher) -> None:
        """Nobody lost anything, saw it twice or out of order, or was told a loss."""
        assert not self.gaps
        for seen in self.values:
            assert seen == list(range(seen[0], seen[-1] + 1))
            assert seen[0] == 1
            assert set(publisher.acknowledged.values()) <= set(seen)
        order = max(self.messages, key=len)
        for texts in self.messages:
            assert len(set(texts)) == len(texts)
            assert texts == order[: len(texts)], "the same order for all"


async def read_feed(feed: Feed, values: list[int]) -> None:
    async for event in feed:
        if isinstance(event, Readings):
            values += [int(record.v or 0) for record in event.records]


async def read_room(room: Room, texts: list[str]) -> None:
    while True:
        message: Message = await anext(room)
        texts.append(message.text)


async def post_on(room: Room, posted: list[str], *, every: float) -> None:
    number = 0
    while True:
        number += 1
        await room.post(str(number))
        posted.append(str(number))
        await asyncio.sleep(every)


@asynccontextmanager
async def crowd_at(pairs: Replicas, *, streams: int, members: int) -> AsyncIterator[Crowd]:
    crowd, context = Crowd(), create_default_context()
    url = pairs.edge.url
    async with AsyncExitStack() as stack:
        tasks: list[asyncio.Task[None]] = []
        stack.push_async_callback(cancel, tasks)
        for _ in range(streams):
            # A connection of its own each, but one reading of the certificates for all.
            http = await stack.enter_async_context(
                httpx2.AsyncClient(verify=context, timeout=httpx2.Timeout(10, read=None))
            )
            feed = Feed(url + "/feed", on_gap=crowd.gaps.append, http=http)
            crowd.feeds.append(await stack.enter_async_context(feed))
            crowd.values.append([])
            tasks.append(asyncio.create_task(read_feed(feed, crowd.values[-1])))
        rooms: list[Room] = []
        for number in range(members):
            chat = Chat(url + "/chat", name=f"member{number}", on_gap=crowd.gaps.append)
            crowd.chats.append(await stack.enter_async_context(chat))
            room = await chat.join("lobby")
            crowd.messages.append([])
            tasks.append(asyncio.create_task(read_room(room, crowd.messages[-1])))
            rooms.append(room)
        await wait_until(lambda: all(f.state == "live" for f in crowd.feeds), within=SLOW)
        tasks.append(asyncio.create_task(post_on(rooms[0], crowd.posted, every=0.1)))
        yield crowd
        tasks[-1].cancel()


async def cancel(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def publishing(pairs: Replicas, *, every: float) -> AsyncIterator[Publisher]:
    async with connect(pairs.nats.url, name="publisher") as broker:
        await wait_until(lambda: broker.connected)
        await broker.ensure_stream(SENSORS)
        publisher = Publisher(broker)
        async with publisher.steadily(every=every):
            yield publisher


async def roll(directory: Path, *, streams: int, members: int, rounds: int) -> None:
    async with running_pairs(directory) as pairs:
        async with crowd_at(pairs, streams=streams, members=members) as crowd:
            async with publishing(pairs, every=0.2) as publisher:
                await wait_until(lambda: all(crowd.values), within=SLOW)
                for _ in range(rounds):
                    for number in range(2):
                        before = crowd.connections
                        await replace(pairs, number)
                        # Nobody is sent away twice by one replica's end.
                        pairs_of = zip(before, crowd.connections, strict=True)
                        assert all(after - was <= 1 for was, after in pairs_of)
            await crowd.settle(publisher)
        crowd.judge(publisher)
        # Each of a round's two ends met its own clients, all of them together everybody.
        assert all(rounds <= times - 1 <= 2 * rounds for times in crowd.connections)
        said = pairs.edge.log_path.read_text()
        assert '"status":5' not in said


@pytest.mark.timeout(180)
async def test_a_rolling_restart_loses_nothing_and_costs_one_reconnect(tmp_path: Path) -> None:
    await roll(tmp_path, streams=40, members=10, rounds=1)


@pytest.mark.whole
@pytest.mark.timeout(900)
async def test_five_rolling_restarts_under_a_thousand_streams(tmp_path: Path) -> None:
    await roll(tmp_path, streams=1_000, members=200, rounds=5)


@pytest.mark.timeout(120)
async def test_connections_move_at_their_age_and_nothing_is_lost(tmp_path: Path) -> None:
    async with running_pairs(tmp_path, CONNECTION_AGE="2") as pairs:
        async with crowd_at(pairs, streams=10, members=4) as crowd:
            async with publishing(pairs, every=0.02) as publisher:
                await wait_until(lambda: min(crowd.connections) >= 3, within=SLOW)
            await crowd.settle(publisher)
        crowd.judge(publisher)


@pytest.mark.timeout(60)
async def test_a_second_sigterm_ends_at_once_and_still_says_farewell(tmp_path: Path) -> None:
    with NatsServer(tmp_path / "nats") as nats:
        settings = {"DRAIN_PAUSE": "300", "DRAIN_WINDOW": "300"}
        with feed_server(tmp_path / "feed", nats_url=nats.url, settings=settings) as feed:
            async with (
                listening(feed.url + "/readings") as listener,
                httpx2.AsyncClient(trust_env=False) as client,
            ):
                await wait_until(lambda: listener.events)
                os.kill(feed.pid, signal.SIGTERM)

                async def unready() -> bool:
                    return (await client.get(feed.admin_url + "/readyz")).status_code == 503

                await wait_until(unready)
                metrics = (await client.get(feed.admin_url + "/metrics")).text
                assert "feed_draining 1.0" in metrics
                assert "feed_staying 1.0" in metrics
                async with listening(feed.url + "/readings") as late:
                    await wait_until(lambda: late.ended)
                assert (late.events[0].name, late.events[0].data["reason"]) == ("busy", "draining")
                began = time.monotonic()
                os.kill(feed.pid, signal.SIGTERM)
                await wait_until(lambda: listener.ended or listener.error, within=SLOW)
                assert listener.names[-1] == "drain"
            await asyncio.to_thread(feed.wait)
            assert time.monotonic() - began < 60
