"""The stream over WebSocket: the same readings, positions and words, and its own close codes."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from realtime.contracts import Record, encode_pack
from realtime.lifecycle import Reason
from realtime.subjects import SENSORS, sensor_subject
from realtime.testing import Issuer, MemoryBroker, wait_until
from systemtests.inprocess import RunningFeed, running_feed
from systemtests.listener import listening
from systemtests.wire import feed_frames

RunFeed = Callable[..., AbstractAsyncContextManager[RunningFeed]]
Frame = dict[str, Any]


class Hearer:
    """One WebSocket; `frames` grows by itself, `code` is set when it has ended."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.frames: list[Frame] = []
        self.code: int | None = None

    async def listen(self) -> None:
        with suppress(ConnectionClosed):
            async for text in self.socket:
                frame = json.loads(text)
                feed_frames().check(frame["type"], frame)
                self.frames.append(frame)
        self.code = self.socket.close_code

    def of(self, type_: str) -> list[Frame]:
        return [frame for frame in self.frames if frame["type"] == type_]

    @property
    def records(self) -> list[dict[str, Any]]:
        return [record for frame in self.of("readings") for record in frame["data"]]

    @property
    def last_id(self) -> str:
        return [str(frame["id"]) for frame in self.frames if "id" in frame][-1]

    async def wait_closed(self) -> int | None:
        await wait_until(lambda: self.code is not None, what="the connection's end")
        return self.code


@asynccontextmanager
async def hearing(feed: RunningFeed, query: str = "", **options: Any) -> AsyncIterator[Hearer]:
    url = feed.url.replace("http", "ws") + "/ws/readings?" + query
    async with connect(url, proxy=None, **options) as socket:
        hearer = Hearer(socket)
        task = asyncio.create_task(hearer.listen())
        try:
            yield hearer
        finally:
            await socket.close()
            await task


async def publish(broker: MemoryBroker, first: int, last: int, name: str = "bench/x") -> None:
    for number in range(first, last + 1):
        pack = encode_pack([Record(n=name, v=float(number), t=1795343351.0 + number)])
        await broker.publish(sensor_subject(name), pack, message_id=f"{name}{number}")


def values(records: list[dict[str, Any]]) -> list[float]:
    return [record["v"] for record in records]


@pytest.fixture
def broker() -> MemoryBroker:
    return MemoryBroker()


@pytest.fixture(params=["direct", "portable"])
def run_feed(request: pytest.FixtureRequest) -> RunFeed:
    """Every test holds for sockets that write to the transport, and for those that can't."""
    return partial(running_feed, direct=request.param == "direct")


@pytest.fixture
async def feed(run_feed: RunFeed, broker: MemoryBroker) -> AsyncIterator[RunningFeed]:
    async with run_feed(broker) as running:
        yield running


async def test_both_transports_tell_the_same(feed: RunningFeed, broker: MemoryBroker) -> None:
    await publish(broker, 1, 3)
    await wait_until(lambda: feed.feed.fanout.hub.flushed == 3)
    async with hearing(feed, "sensor=bench/*") as socket:
        async with listening(feed.readings, params={"sensor": "bench/*"}) as events:
            await wait_until(lambda: len(socket.frames) == 2 and len(events.events) == 2)
            await publish(broker, 4, 60)
            await publish(broker, 1, 3, "other/x")
            await publish(broker, 61, 61)
            await wait_until(lambda: len(socket.records) == len(events.records) == 58)
    assert socket.records == events.records
    assert [frame["type"] for frame in socket.frames[:2]] == ["hello", "snapshot"]
    assert socket.frames[1]["data"] == events.of("snapshot")[0].data
    assert socket.frames[0]["id"] == socket.frames[1]["id"] == events.events[0].id
    assert socket.last_id == events.last_id


@pytest.mark.parametrize("ring", [100_000, 50])
async def test_a_resume_loses_and_repeats_nothing(
    run_feed: RunFeed, broker: MemoryBroker, ring: int
) -> None:
    async with run_feed(broker, ring_entries=ring) as feed:
        async with hearing(feed) as first:
            await publish(broker, 1, 5)
            await wait_until(lambda: len(first.records) == 5)
        await publish(broker, 6, 705)
        await wait_until(lambda: feed.feed.fanout.hub.flushed == 705)
        async with hearing(feed, f"last_event_id={first.last_id}") as second:
            await publish(broker, 706, 710)
            await wait_until(lambda: len(second.records) == 705)
    assert second.frames[0]["data"]["resumed"] is True
    assert not second.of("snapshot")
    assert values(first.records + second.records) == list(range(1, 711))


async def test_a_gap_and_the_brokers_state_are_told(
    feed: RunningFeed, broker: MemoryBroker
) -> None:
    async with hearing(feed) as socket, listening(feed.readings) as events:
        await publish(broker, 1, 3)
        await wait_until(lambda: len(socket.records) == len(events.records) == 3)
        broker.go_down()
        await wait_until(lambda: socket.of("status") and events.of("status"))
        broker.delete_stream(SENSORS.name)
        broker.come_up()
        await wait_until(lambda: socket.of("gap") and events.of("gap"))
    assert socket.of("status")[0]["data"] == {"upstream": "down"}
    assert socket.of("gap")[0]["data"] == events.of("gap")[0].data


async def test_a_pace_conflates(feed: RunningFeed, broker: MemoryBroker) -> None:
    async with hearing(feed, "max_hz=2&agg=mean") as socket:
        await wait_until(lambda: len(socket.frames) == 2)
        await publish(broker, 1, 100)
        await wait_until(lambda: socket.last_id.endswith("-100"))
    assert len(socket.records) < 10


async def test_a_quiet_one_hears_heartbeats(feed: RunningFeed) -> None:
    async with hearing(feed, "heartbeat=5") as socket:
        await wait_until(lambda: socket.of("heartbeat"), within=20)


async def test_a_drain_says_farewell_and_closes_with_1012(feed: RunningFeed) -> None:
    async with hearing(feed) as socket:
        await wait_until(lambda: len(socket.frames) == 2)
        feed.server.stop()
        assert await socket.wait_closed() == 1012
    assert socket.frames[-1]["type"] == "drain"


async def test_one_that_has_been_here_for_long_enough_is_asked_to_move(
    run_feed: RunFeed, broker: MemoryBroker
) -> None:
    async with (
        run_feed(broker, connection_age=timedelta(seconds=0.3)) as feed,
        hearing(feed) as socket,
    ):
        assert await socket.wait_closed() == 1012
        assert feed.feed.fanout.departures.asked[Reason.AGE] == 1
        await nothing_left(feed)
    assert socket.frames[-1]["type"] == "drain"


async def test_a_drain_takes_sockets_and_streams_in_one_wave(
    run_feed: RunFeed, broker: MemoryBroker
) -> None:
    async with (
        run_feed(broker, drain_pause=timedelta(0)) as feed,
        hearing(feed) as socket,
        listening(feed.readings) as events,
    ):
        await wait_until(lambda: feed.feed.fanout.departures.staying == 2)
        await feed.feed.fanout.departures.drain()
        await wait_until(lambda: socket.of("drain") and events.of("drain"))
        async with hearing(feed) as late:
            assert await late.wait_closed() == 1012


async def test_who_speaks_is_ended(feed: RunningFeed) -> None:
    async with hearing(feed) as socket:
        await socket.socket.send("{}")
        assert await socket.wait_closed() == 4501
    await nothing_left(feed)


async def test_nothing_is_left_of_one_that_leaves(feed: RunningFeed) -> None:
    async with hearing(feed) as socket:
        await wait_until(lambda: len(socket.frames) == 2)
        assert feed.feed.fanout.hub.subscribers == 1
    await nothing_left(feed)


async def nothing_left(feed: RunningFeed) -> None:
    fanout = feed.feed.fanout
    await wait_until(lambda: not fanout.hub.channels and len(fanout.departures) == 0)


async def test_without_a_place_it_is_told_when_to_come_back(
    run_feed: RunFeed, broker: MemoryBroker
) -> None:
    async with run_feed(broker, connections=1, channels=1) as feed:
        async with hearing(feed) as first:
            await wait_until(lambda: first.frames)
            async with hearing(feed) as second:
                assert await second.wait_closed() == 1013
    assert second.frames == []


async def test_too_many_channels_are_busy(run_feed: RunFeed, broker: MemoryBroker) -> None:
    async with run_feed(broker, channels=1) as feed:
        async with hearing(feed) as first:
            await wait_until(lambda: first.frames)
            async with hearing(feed, "sensor=a/b") as second:
                assert await second.wait_closed() == 1013
    assert second.frames[0]["type"] == "busy"
    assert second.frames[0]["data"]["reason"] == "channels"


async def test_an_edge_that_can_ask_another_replica_is_told_503(
    run_feed: RunFeed, broker: MemoryBroker
) -> None:
    elsewhere = {"Prefer": "elsewhere"}
    async with run_feed(broker, connections=1) as feed, hearing(feed) as one:
        await wait_until(lambda: one.frames)
        with pytest.raises(InvalidStatus) as full:
            async with hearing(feed, additional_headers=elsewhere):
                pass
        assert full.value.response.status_code == 503
        async with hearing(feed) as plain:
            assert await plain.wait_closed() == 1013


async def test_a_page_of_another_origin_is_refused(feed: RunningFeed) -> None:
    async with hearing(feed, origin="http://elsewhere.example") as socket:
        assert await socket.wait_closed() == 4503


async def test_a_bad_query_is_refused_before_the_handshake(feed: RunningFeed) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with hearing(feed, "max_hz=0"):
            pass
    assert refused.value.response.status_code == 400
    async with httpx2.AsyncClient(trust_env=False) as client:
        assert (await client.get(feed.url + "/ws/readings")).status_code == 426


async def test_a_scope_narrows_it(run_feed: RunFeed, broker: MemoryBroker, tmp_path: Path) -> None:
    issuer = Issuer(tmp_path)
    async with run_feed(broker, **issuer.settings) as feed:
        bearer = {"Authorization": f"Bearer {issuer.token('ada', 'sensors:a/>')}"}
        async with hearing(feed) as nobody:
            assert await nobody.wait_closed() == 4500
        async with hearing(feed, "sensor=b/x", additional_headers=bearer) as outside:
            assert await outside.wait_closed() == 4503
        async with hearing(feed, additional_headers=bearer) as ada:
            await wait_until(lambda: len(ada.frames) == 2)
            await publish(broker, 1, 1, "b/x")
            await publish(broker, 1, 1, "a/x")
            await wait_until(lambda: ada.records)
    assert [record["n"] for record in ada.records] == ["a/x"]


async def test_a_ticket_opens_one_socket_and_its_scope_narrows_replays_too(
    run_feed: RunFeed, broker: MemoryBroker, tmp_path: Path
) -> None:
    issuer = Issuer(tmp_path)
    headers = {"Authorization": f"Bearer {issuer.token('ada', 'sensors:a/>')}"}
    async with run_feed(broker, ring_entries=1, **issuer.settings) as feed:
        async with httpx2.AsyncClient(base_url=feed.url, trust_env=False) as client:
            ticket = (await client.post("/tickets", headers=headers)).json()["ticket"]
        await publish(broker, 1, 9, "b/x")
        await publish(broker, 1, 3, "a/x")
        hub = feed.feed.fanout.hub
        await wait_until(lambda: hub.flushed == 12)
        query = f"last_event_id={hub.epoch}-1&ticket={ticket}"
        async with hearing(feed, query) as ada:
            await wait_until(lambda: len(ada.records) == 3)
            assert ada.frames[0]["data"]["resumed"] is True
        async with hearing(feed, query) as again:
            assert await again.wait_closed() == 4500
    assert {record["n"] for record in ada.records} == {"a/x"}
