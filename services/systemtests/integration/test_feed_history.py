"""Stored readings from a real broker's stream, far behind the ring."""

import asyncio
import time
from pathlib import Path

import httpx2

from infra.servers import NatsServer
from realtime.contracts import Record, encode_pack
from realtime.nats import NatsBroker, connect
from realtime.subjects import SENSORS, sensor_subject
from realtime.testing import wait_until
from systemtests.inprocess import running_feed

NAMES = ("a/x", "a/y", "b/x", "b/y")
COUNT = 1_500
"""Readings of each sensor."""
_TOGETHER = 100


async def publish(broker: NatsBroker) -> None:
    """Number all readings of all sensors, in turns."""

    async def one(number: int, name: str) -> None:
        pack = encode_pack([Record(n=name, v=float(number), t=time.time())])
        await broker.publish(sensor_subject(name), pack, message_id=f"{name}{number}")

    for start in range(0, COUNT, _TOGETHER):
        numbers = range(start, start + _TOGETHER)
        await asyncio.gather(*(one(number, name) for number in numbers for name in NAMES))


async def test_pages_from_behind_the_ring_are_whole(tmp_path: Path) -> None:
    with NatsServer(tmp_path) as server:
        async with connect(server.url, name="test") as broker:
            await wait_until(lambda: broker.connected)
            await broker.ensure_stream(SENSORS)
            since = time.time()
            await publish(broker)
            async with (
                running_feed(broker, ring_entries=100) as feed,
                httpx2.AsyncClient(trust_env=False, timeout=30) as client,
            ):
                hub = feed.feed.fanout.hub
                await wait_until(lambda: hub.flushed == COUNT * len(NAMES))
                url = feed.url + "/readings/history"
                full = (await client.get(f"{url}?limit=5000")).json()
                one = (await client.get(f"{url}?sensor=b/y&limit=5000&since={since}")).json()
                few = (await client.get(f"{url}?sensor=*/y&limit=10")).json()
    assert (len(full["readings"]), full["more"], full["reason"]) == (5_000, True, "limit")
    assert len({(record["n"], record["v"]) for record in full["readings"]}) == 5_000
    assert sorted(record["v"] for record in one["readings"]) == list(range(COUNT))
    assert {record["n"] for record in one["readings"]} == {"b/y"}
    assert one["more"] is False
    assert {record["n"] for record in few["readings"]} == {"a/y", "b/y"}
    assert full["upto"] == one["upto"] == few["upto"] == f"{hub.epoch}-{COUNT * len(NAMES)}"
