"""The stream over real HTTP: what a client is told, from the first byte to the end."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from functools import partial

import httpx2
import pytest

from realtime.contracts import Record, encode_pack
from realtime.position import parse_position
from realtime.subjects import SENSORS, sensor_subject
from realtime.testing import MemoryBroker, wait_until
from systemtests.inprocess import RunningFeed, running_feed
from systemtests.listener import listening

RunFeed = Callable[..., AbstractAsyncContextManager[RunningFeed]]


class Sensors:
    """Publishes numbered readings."""

    def __init__(self, broker: MemoryBroker) -> None:
        self.broker = broker
        self.count = 0

    async def publish(self, count: int, name: str = "bench/temperature") -> None:
        for _ in range(count):
            self.count += 1
            pack = encode_pack([Record(n=name, u="Cel", v=float(self.count), t=time.time())])
            await self.broker.publish(sensor_subject(name), pack, message_id=str(self.count))


@pytest.fixture
def broker() -> MemoryBroker:
    return MemoryBroker()


@pytest.fixture
def sensors(broker: MemoryBroker) -> Sensors:
    return Sensors(broker)


@pytest.fixture(params=["direct", "direct gzip", "portable gzip"])
def run_feed(request: pytest.FixtureRequest) -> RunFeed:
    """Every test holds for streams that write to the transport, and for those that can't."""
    way, _, gzip = request.param.partition(" ")
    return partial(running_feed, direct=way == "direct", gzip=bool(gzip))


@pytest.fixture
async def feed(run_feed: RunFeed, broker: MemoryBroker) -> AsyncIterator[RunningFeed]:
    async with run_feed(broker) as running:
        yield running


async def test_a_fresh_stream_begins_with_hello_and_snapshot(
    feed: RunningFeed, sensors: Sensors
) -> None:
    await sensors.publish(3)
    await wait_until(lambda: feed.feed.fanout.hub.flushed == 3)
    async with listening(feed.readings) as listener:
        await wait_until(lambda: len(listener.events) == 2)
        await sensors.publish(2)
        await wait_until(lambda: len(listener.records) == 2)
    hello, snapshot = listener.events[:2]
    assert hello.name == "hello"
    assert hello.retry is not None
    assert 1_000 <= hello.retry <= 5_000
    assert hello.data["resumed"] is False
    assert hello.data["heartbeat"] == 15
    assert hello.id == snapshot.id == f"{hello.data['epoch']}-3"
    assert [record["v"] for record in snapshot.data] == [3]
    assert [record["v"] for record in listener.records] == [4, 5]
    listener.check_contiguous()


async def test_the_headers_keep_proxies_from_buffering(feed: RunningFeed) -> None:
    async with listening(feed.readings) as listener:
        await wait_until(lambda: listener.events)
    assert listener.status == 200
    assert listener.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert listener.headers["cache-control"] == "no-store, no-transform"
    assert listener.headers["x-accel-buffering"] == "no"


async def test_every_block_has_data_and_ends_with_one_blank_line(
    feed: RunningFeed, sensors: Sensors
) -> None:
    body = ""
    async with httpx2.AsyncClient() as client, client.stream("GET", feed.readings) as answer:
        await sensors.publish(1)
        async for text in answer.aiter_text():
            body += text
            if '"v":1.0' in body and body.endswith("\n\n"):
                break
    assert "\r" not in body
    assert "\n\n\n" not in body
    assert body.startswith("retry: ")
    for block in body.removesuffix("\n\n").split("\n\n"):
        assert sum(line.startswith("data: ") for line in block.split("\n")) == 1


async def test_a_resume_loses_and_repeats_nothing(feed: RunningFeed, sensors: Sensors) -> None:
    async with listening(feed.readings) as first:
        await sensors.publish(5)
        await wait_until(lambda: len(first.records) == 5)
    await sensors.publish(700)
    async with listening(feed.readings, last_event_id=first.last_id) as second:
        await sensors.publish(5)
        await wait_until(lambda: len(second.records) == 705)
    assert second.hello["resumed"] is True
    assert second.events[0].id == first.last_id
    assert not second.of("snapshot")
    values = [record["v"] for record in first.records + second.records]
    assert values == list(range(1, 711))
    second.check_contiguous()


@pytest.mark.parametrize("name", ["last_event_id", "lastEventId"])
async def test_the_position_may_come_in_the_query_and_the_header_wins(
    feed: RunningFeed, sensors: Sensors, name: str
) -> None:
    await sensors.publish(10)
    await wait_until(lambda: feed.feed.fanout.hub.flushed == 10)
    epoch = feed.feed.fanout.hub.epoch
    async with listening(feed.readings, params={name: f"{epoch}-8"}) as listener:
        await wait_until(lambda: [r["v"] for r in listener.records] == [9, 10])
    async with listening(
        feed.readings, params={name: f"{epoch}-1"}, last_event_id=f"{epoch}-9"
    ) as listener:
        await wait_until(lambda: [r["v"] for r in listener.records] == [10])


@pytest.mark.parametrize(
    "offered",
    ["garbage", "*", "-1", "e3f9c2-", "m0001i1-9999999999999999999", "m0001i1--4", "ü" * 30],
)
async def test_a_wild_position_is_a_fresh_start(
    feed: RunningFeed, sensors: Sensors, offered: str
) -> None:
    await sensors.publish(2)
    await wait_until(lambda: feed.feed.fanout.hub.flushed == 2)
    async with listening(feed.readings, params={"last_event_id": offered}) as listener:
        await wait_until(lambda: len(listener.events) == 2)
    assert listener.hello["resumed"] is False
    assert listener.hello["reason"] == "bad_position"
    assert listener.names == ["hello", "snapshot"]


async def test_a_position_of_another_epoch_is_told_as_a_gap(
    feed: RunningFeed, sensors: Sensors
) -> None:
    await sensors.publish(4)
    await wait_until(lambda: feed.feed.fanout.hub.flushed == 4)
    async with listening(feed.readings, last_event_id="e3f9c2-1") as listener:
        await wait_until(lambda: len(listener.events) == 3)
    assert listener.names == ["hello", "gap", "snapshot"]
    assert listener.events[1].data == {"from": 2, "to": 4, "reason": "epoch"}


async def test_what_the_ring_has_dropped_is_replayed_from_the_stream(
    run_feed: RunFeed, broker: MemoryBroker, sensors: Sensors
) -> None:
    async with run_feed(broker, ring_entries=10) as feed:
        await sensors.publish(1_700)
        await wait_until(lambda: feed.feed.fanout.hub.flushed == 1_700)
        epoch = feed.feed.fanout.hub.epoch
        async with listening(feed.readings, last_event_id=f"{epoch}-3") as listener:
            await sensors.publish(4)
            await wait_until(lambda: len(listener.records) == 1_701)
        assert listener.hello["resumed"] is True
        assert [r["v"] for r in listener.records] == list(range(4, 1_705))
        listener.check_contiguous()


async def test_what_the_stream_has_dropped_is_told_as_a_gap(
    run_feed: RunFeed, broker: MemoryBroker, sensors: Sensors
) -> None:
    async with run_feed(broker, ring_entries=10) as feed:
        await sensors.publish(100)
        await wait_until(lambda: feed.feed.fanout.hub.flushed == 100)
        broker.purge(SENSORS.name, upto=50)
        epoch = feed.feed.fanout.hub.epoch
        async with listening(feed.readings, last_event_id=f"{epoch}-3") as listener:
            await wait_until(lambda: len(listener.events) == 3)
        assert listener.names == ["hello", "gap", "snapshot"]
        assert listener.events[1].data == {"from": 4, "to": 100, "reason": "too_far"}


async def test_a_hole_in_the_middle_of_a_replay_is_told(
    run_feed: RunFeed, broker: MemoryBroker, sensors: Sensors
) -> None:
    async with run_feed(broker, ring_entries=10) as feed:
        await sensors.publish(1_200)
        await wait_until(lambda: feed.feed.fanout.hub.flushed == 1_200)
        broker.delete_message(SENSORS.name, 700)
        epoch = feed.feed.fanout.hub.epoch
        async with listening(feed.readings, last_event_id=f"{epoch}-3") as listener:
            await wait_until(lambda: listener.of("gap"))
            await sensors.publish(2)
            await wait_until(lambda: len(listener.records) == 696 + 2)
        assert listener.hello["resumed"] is True
        assert [r["v"] for r in listener.records] == [*range(4, 700), 1_201, 1_202]
        assert listener.of("gap")[0].data == {"from": 700, "to": 1_200, "reason": "too_far"}


async def test_a_replay_does_not_run_ahead_of_this_replica(
    run_feed: RunFeed, broker: MemoryBroker, sensors: Sensors
) -> None:
    async with run_feed(broker, ring_entries=10) as feed:
        await sensors.publish(100)
        await wait_until(lambda: feed.feed.fanout.hub.flushed == 100)
        broker.lose_live = 50
        await sensors.publish(50)
        epoch = feed.feed.fanout.hub.epoch
        async with listening(feed.readings, last_event_id=f"{epoch}-3") as listener:
            await wait_until(lambda: len(listener.records) == 147)
        assert [r["v"] for r in listener.records] == list(range(4, 151))
        assert listener.hello["resumed"] is True


async def test_a_replay_never_mixes_in_a_stream_that_was_made_anew(
    run_feed: RunFeed, broker: MemoryBroker, sensors: Sensors
) -> None:
    async with run_feed(broker, ring_entries=10) as feed:
        await sensors.publish(50)
        await wait_until(lambda: feed.feed.fanout.hub.flushed == 50)
        epoch = feed.feed.fanout.hub.epoch
        # The relay will not hear of it before its next audit.
        broker.lose_live = 60
        broker.delete_stream(SENSORS.name)
        await broker.ensure_stream(SENSORS)
        await sensors.publish(60)
        async with listening(feed.readings, last_event_id=f"{epoch}-3") as listener:
            await wait_until(lambda: len(listener.records) == 60)
        assert [r["v"] for r in listener.records] == list(range(51, 111))
        assert listener.hello["resumed"] is False


async def test_more_than_the_replay_budget_is_told_as_a_gap(
    run_feed: RunFeed, broker: MemoryBroker, sensors: Sensors
) -> None:
    async with run_feed(broker, ring_entries=10, replay_events=1) as feed:
        await sensors.publish(600)
        await wait_until(lambda: feed.feed.fanout.hub.flushed == 600)
        epoch = feed.feed.fanout.hub.epoch
        async with listening(feed.readings, last_event_id=f"{epoch}-90") as listener:
            await wait_until(lambda: len(listener.records) == 510)
        async with listening(feed.readings, last_event_id=f"{epoch}-89") as listener:
            await wait_until(lambda: len(listener.events) == 3)
        assert listener.events[1].data["reason"] == "too_far"


async def test_a_position_of_a_replica_that_is_ahead_is_waited_for(
    run_feed: RunFeed, broker: MemoryBroker, sensors: Sensors
) -> None:
    async with run_feed(broker) as feed:
        await sensors.publish(3)
        await wait_until(lambda: feed.feed.fanout.hub.flushed == 3)
        broker.lose_live = 4
        await sensors.publish(4)
        epoch = feed.feed.fanout.hub.epoch
        async with listening(feed.readings, last_event_id=f"{epoch}-6") as listener:
            await wait_until(lambda: [r["v"] for r in listener.records] == [7])
        assert listener.hello["resumed"] is True


async def test_a_filter_lets_through_what_it_names(feed: RunningFeed, sensors: Sensors) -> None:
    params = {"sensor": ["bench/*", "roof/>"]}
    await sensors.publish(1, "bench/temperature")
    await sensors.publish(1, "cellar/temperature")
    await wait_until(lambda: feed.feed.fanout.hub.flushed == 2)
    async with listening(feed.readings, params=params) as listener:
        await wait_until(lambda: len(listener.events) == 2)
        await sensors.publish(1, "cellar/temperature")
        await sensors.publish(1, "bench/a/b")
        await sensors.publish(1, "roof/wind/speed")
        await wait_until(lambda: len(listener.records) == 1)
    assert [r["n"] for r in listener.events[1].data] == ["bench/temperature"]
    assert [r["n"] for r in listener.records] == ["roof/wind/speed"]


async def test_max_hz_conflates_and_the_position_goes_on(
    feed: RunningFeed, sensors: Sensors
) -> None:
    params = {"max_hz": "50", "agg": "minmax"}
    async with listening(feed.readings, params=params) as listener:
        await wait_until(lambda: listener.events)
        await sensors.publish(500)
        await wait_until(lambda: listener.position.offset == 500)
    values = [record["v"] for record in listener.records]
    assert len(values) < 500
    assert values == sorted(values)
    assert (values[0], values[-1]) == (1, 500)


async def test_a_conflated_stream_resumes_with_one_event(
    feed: RunningFeed, sensors: Sensors
) -> None:
    await sensors.publish(300)
    await wait_until(lambda: feed.feed.fanout.hub.flushed == 300)
    position = f"{feed.feed.fanout.hub.epoch}-10"
    params = {"max_hz": "0.1"}
    async with listening(feed.readings, params=params, last_event_id=position) as listener:
        await wait_until(lambda: listener.records)
    assert listener.hello["resumed"] is True
    assert [record["v"] for record in listener.records] == [300]
    assert listener.position.offset == 300


async def test_a_malformed_pack_is_counted_and_keeps_its_offset(
    feed: RunningFeed, sensors: Sensors, broker: MemoryBroker
) -> None:
    async with listening(feed.readings) as listener:
        await broker.publish("sensors.bench.temperature", b"{oops", message_id="bad")
        await broker.publish("sensors.bench", b'[{"v":1}]', message_id="no sensor")
        await sensors.publish(1)
        await wait_until(lambda: listener.records)
    assert listener.position.offset == 3
    assert sum(feed.feed.fanout.relay.rejected.values()) == 2


async def test_several_records_of_one_pack_share_an_offset(
    feed: RunningFeed, broker: MemoryBroker
) -> None:
    pack = b'[{"bn":"bench/","n":"a","v":1},{"n":"b","v":2}]'
    async with listening(feed.readings) as listener:
        await wait_until(lambda: listener.events)
        await broker.publish("sensors.bench.all", pack, message_id="1")
        await wait_until(lambda: len(listener.records) == 2)
    assert [r["n"] for r in listener.records] == ["bench/a", "bench/b"]
    assert listener.position.offset == 1


async def test_a_new_epoch_is_told_with_a_snapshot_and_all_its_readings(
    feed: RunningFeed, sensors: Sensors, broker: MemoryBroker
) -> None:
    async with listening(feed.readings) as listener:
        await sensors.publish(3)
        await wait_until(lambda: len(listener.records) == 3)
        broker.delete_stream(SENSORS.name)
        await broker.ensure_stream(SENSORS)
        await sensors.publish(2)
        await wait_until(lambda: len(listener.records) == 5)
    gap = listener.of("gap")[0]
    assert gap.data["reason"] == "epoch"
    position = parse_position(gap.id)
    assert position is not None
    assert position.epoch != listener.hello["epoch"]
    assert listener.names[listener.names.index("gap") + 1] == "snapshot"


async def test_the_loss_of_the_broker_is_told_and_its_return(
    feed: RunningFeed, sensors: Sensors, broker: MemoryBroker
) -> None:
    async with listening(feed.readings) as listener:
        await wait_until(lambda: listener.events)
        broker.go_down()
        await wait_until(lambda: listener.of("status"))
        async with listening(feed.readings) as late:
            await wait_until(lambda: late.of("status"))
        broker.come_up()
        await wait_until(lambda: len(listener.of("status")) == 2)
        await sensors.publish(1)
        await wait_until(lambda: listener.records)
    assert [e.data["upstream"] for e in listener.of("status")] == ["down", "up"]
    assert feed.feed.health.ready


async def test_readiness_does_not_follow_the_broker(
    feed: RunningFeed, broker: MemoryBroker
) -> None:
    broker.go_down()
    assert feed.feed.health.ready
    assert feed.feed.health.degraded == {"nats": "the broker does not answer"}
    broker.come_up()
    await wait_until(lambda: not feed.feed.health.degraded)


async def test_a_quiet_stream_beats_with_its_id(
    run_feed: RunFeed, broker: MemoryBroker, sensors: Sensors
) -> None:
    async with run_feed(broker, heartbeat=timedelta(seconds=0.2)) as feed:
        async with listening(feed.readings, params={"sensor": "none/*"}) as listener:
            await wait_until(lambda: listener.events)
            await sensors.publish(4)
            await wait_until(lambda: listener.of("heartbeat") and listener.position.offset == 4)
    assert set(listener.of("heartbeat")[0].data) == {"server_time"}


async def test_drain_is_told_and_ends_every_stream_properly(
    run_feed: RunFeed, broker: MemoryBroker, sensors: Sensors
) -> None:
    async with run_feed(broker, drain_window=timedelta(seconds=0.2)) as feed:
        async with listening(feed.readings) as one, listening(feed.readings) as two:
            await sensors.publish(1)
            await wait_until(lambda: one.records and two.records)
            feed.server.stop()
            await wait_until(lambda: one.ended and two.ended)
        for listener in (one, two):
            assert listener.names[-1] == "drain"
            assert listener.events[-1].data["reconnect_in_ms"] >= 500
            assert listener.error is None
        await wait_until(lambda: len(feed.feed.fanout.departures) == 0)


async def test_while_draining_a_newcomer_is_told_busy(
    feed: RunningFeed,
) -> None:
    feed.feed.health.draining = True
    async with listening(feed.readings) as listener:
        await wait_until(lambda: listener.ended)
    assert listener.status == 200
    assert listener.names == ["busy"]
    assert listener.events[0].data["reason"] == "draining"
    assert listener.events[0].retry is not None


async def test_an_edge_that_can_ask_another_replica_is_told_503(
    run_feed: RunFeed, broker: MemoryBroker
) -> None:
    elsewhere = {"Prefer": "elsewhere"}
    async with run_feed(broker, connections=1) as feed, httpx2.AsyncClient() as client:
        async with listening(feed.readings) as one:
            await wait_until(lambda: one.events)
            assert (await client.get(feed.readings, headers=elsewhere)).json()["code"] == "full"
            feed.feed.health.draining = True
            answer = await client.get(feed.readings, headers=elsewhere)
            assert (answer.status_code, answer.json()["code"]) == (503, "draining")


async def test_before_the_broker_was_seen_a_newcomer_is_told_busy(
    run_feed: RunFeed, broker: MemoryBroker
) -> None:
    broker.go_down()
    async with run_feed(broker, wait_ready=False) as feed:
        async with listening(feed.readings) as listener:
            await wait_until(lambda: listener.ended)
        assert listener.events[0].data["reason"] == "starting"
        assert not feed.feed.health.ready


async def test_the_caps_refuse_newcomers_and_never_evict(
    run_feed: RunFeed, broker: MemoryBroker
) -> None:
    async with run_feed(broker, connections=2) as feed:
        async with listening(feed.readings) as one, listening(feed.readings) as two:
            await wait_until(lambda: one.events and two.events)
            async with listening(feed.readings) as third:
                await wait_until(lambda: third.ended)
            assert third.events[0].data["reason"] == "full"
            async with httpx2.AsyncClient() as client:
                answer = await client.get(feed.readings, headers={"Prefer": "status"})
            assert answer.status_code == 503
            assert answer.headers["content-type"] == "application/problem+json"
            assert 1 <= int(answer.headers["retry-after"]) <= 5
            assert not one.ended
            assert not two.ended
        await wait_until(lambda: len(feed.feed.fanout.departures) == 0)
        async with listening(feed.readings) as again:
            await wait_until(lambda: again.events)
        assert again.names[0] == "hello"


async def test_the_cap_per_address_counts_what_the_edge_forwards(
    run_feed: RunFeed, broker: MemoryBroker
) -> None:
    forwarded = {"X-Forwarded-For": "192.0.2.7"}
    async with run_feed(broker, connections_per_ip=1) as feed:
        async with listening(feed.readings, headers=forwarded) as one:
            await wait_until(lambda: one.events)
            async with listening(feed.readings, headers=forwarded) as two:
                await wait_until(lambda: two.ended)
            assert two.events[0].data["reason"] == "per_ip"
            async with listening(feed.readings) as loopback, listening(feed.readings) as another:
                await wait_until(lambda: loopback.events and another.events)
            assert another.names[0] == "hello"


async def test_the_cap_on_distinct_filters_is_told(run_feed: RunFeed, broker: MemoryBroker) -> None:
    async with run_feed(broker, channels=1) as feed, listening(feed.readings) as one:
        await wait_until(lambda: one.events)
        async with listening(feed.readings, params={"sensor": "a/b"}) as other:
            await wait_until(lambda: other.ended)
        assert other.events[0].name == "busy"
        assert other.events[0].data["reason"] == "channels"


@pytest.mark.parametrize(
    ("params", "parameter"),
    [
        ({"sensor": "a b"}, "sensor"),
        ({"sensor": ">/a"}, "sensor"),
        ({"sensor": "a/b/c/d/e/f/g"}, "sensor"),
        ({"sensor": [f"a/{n}" for n in range(33)]}, "sensor"),
        ({"heartbeat": "4.9"}, "heartbeat"),
        ({"heartbeat": "61"}, "heartbeat"),
        ({"heartbeat": "soon"}, "heartbeat"),
        ({"heartbeat": "nan"}, "heartbeat"),
        ({"colour": "red"}, "colour"),
        ({"max_hz": "0.09"}, "max_hz"),
        ({"max_hz": "51"}, "max_hz"),
        ({"max_hz": "fast"}, "max_hz"),
        ({"max_hz": "1", "agg": "median"}, "agg"),
        ({"agg": "mean"}, "agg"),
    ],
)
async def test_a_bad_query_says_which_parameter(
    feed: RunningFeed, params: dict[str, str], parameter: str
) -> None:
    async with httpx2.AsyncClient() as client:
        answer = await client.get(feed.readings, params=params)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["parameter"] == parameter


async def test_limits_hold_on_their_inner_side(feed: RunningFeed) -> None:
    params = {"sensor": [f"a/{n}" for n in range(32)], "heartbeat": "5"}
    async with listening(feed.readings, params=params) as listener:
        await wait_until(lambda: listener.events)
    assert listener.hello["heartbeat"] == 5


async def test_other_methods_and_types_are_refused(feed: RunningFeed) -> None:
    async with httpx2.AsyncClient() as client:
        head = await client.head(feed.readings)
        post = await client.post(feed.readings)
        html = await client.get(feed.readings, headers={"Accept": "text/html"})
        missing = await client.get(feed.url + "/nowhere")
    assert (head.status_code, head.headers["content-type"]) == (
        200,
        "text/event-stream; charset=utf-8",
    )
    assert (post.status_code, html.status_code, missing.status_code) == (405, 406, 404)
    for answer in (post, html, missing):
        assert answer.headers["content-type"] == "application/problem+json"


async def test_the_catalogue_lists_sensors_with_their_latest(
    run_feed: RunFeed, broker: MemoryBroker, sensors: Sensors
) -> None:
    async with run_feed(broker, stale_after=timedelta(seconds=0.05)) as feed:
        await sensors.publish(2)
        await wait_until(lambda: feed.feed.fanout.hub.flushed == 2)
        async with httpx2.AsyncClient() as client:

            async def is_stale() -> bool:
                body = (await client.get(feed.url + "/sensors")).json()
                return bool(body["sensors"][0]["stale"])

            await wait_until(is_stale)
            await sensors.publish(1)
            await wait_until(lambda: feed.feed.fanout.hub.flushed == 3)
            body = (await client.get(feed.url + "/sensors")).json()
    sensor = body["sensors"][0]
    assert list(sensor) == ["n", "u", "last", "stale"]
    assert (sensor["n"], sensor["u"], sensor["last"]["v"]) == ("bench/temperature", "Cel", 3)


async def test_sensors_that_are_quieter_than_the_ring_are_known_after_a_start(
    run_feed: RunFeed, broker: MemoryBroker, sensors: Sensors
) -> None:
    await broker.ensure_stream(SENSORS)
    await sensors.publish(1, "cellar/temperature")
    async with run_feed(broker, ring_age=timedelta(0)) as feed:
        async with httpx2.AsyncClient() as client:
            body = (await client.get(feed.url + "/sensors")).json()
    assert [sensor["n"] for sensor in body["sensors"]] == ["cellar/temperature"]


async def test_polling_answers_304_until_something_is_newer(
    feed: RunningFeed, sensors: Sensors
) -> None:
    await sensors.publish(1)
    await sensors.publish(1, "roof/wind")
    await wait_until(lambda: feed.feed.fanout.hub.flushed == 2)
    url = feed.url + "/readings/latest"
    async with httpx2.AsyncClient() as client:
        first = await client.get(url, params={"sensor": "bench/*"})
        again = await client.get(url, headers={"If-None-Match": first.headers["etag"]})
        await sensors.publish(1)
        await wait_until(lambda: feed.feed.fanout.hub.flushed == 3)
        newer = await client.get(url, headers={"If-None-Match": first.headers["etag"]})
        bad = await client.get(url, params={"sensr": "x"})
    assert [record["n"] for record in first.json()] == ["bench/temperature"]
    assert (again.status_code, again.content, newer.status_code) == (304, b"", 200)
    assert (bad.status_code, bad.json()["parameter"]) == (400, "sensr")


async def test_whoever_never_reads_is_evicted_and_leaves_nothing(
    run_feed: RunFeed, broker: MemoryBroker, sensors: Sensors
) -> None:
    async with run_feed(broker, evict_after=timedelta(seconds=0.3)) as feed:
        port = int(feed.url.rsplit(":", 1)[1])
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1_024)
        writer.write(b"GET /readings HTTP/1.1\r\nHost: x\r\n\r\n")
        text = "x" * 250
        hub = feed.feed.fanout.hub

        async def flood() -> bool:
            for number in range(400):
                pack = json.dumps([{"vs": text}]).encode()
                await broker.publish("sensors.a.b", pack, message_id=f"{sensors.count}:{number}")
            sensors.count += 1
            return hub.counts.evicted == 1

        async with listening(feed.readings) as well:
            await wait_until(flood, within=30)
            await wait_until(lambda: len(feed.feed.fanout.departures) == 1)
            assert not well.ended
            await wait_until(lambda: well.position.offset == hub.flushed)
            well.check_contiguous()
        writer.close()
        del reader
