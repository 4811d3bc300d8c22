"""Real processes at the end of descriptors and memory: newcomers are told, the others stay."""

import asyncio
import resource
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx2
import pytest
from websockets.asyncio.client import connect as connect_socket
from websockets.exceptions import InvalidStatus

from infra.servers import NatsServer, ServiceServer, ValkeyServer, chat_server, feed_server
from realtime.nats import connect
from realtime.subjects import SENSORS
from realtime.testing import wait_until
from systemtests.descriptors import leave_room, open_descriptors
from systemtests.ledger import Publisher
from systemtests.listener import Listener, listening
from systemtests.replicas import metrics_of
from systemtests.talker import talking

SPARE = 40
SLOW = 60.0


async def is_ready(server: ServiceServer) -> bool:
    async with httpx2.AsyncClient(trust_env=False, timeout=30) as client:
        return (await client.get(server.admin_url + "/readyz")).status_code == 200


async def spent(server: ServiceServer, what: str) -> bool:
    return (await metrics_of(server))[f"{server.name}_budget_spent{{{what}}}"] == 1


@asynccontextmanager
async def running_feed(directory: Path, **settings: str) -> AsyncIterator[ServiceServer]:
    with NatsServer(directory / "nats") as nats:
        given = {"SPARE_DESCRIPTORS": str(SPARE), "DRAIN_WINDOW": "0", **settings}
        with feed_server(directory / "feed", nats_url=nats.url, settings=given) as feed:
            yield feed


async def listen_until_refused(stack: AsyncExitStack, feed: ServiceServer) -> list[Listener]:
    """Open streams one by one; all of them but the last one stay."""
    listeners: list[Listener] = []
    while not listeners or not listeners[-1].ended:
        assert len(listeners) < 200, "nobody was refused"
        listener = await stack.enter_async_context(listening(feed.url + "/readings"))
        listeners.append(listener)
        await wait_until(lambda listener=listener: listener.events or listener.ended)
        if listener.names[0] == "busy":
            await wait_until(lambda listener=listener: listener.ended)
    return listeners


@pytest.mark.timeout(180)
async def test_without_descriptors_newcomers_are_told_and_streams_go_on(tmp_path: Path) -> None:
    async with running_feed(tmp_path) as feed, AsyncExitStack() as stack:
        leave_room(feed, 20, spare=SPARE)
        *stayed, last = await listen_until_refused(stack, feed)
        assert 10 <= len(stayed) <= 24
        assert last.events[0].data["reason"] == "descriptors"
        assert await spent(feed, "descriptors")
        await wait_until(lambda: not_ready(feed), within=SLOW)
        url = dict(feed.program.environment)["FEED_NATS_URL"]
        async with connect(url, name="publisher") as broker:
            await wait_until(lambda: broker.connected)
            await broker.ensure_stream(SENSORS)
            await Publisher(broker).publish(3)
            await wait_until(lambda: all(len(s.records) == 3 for s in stayed), within=SLOW)
        for _ in range(2):
            # Whoever leaves makes room, and not for the one who was just refused only.
            await stack.aclose()
            await wait_until(lambda: is_ready(feed), within=SLOW)
            async with listening(feed.url + "/readings") as again:
                await wait_until(lambda: again.events)
                assert again.names[0] == "hello"
        assert "Traceback" not in feed.log_path.read_text()


async def not_ready(server: ServiceServer) -> bool:
    return not await is_ready(server)


@pytest.mark.timeout(180)
async def test_those_who_connect_and_say_nothing_leave_some_to_us(tmp_path: Path) -> None:
    async with running_feed(tmp_path) as feed:
        async with listening(feed.url + "/readings") as listener:
            await wait_until(lambda: listener.events)
            leave_room(feed, 20, spare=SPARE)
            silent = [socket.create_connection(("127.0.0.1", feed.port), 10) for _ in range(200)]
            try:
                await wait_until(lambda: spent(feed, "descriptors"), within=SLOW)
                limit, _ = resource.prlimit(feed.pid, resource.RLIMIT_NOFILE)
                # Those that were accepted and put out again are gone by now, and probes are heard.
                await wait_until(lambda: open_descriptors(feed) < limit - 16, within=SLOW)
                await wait_until(lambda: not_ready(feed), within=SLOW)
                assert not listener.ended
            finally:
                for one in silent:
                    one.close()
            await wait_until(lambda: is_ready(feed), within=SLOW)
            assert not listener.ended
        assert "Traceback" not in feed.log_path.read_text()


@pytest.mark.timeout(180)
async def test_chat_without_descriptors_closes_with_1013_and_an_edge_hears_503(
    tmp_path: Path,
) -> None:
    with NatsServer(tmp_path / "nats") as nats, ValkeyServer(tmp_path / "valkey") as valkey:
        settings = {"SPARE_DESCRIPTORS": str(SPARE), "DRAIN_WINDOW": "0"}
        with chat_server(
            tmp_path / "chat", nats_url=nats.url, redis_url=valkey.url, settings=settings
        ) as chat:
            url = chat.url.replace("http", "ws") + "/ws"
            async with talking(url) as ada, AsyncExitStack() as stack:
                await ada.join()
                leave_room(chat, 10, spare=SPARE)
                socket_ = await stack.enter_async_context(connect_socket(url))
                while '"welcome"' in str(await first_word(socket_)):
                    socket_ = await stack.enter_async_context(connect_socket(url))
                assert socket_.close_code == 1013
                assert socket_.close_reason == "descriptors"
                with pytest.raises(InvalidStatus) as raised:
                    await connect_socket(url, additional_headers={"Prefer": "elsewhere"})
                assert raised.value.response.status_code == 503
                assert (await ada.post("c1"))["type"] == "ack"
            assert "Traceback" not in chat.log_path.read_text()


async def first_word(socket_: object) -> object:
    """What is said first, or nothing where the other side closes."""
    try:
        return await socket_.recv()  # type: ignore[attr-defined]
    except Exception:  # noqa: BLE001 - a close; its code is looked at
        return ""


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("memory", "word"), [("1000000", "busy"), ("100000000000", "hello")])
async def test_beyond_its_memory_a_replica_turns_newcomers_away(
    tmp_path: Path, memory: str, word: str
) -> None:
    with NatsServer(tmp_path / "nats") as nats:
        feed = feed_server(
            tmp_path / "feed",
            nats_url=nats.url,
            settings={"MEMORY_BYTES": memory, "DRAIN_WINDOW": "0"},
        )
        feed.start_nowait()
        try:
            async with httpx2.AsyncClient(trust_env=False) as client:
                await wait_until(lambda: started(client, feed), within=SLOW)
            async with listening(feed.url + "/readings") as listener:
                await wait_until(lambda: listener.events)
            assert listener.names[0] == word
            if word == "busy":
                assert listener.events[0].data["reason"] == "memory"
            assert await spent(feed, "memory") is (word == "busy")
        finally:
            await asyncio.to_thread(feed.stop)


async def started(client: httpx2.AsyncClient, feed: ServiceServer) -> bool:
    try:
        answer = await client.get(feed.admin_url + "/readyz")
    except httpx2.HTTPError:
        return False
    return bool(answer.json()["started"])


@pytest.mark.timeout(120)
async def test_a_process_that_was_stopped_has_no_stall(tmp_path: Path) -> None:
    async with running_feed(tmp_path, STALL_AFTER="0.5", LOG_FORMAT="json") as feed:
        feed.pause()
        loop = asyncio.get_running_loop()
        until = loop.time() + 2
        await wait_until(lambda: loop.time() > until)
        feed.resume()
        metrics = await metrics_of(feed)
        assert metrics["feed_loop_stalls_total"] == 0
        assert metrics["feed_event_loop_lag_seconds_sum"] > 1, "the loop was late all the same"
