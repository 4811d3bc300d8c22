"""Polling that waits for something newer."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx2
import pytest
from starlette.datastructures import Headers

from feed.long_poll import parse_wait
from realtime.contracts import Record, encode_pack
from realtime.subjects import sensor_subject
from realtime.testing import MemoryBroker, wait_until
from systemtests.inprocess import RunningFeed, running_feed


@pytest.fixture
def broker() -> MemoryBroker:
    return MemoryBroker()


@pytest.fixture
async def feed(broker: MemoryBroker) -> AsyncIterator[RunningFeed]:
    async with running_feed(broker) as running:
        yield running


@pytest.fixture
async def client(feed: RunningFeed) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=feed.url, trust_env=False, timeout=30) as made:
        yield made


async def poll(client: httpx2.AsyncClient, etag: str, prefer: str) -> httpx2.Response:
    headers = {"If-None-Match": etag, "Prefer": prefer}
    return await client.get("/readings/latest", headers=headers)


async def publish(feed: RunningFeed, broker: MemoryBroker, number: int) -> None:
    pack = encode_pack([Record(n="a/b", v=float(number), t=1795343351.0)])
    await broker.publish(sensor_subject("a/b"), pack, message_id=str(number))
    await wait_until(lambda: feed.feed.fanout.hub.flushed == number)


@pytest.mark.parametrize(
    ("prefer", "seconds"),
    [
        ("wait=3", 3),
        ("respond-async, wait=3", 3),
        ("status; wait=2", 2),
        ("WAIT=4", 4),
        ("wait=0", 0),
        ("wait=10", 10),
        ("wait=11", 10),
        ("wait=99999", 10),
        ("wait=999999", 0),
        ("wait=-1", 0),
        ("await=3", 0),
        ("wait=3x", 0),
        ("", 0),
    ],
)
def test_a_wait_is_read_and_bounded(prefer: str, seconds: float) -> None:
    headers, longest = Headers({"prefer": prefer}), timedelta(seconds=10)
    assert parse_wait(headers, longest=longest) == timedelta(seconds=seconds)


async def test_it_is_answered_when_there_is_something_newer(
    feed: RunningFeed, broker: MemoryBroker, client: httpx2.AsyncClient
) -> None:
    await publish(feed, broker, 1)
    first = await client.get("/readings/latest")
    waiting = asyncio.create_task(poll(client, first.headers["etag"], "wait=10"))
    await wait_until(lambda: len(feed.feed.fanout.departures) == 1)
    assert not waiting.done()
    await publish(feed, broker, 2)
    answer = await waiting
    assert answer.status_code == 200
    assert answer.json()[0]["v"] == 2.0
    assert answer.headers["preference-applied"] == "wait"
    await nothing_left(feed)


async def test_one_that_is_behind_does_not_wait(
    feed: RunningFeed, broker: MemoryBroker, client: httpx2.AsyncClient
) -> None:
    await publish(feed, broker, 1)
    answer = await poll(client, '"old-0"', "wait=10")
    assert answer.status_code == 200
    assert "preference-applied" not in answer.headers


async def test_after_its_time_there_is_nothing_newer(
    feed: RunningFeed, client: httpx2.AsyncClient
) -> None:
    first = await client.get("/readings/latest")
    answer = await poll(client, first.headers["etag"], "wait=1")
    assert answer.status_code == 304
    assert answer.headers["etag"] == first.headers["etag"]
    await nothing_left(feed)


async def test_nobody_waits_for_longer_than_is_set(broker: MemoryBroker) -> None:
    """Who asks for a day is answered at the longest, and who asks for less at what they asked."""
    for longest, asked, least in ((0.5, "wait=86400", 0.5), (20, "wait=1", 1.0)):
        async with (
            running_feed(broker, poll_wait=timedelta(seconds=longest)) as feed,
            httpx2.AsyncClient(base_url=feed.url, trust_env=False, timeout=60) as client,
        ):
            etag = (await client.get("/readings/latest")).headers["etag"]
            began = time.monotonic()
            answer = await poll(client, etag, asked)
            assert answer.status_code == 304
            assert answer.headers["preference-applied"] == "wait"
            # A loop's timer goes by the time at which its turn began.
            assert time.monotonic() - began >= 0.9 * least
            await nothing_left(feed)


async def test_where_nobody_may_wait_a_poll_is_answered_at_once(broker: MemoryBroker) -> None:
    async with (
        running_feed(broker, poll_wait=timedelta(0)) as feed,
        httpx2.AsyncClient(base_url=feed.url, trust_env=False, timeout=60) as client,
    ):
        etag = (await client.get("/readings/latest")).headers["etag"]
        answer = await poll(client, etag, "wait=86400")
        assert answer.status_code == 304
        assert "preference-applied" not in answer.headers


async def test_a_drain_sends_it_home(feed: RunningFeed, client: httpx2.AsyncClient) -> None:
    first = await client.get("/readings/latest")
    waiting = asyncio.create_task(poll(client, first.headers["etag"], "wait=10"))
    await wait_until(lambda: len(feed.feed.fanout.departures) == 1)
    feed.server.stop()
    assert (await waiting).status_code == 304


async def test_waiting_takes_a_place(broker: MemoryBroker) -> None:
    async with (
        running_feed(broker, connections=1) as feed,
        httpx2.AsyncClient(base_url=feed.url, trust_env=False, timeout=30) as client,
    ):
        etag = (await client.get("/readings/latest")).headers["etag"]
        waiting = asyncio.create_task(poll(client, etag, "wait=10"))
        await wait_until(lambda: len(feed.feed.fanout.departures) == 1)
        refused = await poll(client, etag, "wait=10")
        assert refused.status_code == 503
        assert refused.json()["code"] == "full"
        assert (await poll(client, etag, "")).status_code == 304
        await publish(feed, broker, 1)
        assert (await waiting).status_code == 200


async def nothing_left(feed: RunningFeed) -> None:
    await wait_until(lambda: len(feed.feed.fanout.departures) == 0)
