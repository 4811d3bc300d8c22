"""A stream that is compressed once for everybody, read by strict and by ordinary clients."""

import asyncio
import gzip
import random
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import pytest

from realtime.testing import MemoryBroker, wait_until
from systemtests.inprocess import RunningFeed, running_feed
from systemtests.ledger import Publisher
from systemtests.listener import listening

PLAIN = {"Accept-Encoding": "identity"}


@pytest.fixture
def broker() -> MemoryBroker:
    return MemoryBroker()


@pytest.fixture
def sensors(broker: MemoryBroker) -> Publisher:
    return Publisher(broker)


@pytest.fixture(params=["direct", "portable"])
async def feed(request: pytest.FixtureRequest, broker: MemoryBroker) -> AsyncIterator[RunningFeed]:
    async with running_feed(broker, direct=request.param == "direct") as running:
        yield running


def compressed(feed: RunningFeed) -> int:
    deflater = feed.feed.fanout.deflater
    assert deflater is not None
    return deflater.compressed


class Raw:
    """What came over one connection, as it came."""

    def __init__(self) -> None:
        self.body = b""
        self.headers = httpx2.Headers()
        self.ended = False

    @property
    def text(self) -> str:
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(self.body).decode()


@asynccontextmanager
async def reading(url: str, *, last_event_id: str | None = None) -> AsyncIterator[Raw]:
    """Read a gzip stream without decoding it."""
    raw = Raw()
    headers = {"Accept-Encoding": "gzip"}
    if last_event_id is not None:
        headers["Last-Event-ID"] = last_event_id

    async def run() -> None:
        async with (
            httpx2.AsyncClient(timeout=None, trust_env=False) as client,
            client.stream("GET", url, headers=headers) as answer,
        ):
            raw.headers = answer.headers
            async for chunk in answer.aiter_raw():
                raw.body += chunk
        raw.ended = True

    task = asyncio.create_task(run())
    try:
        await wait_until(lambda: raw.body, what="the stream's first bytes")
        yield raw
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_only_who_asks_is_sent_gzip(feed: RunningFeed, sensors: Publisher) -> None:
    async with listening(feed.readings) as zipped, listening(feed.readings, headers=PLAIN) as plain:
        await sensors.publish(3)
        await wait_until(lambda: len(zipped.records) == 3 == len(plain.records))
    assert zipped.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert zipped.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"
    assert zipped.records == plain.records


async def test_a_head_request_is_told_the_same(feed: RunningFeed) -> None:
    async with httpx2.AsyncClient(trust_env=False) as client:
        zipped = await client.head(feed.readings, headers={"Accept-Encoding": "gzip"})
        plain = await client.head(feed.readings, headers=PLAIN)
    assert zipped.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers


async def test_nothing_is_compressed_while_nobody_asks(
    feed: RunningFeed, sensors: Publisher
) -> None:
    async with listening(feed.readings, headers=PLAIN) as plain:
        await sensors.publish(50)
        await wait_until(lambda: len(plain.records) == 50)
    assert compressed(feed) == 0


async def test_a_flush_is_compressed_once_for_everybody(
    feed: RunningFeed, sensors: Publisher
) -> None:
    async with (
        listening(feed.readings) as one,
        listening(feed.readings) as two,
        listening(feed.readings) as three,
    ):
        everybody = (one, two, three)
        await wait_until(lambda: all(one.events for one in everybody))
        before = compressed(feed)
        for count in (1, 2, 3):
            await sensors.publish(1)
            await wait_until(lambda n=count: all(len(one.records) == n for one in everybody))
        assert compressed(feed) - before == 3


async def test_a_setting_turns_it_off(broker: MemoryBroker, sensors: Publisher) -> None:
    async with running_feed(broker, gzip=False) as feed, listening(feed.readings) as listener:
        await sensors.publish(1)
        await wait_until(lambda: len(listener.records) == 1)
        assert "content-encoding" not in listener.headers


async def test_joins_at_random_moments_read_unbroken_and_end_with_the_right_sum(
    feed: RunningFeed, sensors: Publisher
) -> None:
    """`gzip.decompress` refuses a stream whose end, size or checksum is not right."""
    draw = random.Random(7)  # noqa: S311 - a test's choice
    streams: list[Raw] = []
    contexts = []
    for _ in range(8):
        await sensors.publish(draw.randint(1, 30))
        context = reading(feed.readings)
        streams.append(await context.__aenter__())
        contexts.append(context)
        await sensors.publish(draw.randint(1, 30))
    last = f'"v":{float(sensors.count)}'
    await wait_until(lambda: all(last in raw.text for raw in streams))
    feed.feed.fanout.departures.hurry()
    feed.server.stop()
    await wait_until(lambda: all(raw.ended for raw in streams), what="the farewell")
    for raw in streams:
        text = gzip.decompress(raw.body).decode()
        assert text.startswith("retry: ")
        assert text.count("event: drain\n") == 1
        values = [float(part.split(",")[0]) for part in readings_of(text).split('"v":')[1:]]
        assert values == [float(n) for n in range(int(values[0]), sensors.count + 1)]
    for context in contexts:
        await context.__aexit__(None, None, None)


def readings_of(text: str) -> str:
    """The data of all ``readings`` events."""
    blocks = text.split("\n\n")
    return "".join(block for block in blocks if "event: readings\n" in block)


async def test_a_replay_is_framed_and_compressed_once_for_all_who_come_back(
    feed: RunningFeed, sensors: Publisher
) -> None:
    async with listening(feed.readings) as first:
        await sensors.publish(1)
        await wait_until(lambda: len(first.records) == 1)
    await sensors.publish(200)
    await wait_until(lambda: feed.feed.fanout.hub.flushed == 201)
    feed.feed.fanout.hub.tick(asyncio.get_running_loop().time())
    before = compressed(feed)
    position = first.last_id
    async with (
        listening(feed.readings, last_event_id=position) as one,
        listening(feed.readings, last_event_id=position) as two,
    ):
        await wait_until(lambda: len(one.records) == 200 == len(two.records))
        assert one.records == two.records
        # A tick of the hub between the two would have them framed anew; one more is its worst.
        assert compressed(feed) - before <= 2
    one.check_contiguous()


async def test_a_refusal_is_not_compressed(broker: MemoryBroker) -> None:
    async with running_feed(broker, connections=1) as feed, listening(feed.readings) as one:
        await wait_until(lambda: one.events)
        async with listening(feed.readings) as refused:
            await wait_until(lambda: refused.ended)
        assert refused.names == ["busy"]
        assert "content-encoding" not in refused.headers
