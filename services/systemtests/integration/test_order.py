"""The parts of Airwave start and stop in any order: each waits for what it needs, none hangs."""

import asyncio
import itertools
import random
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest

from infra.errors import NotReadyError
from infra.servers import (
    EdgeServer,
    NatsServer,
    Server,
    ValkeyServer,
    chat_server,
    feed_server,
    probes,
    producer_server,
)
from infra.servers.service import ServiceServer
from realtime.testing import wait_until
from systemtests.listener import listening
from systemtests.talker import talking

SLOW = 60.0
WELL = {0, 143, -15}
"""By itself or by the signal, and not by ours that kills what hangs."""


def servers_in(directory: Path) -> dict[str, Server]:
    nats, valkey = NatsServer(directory / "nats"), ValkeyServer(directory / "valkey")
    drain = {"DRAIN_WINDOW": "0.2"}
    feed = feed_server(directory / "feed", nats_url=nats.url, settings=drain)
    chat = chat_server(directory / "chat", nats_url=nats.url, redis_url=valkey.url, settings=drain)
    producer = producer_server(
        directory / "producer", nats_url=nats.url, settings={"SOURCES": "simulate"}
    )
    edge = EdgeServer(directory / "edge", feed=(feed.address,), chat=(chat.address,))
    return {s.name: s for s in (nats, valkey, feed, chat, producer, edge)}


async def lives(server: Server) -> bool:
    """Whether it has come as far as it can: a service answers probes long before it is ready."""
    assert server.running, f"{server.name} ended: {server.log_tail()}"
    ready = server.program.ready
    if isinstance(server, ServiceServer):
        ready = probes.http_get("127.0.0.1", server.admin_port, "/livez")
    try:
        await asyncio.to_thread(ready)
    except NotReadyError:
        return False
    return True


async def works(servers: dict[str, Server]) -> None:
    """A reading reaches a client of the edge, and a message is stored and found in history."""
    edge = servers["edge"]
    assert isinstance(edge, EdgeServer)
    async with httpx2.AsyncClient(trust_env=False, timeout=30) as client:

        async def answers() -> bool:
            told = await client.get(edge.url + "/feed/sensors")
            return told.status_code == 200 and bool(told.json()["sensors"])

        await wait_until(answers, what="sensors", within=SLOW)
        async with listening(edge.url + "/feed/readings") as listener:
            await wait_until(lambda: "readings" in listener.names, within=SLOW)
        async with talking(edge.url.replace("http", "ws") + "/chat/ws") as ada:
            await ada.join()
            assert (await ada.post("c1", "hello"))["type"] == "ack"

        async def remembered() -> bool:
            told = await client.get(edge.url + "/chat/rooms/lobby/messages")
            return told.status_code == 200 and len(told.json()["messages"]) == 1

        await wait_until(remembered, what="history", within=SLOW)


async def start_and_stop(directory: Path, start: Sequence[str], stop: Sequence[str]) -> None:
    servers = servers_in(directory)
    with ExitStack() as stack:
        for name in start:
            server = servers[name]
            server.start_nowait()
            stack.callback(end, server)
            await wait_until(lambda server=server: lives(server), what=name, within=SLOW)
        for server in servers.values():
            await asyncio.to_thread(server.wait_ready, within=timedelta(seconds=SLOW))
        await works(servers)
        for name in stop:
            assert await asyncio.to_thread(servers[name].stop) in WELL, f"{name} hung"
        for server in servers.values():
            assert "Traceback" not in server.log_path.read_text(), server.name


def end(server: Server) -> None:
    if server.running:
        server.kill()


ORDERS = {
    "what is needed starts last and stops first": (
        ("edge", "chat", "feed", "producer", "valkey", "nats"),
        ("nats", "valkey", "producer", "feed", "chat", "edge"),
    ),
    "mixed": (
        ("valkey", "producer", "nats", "chat", "edge", "feed"),
        ("valkey", "chat", "nats", "edge", "feed", "producer"),
    ),
}
Outcomes = dict[str, BaseException | None]


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Outcomes:
    """Of every order; side by side, because each mostly waits."""

    async def all_of_them() -> list[BaseException | None]:
        runs = (
            start_and_stop(tmp_path_factory.mktemp("order"), start, stop)
            for start, stop in ORDERS.values()
        )
        return await asyncio.gather(*runs, return_exceptions=True)

    return dict(zip(ORDERS, asyncio.run(all_of_them()), strict=True))


@pytest.mark.timeout(300)
@pytest.mark.parametrize("order", ORDERS)
def test_parts_start_and_stop_in_any_order(outcomes: Outcomes, order: str) -> None:
    if (error := outcomes[order]) is not None:
        raise error


@pytest.mark.whole
@pytest.mark.timeout(3_000)
async def test_parts_start_and_stop_in_every_order_of_four(tmp_path: Path) -> None:
    dice = random.Random(27)  # noqa: S311 - the same orders every time
    for number, order in enumerate(itertools.permutations(("nats", "valkey", "feed", "chat"))):
        start, stop = list(order), list(order)
        dice.shuffle(stop)
        for other in ("producer", "edge"):
            start.insert(dice.randint(0, len(start)), other)
            stop.insert(dice.randint(0, len(stop)), other)
        print(f"start {' '.join(start)}; stop {' '.join(stop)}")  # noqa: T201 - which one failed
        await start_and_stop(tmp_path / str(number), start, stop)
