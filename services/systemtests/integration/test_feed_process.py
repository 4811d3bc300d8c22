"""The feed as a process, behind the real edge, over a real broker, with everything killed once."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx2
import nats
import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from infra.servers import EdgeServer, NatsServer, ServiceServer, feed_server
from realtime.nats import connect
from realtime.subjects import SENSORS
from realtime.testing import wait_until
from systemtests.ledger import Publisher, client_of, judge, settle
from systemtests.listener import listening


@pytest.fixture
def broker_server(tmp_path: Path) -> Iterator[NatsServer]:
    with NatsServer(tmp_path / "nats") as server:
        yield server


@pytest.fixture
def feed(tmp_path: Path, broker_server: NatsServer) -> Iterator[ServiceServer]:
    settings = {"DRAIN_WINDOW": "0.5", "LOG_FORMAT": "json"}
    server = feed_server(tmp_path / "feed", nats_url=broker_server.url, settings=settings)
    with server:
        yield server


@pytest.fixture
def edge(tmp_path: Path, feed: ServiceServer) -> Iterator[EdgeServer]:
    address = feed.address
    page = tmp_path / "page"
    page.mkdir()
    (page / "index.html").write_text("<!doctype html><title>Airwave</title>")
    # No chat is needed here: the edge answers for the feed all the same.
    with EdgeServer(tmp_path / "edge", feed=(address,), chat=(address,), dashboard=page) as server:
        yield server


@pytest.fixture
async def publisher(broker_server: NatsServer) -> AsyncIterator[Publisher]:
    async with connect(broker_server.url, name="publisher") as broker:
        await wait_until(lambda: broker.connected)
        await broker.ensure_stream(SENSORS)
        yield Publisher(broker)


async def test_a_reading_reaches_a_client_behind_the_edge(
    edge: EdgeServer, publisher: Publisher
) -> None:
    async with listening(edge.url + "/feed/readings") as listener:
        await wait_until(lambda: len(listener.events) == 2)
        await publisher.publish(10)
        await wait_until(lambda: len(listener.records) == 10)
    listener.check_contiguous()
    assert listener.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert listener.headers["content-encoding"] == "gzip"


async def test_through_the_edge_a_resume_loses_and_repeats_nothing(
    edge: EdgeServer, publisher: Publisher
) -> None:
    async with client_of(edge.url + "/feed/readings") as client:
        async with publisher.steadily(every=0.0):
            for _ in range(10):
                await wait_until(lambda: client.current and len(client.current.records) > 20)
                client.break_off()
        await settle(publisher, client)
    verdict = judge(publisher, client)
    assert verdict.clean, verdict
    assert client.connections >= 10


async def test_killing_the_feed_loses_nothing(
    edge: EdgeServer, feed: ServiceServer, publisher: Publisher
) -> None:
    async with client_of(edge.url + "/feed/readings") as client:
        async with publisher.steadily():
            await wait_until(lambda: len(client.values) > 50)
            feed.kill()
            # The edge says it in a way that a native EventSource comes back from.
            await wait_until(lambda: "busy" in client.names())
            feed.start()
            before = publisher.count
            await wait_until(lambda: client.values and client.values[-1] > before + 20)
        await settle(publisher, client)
    verdict = judge(publisher, client)
    assert verdict.clean, verdict
    resumed = [event.data["resumed"] for event in client.events if event.name == "hello"]
    assert resumed[0] is False
    assert all(resumed[1:])


async def test_killing_the_broker_is_told_and_loses_nothing(
    broker_server: NatsServer, edge: EdgeServer, publisher: Publisher
) -> None:
    async with client_of(edge.url + "/feed/readings") as client:
        async with publisher.steadily():
            await wait_until(lambda: len(client.values) > 50)
            broker_server.kill()
            await wait_until(lambda: "status" in client.names())
            broker_server.start()
            before = publisher.count
            await wait_until(lambda: client.values[-1] > before + 20)
        await settle(publisher, client)
    verdict = judge(publisher, client)
    assert verdict.clean, verdict
    told = [event.data["upstream"] for event in client.events if event.name == "status"]
    assert (told[0], told[-1]) == ("down", "up")
    assert client.connections == 1, "the stream itself stays"


async def test_a_recreated_stream_is_told_and_goes_on(
    broker_server: NatsServer, feed: ServiceServer, publisher: Publisher
) -> None:
    async with listening(feed.url + "/readings") as listener:
        await wait_until(lambda: listener.events)
        await publisher.publish(5)
        await wait_until(lambda: len(listener.records) == 5)
        client = await nats.connect(broker_server.url)
        await client.jetstream().delete_stream(SENSORS.name)
        await client.close()
        await wait_until(lambda: listener.of("gap"))
        await publisher.publish(3)
        await wait_until(lambda: len(listener.records) == 8)
    assert listener.of("gap")[0].data["reason"] == "epoch"
    assert listener.position.offset == 3


async def test_sigterm_drains_fifty_streams_and_the_process_ends_by_itself(
    feed: ServiceServer,
) -> None:
    async with asyncio.TaskGroup() as group:
        ready: list[None] = []
        go = asyncio.Event()

        async def client() -> tuple[list[str], bool]:
            async with listening(feed.url + "/readings") as listener:
                await wait_until(lambda: listener.events)
                ready.append(None)
                await go.wait()
                await wait_until(lambda: listener.ended or listener.error)
                return listener.names, listener.error is None

        clients = [group.create_task(client()) for _ in range(50)]
        await wait_until(lambda: len(ready) == 50)
        os.kill(feed.pid, signal.SIGTERM)
        go.set()
    for names, proper in (task.result() for task in clients):
        assert names[-1] == "drain"
        assert proper
    # Five seconds is the promise; the window here is half a second.
    assert feed.wait() == 0


async def test_a_device_that_speaks_mqtt_is_on_the_stream(
    broker_server: NatsServer, edge: EdgeServer
) -> None:
    async with listening(edge.url + "/feed/readings") as listener:
        await wait_until(lambda: listener.events)
        device = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="bench")
        device.connect("127.0.0.1", broker_server.mqtt_port)
        device.loop_start()
        try:
            sent = device.publish("sensors/bench/temperature", '[{"u":"Cel","v":21.5}]', qos=1)
            await asyncio.to_thread(sent.wait_for_publish, 10)
            device.publish("sensors/bench/temperature", "21.5", qos=0)
            device.publish("sensors/bench/temperature", '[{"v":22}]', qos=1)
            await wait_until(lambda: len(listener.records) == 2)
        finally:
            device.disconnect()
            device.loop_stop()
    assert listener.position.offset == 3, "the malformed one was skipped"
    record = listener.records[0]
    assert (record["n"], record["u"], record["v"]) == ("bench/temperature", "Cel", 21.5)


async def test_logs_hold_one_line_per_connection_and_no_query(
    feed: ServiceServer, publisher: Publisher
) -> None:
    secret = "bench/hunter2"
    async with listening(feed.url + "/readings", params={"sensor": secret}) as listener:
        await wait_until(lambda: listener.events)
        await publisher.publish(1)
    await wait_until(lambda: "stream_ended" in feed.log_path.read_text())
    text = feed.log_path.read_text()
    assert text.count("stream_ended") == 1
    assert "hunter2" not in text


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("FEED_PROT", "1", "feed: FEED_PROT is not a setting of this service"),
        ("FEED_PORT", "x", "feed: FEED_PORT='x': Input should be a valid integer"),
    ],
)
def test_a_wrong_setting_refuses_to_start_in_one_line(name: str, value: str, said: str) -> None:
    environ = {k: v for k, v in os.environ.items() if not k.startswith("FEED_")}
    result = subprocess.run(
        [sys.executable, "-m", "feed"],
        env={**environ, "FEED_NATS_URL": "nats://127.0.0.1:1", name: value},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert result.returncode == 2
    assert result.stderr.startswith(said)
    assert result.stderr.count("\n") == 1


async def test_metrics_are_on_the_admin_port_and_not_behind_the_edge(
    feed: ServiceServer, edge: EdgeServer, publisher: Publisher
) -> None:
    await publisher.publish(3)
    async with httpx2.AsyncClient() as client:

        async def counted() -> bool:
            text = (await client.get(feed.admin_url + "/metrics")).text
            return "feed_readings_total 3.0" in text

        await wait_until(counted)
        for path in ("metrics", "livez", "readyz"):
            assert (await client.get(f"{edge.url}/feed/{path}")).status_code == 404


async def test_a_replica_warms_its_ring_so_that_resume_works_after_a_restart(
    feed: ServiceServer, publisher: Publisher
) -> None:
    async with listening(feed.url + "/readings") as listener:
        await wait_until(lambda: listener.events)
        await publisher.publish(20)
        await wait_until(lambda: len(listener.records) == 20)
    epoch = listener.position.epoch
    feed.restart()
    async with listening(feed.url + "/readings", last_event_id=f"{epoch}-5") as again:
        await wait_until(lambda: len(again.records) == 15)
    assert [int(r["v"]) for r in again.records] == list(range(6, 21))
