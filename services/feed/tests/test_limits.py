"""Each limit on both sides: what is just allowed, what is one too many, its words and its metric.

The list of all is in ``services/systemtests/README.md``.
"""

import json
from contextlib import AsyncExitStack
from typing import Any

import httpx2
import pytest
from prometheus_client import generate_latest

from realtime.contracts import Record, encode_pack
from realtime.subjects import sensor_subject
from realtime.testing import MemoryBroker, wait_until
from systemtests.inprocess import RunningFeed, running_feed
from systemtests.listener import Listener, listening


@pytest.fixture
def broker() -> MemoryBroker:
    return MemoryBroker()


def value(running: RunningFeed, name: str) -> float:
    """A metric as it is told."""
    lines = generate_latest(running.feed.registry).decode().splitlines()
    (line,) = [line for line in lines if line.startswith(name + " ")]
    return float(line.rpartition(" ")[2])


def patterns(count: int) -> list[str]:
    return [f"a/{number}" for number in range(count)]


def tokens(count: int) -> str:
    return "/".join("abcdefgh"[:count])


@pytest.mark.parametrize(
    ("route", "parameter", "taken", "refused"),
    [
        ("/readings", "sensor", patterns(32), patterns(33)),
        ("/readings", "sensor", tokens(6), tokens(7)),
        ("/readings", "sensor", "a/" + "x" * 64, "a/" + "x" * 65),
        ("/readings", "heartbeat", "5", "4.999"),
        ("/readings", "heartbeat", "60", "60.001"),
        ("/readings", "max_hz", "0.1", "0.0999"),
        ("/readings", "max_hz", "50", "50.001"),
        ("/readings/latest", "sensor", patterns(32), patterns(33)),
        ("/readings/history", "sensor", patterns(32), patterns(33)),
        ("/readings/history", "limit", "1", "0"),
        ("/readings/history", "limit", "5000", "5001"),
        ("/readings/history", "since", "0", "-0.001"),
        ("/readings/history", "until", "253402300800", "253402300800.1"),
    ],
)
async def test_a_query_at_its_limit_is_taken_and_one_beyond_is_refused_by_name(
    broker: MemoryBroker, route: str, parameter: str, taken: Any, refused: Any
) -> None:
    async with (
        running_feed(broker) as feed,
        httpx2.AsyncClient(base_url=feed.url, trust_env=False) as client,
    ):
        method = "HEAD" if route == "/readings" else "GET"
        metric = f'feed_queries_refused_total{{parameter="{parameter}"}}'
        within = await client.request(method, route, params={parameter: taken})
        assert (within.status_code, value(feed, metric)) == (200, 0)
        beyond = await client.get(route, params={parameter: refused})
        assert beyond.status_code == 400
        assert beyond.headers["content-type"] == "application/problem+json"
        assert (beyond.json()["parameter"], value(feed, metric)) == (parameter, 1)


async def test_names_from_outside_are_no_labels(broker: MemoryBroker) -> None:
    async with (
        running_feed(broker) as feed,
        httpx2.AsyncClient(base_url=feed.url, trust_env=False) as client,
    ):
        for route in ("/readings", "/readings/latest", "/readings/history"):
            answer = await client.get(route, params={"colour": "red"})
            assert answer.json()["parameter"] == "colour"
        assert value(feed, 'feed_queries_refused_total{parameter="unknown"}') == 3
        assert "colour" not in generate_latest(feed.feed.registry).decode()


@pytest.mark.parametrize(
    ("reason", "settings"),
    [
        ("full", {"connections": 2}),
        ("per_ip", {"connections_per_ip": 2}),
        ("rate", {"admissions_burst": 2, "admissions_per_second": 0.001}),
        ("channels", {"channels": 2}),
    ],
)
async def test_a_stream_too_many_is_told_busy_and_counted(
    broker: MemoryBroker, reason: str, settings: dict[str, Any]
) -> None:
    metric = f'feed_admission_refused_total{{reason="{reason}"}}'
    async with running_feed(broker, limit_loopback=True, **settings) as feed:
        async with AsyncExitStack() as stack:
            within = [await follow(stack, feed, number) for number in range(2)]
            assert [one.names[0] for one in within] == ["hello", "hello"]
            assert value(feed, metric) == 0
            beyond = await follow(stack, feed, 2)
            await wait_until(lambda: beyond.ended)
            assert (beyond.names, beyond.events[0].data["reason"]) == (["busy"], reason)
            assert value(feed, metric) == 1
            assert not any(one.ended for one in within)
        await wait_until(lambda: value(feed, "feed_connections") == 0)


async def follow(stack: AsyncExitStack, feed: RunningFeed, number: int) -> Listener:
    """A stream with a filter of its own, once it was told something."""
    params = {"sensor": f"bench/{number}"}
    listener = await stack.enter_async_context(listening(feed.readings, params=params))
    await wait_until(lambda: bool(listener.events))
    return listener


@pytest.mark.parametrize(("missed", "resumed"), [(500, True), (501, False)])
async def test_a_resume_replays_so_much_and_beyond_it_is_a_gap(
    broker: MemoryBroker, missed: int, *, resumed: bool
) -> None:
    async with running_feed(broker, ring_entries=10, replay_events=1) as feed:
        await publish(feed, broker, 600)
        # What lies in the ring costs nobody a read.
        since = f"{feed.feed.fanout.hub.epoch}-{600 - 10 - missed}"
        async with listening(feed.readings, last_event_id=since) as listener:
            if resumed:
                await wait_until(lambda: len(listener.records) == missed + 10)
            else:
                await wait_until(lambda: bool(listener.of("gap")))
                assert listener.of("gap")[0].data["reason"] == "too_far"
            assert listener.hello["resumed"] is resumed
            assert value(feed, 'feed_gaps_total{reason="too_far"}') == (not resumed)


async def publish(feed: RunningFeed, broker: MemoryBroker, count: int, name: str = "a/b") -> None:
    for number in range(count):
        pack = encode_pack([Record(n=name, v=float(number), t=1_795_343_351.0)])
        await broker.publish(sensor_subject(name), pack, message_id=f"{name}:{number}")
    last = len(broker.published)
    await wait_until(lambda: feed.feed.fanout.hub.flushed == last)


@pytest.mark.parametrize(("published", "floor"), [(10, 0), (11, 1)])
async def test_the_ring_keeps_so_many_readings(
    broker: MemoryBroker, published: int, floor: int
) -> None:
    async with running_feed(broker, ring_entries=10) as feed:
        await publish(feed, broker, published)
        assert (value(feed, "feed_log_entries"), feed.feed.fanout.hub.log.floor) == (10, floor)


async def test_the_ring_keeps_so_many_bytes(broker: MemoryBroker) -> None:
    async with running_feed(broker) as feed:
        await publish(feed, broker, 10)
        size = int(value(feed, "feed_log_bytes"))
    for bound, floor in ((size, 0), (size - 1, 1)):
        other = MemoryBroker()
        async with running_feed(other, ring_bytes=bound) as feed:
            await publish(feed, other, 10)
            assert value(feed, "feed_log_bytes") <= bound
            assert feed.feed.fanout.hub.log.floor == floor


async def test_so_many_sensors_are_known_by_their_latest(broker: MemoryBroker) -> None:
    async with running_feed(broker, sensors=2) as feed:
        for name, known, refused in (("a/x", 1, 0), ("b/x", 2, 0), ("c/x", 2, 1)):
            await publish(feed, broker, 1, name)
            assert value(feed, "feed_sensors") == known
            assert value(feed, "feed_sensors_refused_total") == refused
        async with httpx2.AsyncClient(base_url=feed.url, trust_env=False) as client:
            listed = json.loads((await client.get("/sensors")).content)["sensors"]
        assert [sensor["n"] for sensor in listed] == ["a/x", "b/x"]
