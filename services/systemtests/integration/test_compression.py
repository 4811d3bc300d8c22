"""A compressed stream through the real edge, unchanged, to clients that are none of ours."""

import random
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import httpx2
import pytest

from infra.servers import EdgeServer, NatsServer, ServiceServer, feed_server
from realtime.nats import connect
from realtime.subjects import SENSORS
from realtime.testing import wait_until
from systemtests.ledger import Publisher
from systemtests.listener import Listener, listening
from systemtests.outside import curl, node, outside

Command = Callable[[str, str | None], Sequence[str]]
CLIENTS = pytest.mark.parametrize("command", [curl, node], ids=["curl", "node"])


@pytest.fixture
def broker_server(tmp_path: Path) -> Iterator[NatsServer]:
    with NatsServer(tmp_path / "nats") as server:
        yield server


@pytest.fixture
def feed(tmp_path: Path, broker_server: NatsServer) -> Iterator[ServiceServer]:
    settings = {"DRAIN_WINDOW": "0.2"}
    with feed_server(tmp_path / "feed", nats_url=broker_server.url, settings=settings) as server:
        yield server


@pytest.fixture
def url(tmp_path: Path, feed: ServiceServer) -> Iterator[str]:
    address = feed.address
    page = tmp_path / "page"
    page.mkdir()
    (page / "index.html").write_text("<!doctype html><title>Airwave</title>")
    with EdgeServer(tmp_path / "edge", feed=(address,), chat=(address,), dashboard=page) as edge:
        yield edge.url + "/feed/readings"


@pytest.fixture
async def publisher(broker_server: NatsServer) -> AsyncIterator[Publisher]:
    async with connect(broker_server.url, name="publisher") as broker:
        await wait_until(lambda: broker.connected)
        await broker.ensure_stream(SENSORS)
        yield Publisher(broker)


def check(listener: Listener) -> None:
    listener.check_contiguous()
    assert listener.names[0] == "hello"
    assert not listener.of("gap")


@CLIENTS
async def test_joins_at_random_moments_and_a_resume_are_unbroken(
    url: str, publisher: Publisher, command: Command
) -> None:
    draw = random.Random(11)  # noqa: S311 - a test's choice
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(publisher.steadily(every=0.002))
        clients: list[Listener] = []
        for _ in range(4):
            client = await stack.enter_async_context(outside(command(url, None)))
            moment = publisher.count + draw.randint(1, 60)
            await wait_until(lambda n=moment: publisher.count >= n)
            clients.append(client)
        await wait_until(lambda: all(len(one.records) >= 100 for one in clients), within=30)
        left = clients[0].last_id
        again = await stack.enter_async_context(outside(command(url, left)))
        ours = await stack.enter_async_context(listening(url, last_event_id=left))
        await wait_until(lambda: len(again.records) >= 100 and len(ours.records) >= 100, within=30)
    assert ours.headers["content-encoding"] == "gzip"
    assert ours.events[0].id == again.events[0].id == left
    for one in (*clients, again, ours):
        check(one)


@CLIENTS
async def test_the_farewell_ends_the_gzip_stream_properly(
    url: str, feed: ServiceServer, publisher: Publisher, command: Command
) -> None:
    async with outside(command(url, None)) as client:
        await wait_until(lambda: client.events, within=20)
        for count in range(1, 21):
            await publisher.publish()
            await wait_until(lambda n=count: len(client.records) == n)
        feed.stop()
        await wait_until(lambda: client.exit_status is not None, what="the client's end")
    assert client.exit_status == 0
    assert client.names[-1] == "drain"
    check(client)


async def test_the_edge_changes_nothing_of_it(
    url: str, feed: ServiceServer, publisher: Publisher
) -> None:
    """Byte for byte: what a strict reader gets behind the edge is what the feed wrote."""
    assert publisher.count == 0
    headers = {"Accept-Encoding": "gzip"}
    async with httpx2.AsyncClient(trust_env=False) as client:
        for address in (feed.url + "/readings", url):
            async with client.stream("GET", address, headers=headers) as answer:
                assert answer.headers["content-encoding"] == "gzip"
                assert answer.headers["vary"] == "Accept-Encoding"
                raw = answer.aiter_raw()
                assert (await anext(raw))[:10] == b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
