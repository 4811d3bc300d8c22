"""What each transport is charged with, over real connections."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from websockets.asyncio.client import connect

from realtime.contracts import Record, encode_pack
from realtime.subjects import sensor_subject
from realtime.testing import Issuer, MemoryBroker, wait_until
from systemtests.inprocess import RunningFeed, running_feed
from systemtests.listener import listening


@pytest.fixture
async def feed(broker: MemoryBroker) -> AsyncIterator[RunningFeed]:
    async with running_feed(broker) as running:
        yield running


@pytest.fixture
def broker() -> MemoryBroker:
    return MemoryBroker()


async def publish(broker: MemoryBroker, number: int) -> None:
    pack = encode_pack([Record(n="a/b", v=float(number), t=1795343351.0)])
    await broker.publish(sensor_subject("a/b"), pack, message_id=str(number))


async def told(feed: RunningFeed) -> dict[str, Any]:
    async with httpx2.AsyncClient(trust_env=False) as client:
        found: dict[str, Any] = (await client.get(feed.url + "/costs")).json()
    return found


async def test_a_fresh_replica_has_spent_nothing_on_any_transport(feed: RunningFeed) -> None:
    costs = await told(feed)
    assert set(costs["transports"]) == {"sse", "websocket", "polling"}
    for cost in costs["transports"].values():
        assert cost == {"cpu_seconds": 0.0, "bytes": 0, "messages": 0, "connections": 0}
    assert costs["cpu_seconds"] > 0
    assert costs["since"] <= costs["server_time"] + 1


async def test_each_transport_is_charged_with_its_own_messages_and_bytes(
    feed: RunningFeed, broker: MemoryBroker
) -> None:
    plain = {"Accept-Encoding": "identity"}
    url = feed.url.replace("http", "ws") + "/ws/readings"
    heard: list[str] = []

    async with listening(feed.readings, headers=plain) as events, connect(url, proxy=None) as ws:
        heard += [str(await ws.recv()) for _ in range(2)]
        await wait_until(lambda: len(events.events) == 2)
        for number in range(5):
            await publish(broker, number)
            heard.append(str(await ws.recv()))
        await wait_until(lambda: len(events.events) == 7)
        costs = (await told(feed))["transports"]
    socket, sse = costs["websocket"], costs["sse"]
    assert (socket["messages"], socket["connections"]) == (7, 1)
    assert socket["bytes"] == sum(len(text.encode()) for text in heard)
    assert (sse["messages"], sse["connections"]) == (7, 1)
    # The same said as events: a name, an id and data, with `retry` before the first.
    told_as_events = sum(
        len(f"event: {one['type']}\nid: {one['id']}\ndata: \n\n")
        + len(json.dumps(one["data"], separators=(",", ":")))
        for one in map(json.loads, heard)
    )
    # Both say the server's time at which they began: 1795343351.2 is shorter than 1795343351.25.
    assert abs(sse["bytes"] - told_as_events - len("retry: 1000\n")) <= 3
    assert socket["cpu_seconds"] > 0
    assert sse["cpu_seconds"] > 0


async def test_compressed_bytes_are_what_was_sent(feed: RunningFeed, broker: MemoryBroker) -> None:
    body = b""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(feed.url.rpartition(":")[2]))
    writer.write(b"GET /readings HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n")
    await reader.readuntil(b"\r\n\r\n")
    await wait_until(lambda: feed.feed.fanout.hub.subscribers == 1)
    for number in range(20):
        await publish(broker, number)
    await wait_until(lambda: feed.feed.fanout.hub.flushed == 20)
    feed.server.stop()
    while size := int(await reader.readline(), 16):
        body += await reader.readexactly(size)
        await reader.readline()
    fanout = feed.feed.fanout
    counted = fanout.costs.tell(fanout.connections, fanout.deflater).transports
    writer.close()
    assert {str(name): cost.bytes for name, cost in counted.items()}["sse"] == len(body)


async def test_a_poll_is_charged_with_its_whole_answer(
    feed: RunningFeed, broker: MemoryBroker
) -> None:
    await publish(broker, 1)
    await wait_until(lambda: feed.feed.fanout.hub.flushed == 1)
    async with httpx2.AsyncClient(base_url=feed.url, trust_env=False) as client:
        first = await client.get("/readings/latest")
        second = await client.get(
            "/readings/latest", headers={"If-None-Match": first.headers["etag"]}
        )
    assert (first.status_code, second.status_code) == (200, 304)
    polling = (await told(feed))["transports"]["polling"]
    assert (polling["messages"], polling["connections"]) == (2, 0)
    assert polling["bytes"] > len(first.content) + 100
    assert polling["cpu_seconds"] > 0


async def test_costs_are_for_who_may_see_anything(tmp_path: Any, broker: MemoryBroker) -> None:
    issuer = Issuer(tmp_path)
    async with (
        running_feed(broker, **issuer.settings) as feed,
        httpx2.AsyncClient(base_url=feed.url, trust_env=False) as client,
    ):
        assert (await client.get("/costs")).status_code == 401
        headers = {"Authorization": f"Bearer {issuer.token('ada', 'sensors:a/>')}"}
        assert (await client.get("/costs", headers=headers)).status_code == 200
