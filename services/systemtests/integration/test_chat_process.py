"""Chat as a process over real servers, with everything killed once."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.servers import NatsServer, ServiceServer, ValkeyServer, chat_server
from realtime.testing import wait_until
from systemtests.talker import offset_of, talking


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[tuple[NatsServer, ValkeyServer]]:
    with NatsServer(tmp_path / "nats") as broker, ValkeyServer(tmp_path / "valkey") as store:
        yield broker, store


def chat_process(
    directory: Path, stack: tuple[NatsServer, ValkeyServer], **settings: str
) -> ServiceServer:
    nats_server, valkey_server = stack
    return chat_server(
        directory,
        nats_url=nats_server.url,
        redis_url=valkey_server.url,
        settings={"POSTS_BURST": "10000", "LOG_FORMAT": "json", **settings},
    )


def socket_of(server: ServiceServer) -> str:
    return server.url.replace("http", "ws", 1) + "/ws"


async def test_a_replica_that_is_killed_loses_nothing_and_another_projects(
    tmp_path: Path, stack: tuple[NatsServer, ValkeyServer]
) -> None:
    with chat_process(tmp_path / "one", stack) as one, chat_process(tmp_path / "two", stack) as two:
        async with talking(socket_of(one), name="ada") as ada:
            await ada.join()
            await ada.post_all(1, 30, room="lobby")
            session, last = ada.welcome["session"], ada.seen()[-1]["position"]
            await ada.say("post", room="lobby", cid="lobby31", text="31")
            one.kill()
            await ada.wait_closed()
        async with talking(socket_of(two), name="ada", session=session) as ada:
            joined = await ada.join(after=last)
            assert joined["resumed"] is True
            await ada.post_all(31, 40, room="lobby")
            assert [message["text"] for message in ada.seen()] == [str(n) for n in range(31, 41)]
            ada.check_unbroken()

            async def complete() -> bool:
                answer = await ada.history(limit=100)
                offsets = [offset_of(message) for message in answer.get("messages", [])]
                return offsets == list(range(1, 41))

            await wait_until(complete, what="the other replica's projection")


async def test_a_broker_that_is_killed_is_back_within_seconds_and_nothing_acknowledged_is_lost(
    tmp_path: Path, stack: tuple[NatsServer, ValkeyServer]
) -> None:
    broker, _ = stack
    with chat_process(tmp_path / "chat", stack) as chat:
        async with talking(socket_of(chat), name="ada") as ada, talking(socket_of(chat)) as bob:
            await ada.join()
            await bob.join()
            await ada.post_all(1, 20, room="lobby")
            broker.kill()
            error = await ada.post("lobby21", "21")
            assert (error["code"], error["retryable"]) == ("upstream_down", True)
            broker.start()

            async def stored() -> bool:
                answer = await ada.post("lobby21", "21")
                return bool(answer["type"] == "ack")

            await wait_until(stored, what="the broker's return")
            await ada.post_all(22, 30, room="lobby")
            await bob.wait_for("message", count=30)
            assert [message["text"] for message in bob.seen()] == [str(n) for n in range(1, 31)]
            assert not bob.all("gap")


async def test_a_process_that_is_stopped_says_farewell_and_ends_by_itself(
    tmp_path: Path, stack: tuple[NatsServer, ValkeyServer]
) -> None:
    with chat_process(tmp_path / "chat", stack, DRAIN_WINDOW="0.5") as chat:
        async with talking(socket_of(chat), name="ada") as ada:
            await ada.join()
            began = time.monotonic()
            assert await asyncio.to_thread(chat.stop) in (0, 143)
            assert time.monotonic() - began < 5
            assert await ada.wait_closed() == 1012
            assert ada.frames[-1]["type"] == "drain"
        lines = "\n".join(chat.log_tail(100))
        assert lines.count('"connection_ended"') == 1
        assert '"ended_by": "drain"' in lines


async def test_a_chat_that_starts_before_its_servers_waits_for_them(tmp_path: Path) -> None:
    broker, store = NatsServer(tmp_path / "nats"), ValkeyServer(tmp_path / "valkey")
    chat = chat_process(tmp_path / "chat", (broker, store))
    chat.start_nowait()
    try:
        with broker, store:
            chat.wait_ready()
            async with talking(socket_of(chat)) as ada:
                await ada.join()
                await ada.post_all(1, 3, room="lobby")

                async def complete() -> bool:
                    return len((await ada.history()).get("messages", [])) == 3

                await wait_until(complete, what="history")
    finally:
        chat.stop()
