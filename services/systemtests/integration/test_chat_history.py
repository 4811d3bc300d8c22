"""A chat's history over real servers: complete whatever the store has lost."""

import time
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import pytest

from chat.redis_history import PREFIX, connect
from infra.servers import NatsServer, ValkeyServer
from realtime.nats import connect as connect_broker
from realtime.subjects import CHAT
from realtime.testing import wait_until
from systemtests.running_chat import HISTORY_WITHIN, RunningChat, running_chat
from systemtests.talker import talking
from systemtests.valkey import empty, redis


@pytest.fixture(scope="module")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyServer]:
    with ValkeyServer(tmp_path_factory.mktemp("valkey")) as server:
        yield server


@pytest.fixture(scope="module")
def nats(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    with NatsServer(tmp_path_factory.mktemp("nats")) as server:
        yield server


@pytest.fixture
async def served(nats: NatsServer, valkey: ValkeyServer) -> AsyncIterator[RunningChat]:
    await empty(valkey)
    async with (
        connect_broker(nats.url, name="test") as broker,
        connect(valkey.url, keep=10_000, age=timedelta(days=1)) as history,
        running_chat(broker, history, posts_burst=10_000) as running,
    ):
        yield running


async def test_an_emptied_server_is_rebuilt_complete(
    served: RunningChat, valkey: ValkeyServer
) -> None:
    async with talking(served.socket, name="ada") as ada:
        await ada.join("rebuilt")
        await ada.post_all(1, 250, room="rebuilt")
        before = await served.wait_history("rebuilt")
        assert [message["text"] for message in before] == [str(n) for n in range(1, 251)]
        await empty(valkey)
        await ada.post_all(251, 260, room="rebuilt")
        after = await served.wait_history("rebuilt")
        assert after[:250] == before
        assert [message["text"] for message in after] == [str(n) for n in range(1, 261)]
        ada.check_unbroken("rebuilt")


async def test_what_was_acknowledged_is_in_the_next_page(served: RunningChat) -> None:
    async with talking(served.socket) as ada:
        await ada.join("fresh")
        await served.wait_history("fresh")
        for number in range(1, 101):
            ack = await ada.post(f"c{number}", str(number), room="fresh")
            page_ = await ada.history("fresh", limit=1)
            assert page_["messages"][0]["position"] == ack["position"]


async def test_chat_lives_while_the_server_is_dead_and_history_is_complete_afterwards(
    served: RunningChat, valkey: ValkeyServer
) -> None:
    async with talking(served.socket, name="ada") as ada, talking(served.socket) as bob:
        for talker in (ada, bob):
            await talker.join("killed")
        await ada.post_all(1, 20, room="killed")
        valkey.kill()
        try:
            began = time.monotonic()
            error = await ada.history("killed")
            assert time.monotonic() - began < HISTORY_WITHIN
            assert (error["code"], error["retryable"]) == ("history_unavailable", True)
            await ada.post_all(21, 40, room="killed")
            await bob.wait_for("message", count=40)
            await wait_until(lambda: "redis" in served.chat.health.degraded)
            assert served.chat.health.ready
        finally:
            valkey.start()
        texts = [message["text"] for message in await served.wait_history("killed")]
        assert texts == [str(number) for number in range(1, 41)]
        await wait_until(lambda: "redis" not in served.chat.health.degraded)
        bob.check_unbroken("killed")


async def test_a_recreated_stream_has_a_history_of_its_own(
    served: RunningChat, valkey: ValkeyServer, nats: NatsServer
) -> None:
    async with talking(served.socket, name="ada") as ada:
        await ada.join("anew")
        await ada.post_all(1, 5, room="anew")
        await served.wait_history("anew")
        old = served.chat.replica.hub.epoch
        async with connect_broker(nats.url, name="test") as broker:
            await wait_until(lambda: broker.connected)
            await broker._js.delete_stream(CHAT.name)
        (gap,) = await ada.wait_for("gap")
        assert gap["reason"] == "epoch"
        await ada.post_all(6, 8, room="anew")
        texts = [message["text"] for message in await served.wait_history("anew")]
        assert texts == ["6", "7", "8"]
        async with redis(valkey) as client:

            async def forgotten() -> bool:
                return not await client.keys(f"{PREFIX}{old}:*")

            await wait_until(forgotten)


async def test_a_room_with_wild_neighbours_is_read_alone(served: RunningChat) -> None:
    async with talking(served.socket) as ada:
        for room in ("room", "room-1", "room_", "Room"):
            await ada.join(room)
            await ada.post("c1", room, room=room)
        for room in ("room", "room-1", "room_", "Room"):
            found = await served.wait_history(room)
            assert [message["text"] for message in found] == [room]
