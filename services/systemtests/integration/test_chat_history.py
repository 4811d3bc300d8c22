"""A chat's history over real servers: complete whatever the store has lost."""

import asyncio
import sys
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


async def stored_texts(nats: NatsServer) -> bytes:
    """Everything that the stream holds."""
    async with connect_broker(nats.url, name="look") as broker:
        await wait_until(lambda: broker.connected)
        last = (await broker.stream_state(CHAT.name)).last
        found = await broker.read(CHAT.name, after=max(last - 400, 0), limit=400)
        return b"".join(delivery.payload for delivery in found)


async def test_what_was_changed_is_so_after_the_server_was_emptied_and_a_deleted_text_is_nowhere(
    served: RunningChat, valkey: ValkeyServer, nats: NatsServer
) -> None:
    async with talking(served.socket, name="ada") as ada, talking(served.socket) as bob:
        for talker in (ada, bob):
            await talker.join("changed")
        await ada.post_all(1, 120, room="changed")
        at = [message["position"] for message in await served.wait_history("changed")]
        room = {"room": "changed"}
        await ada.ask("edit", "ack", **room, position=at[3], text="four", cid="e1")
        await ada.ask("edit", "ack", **room, position=at[7], text="top secret", cid="e2")
        await bob.ask("react", "ack", **room, position=at[3], emoji="👍", on=True, cid="r1")
        await ada.ask("delete", "ack", **room, position=at[7], cid="d1")
        await ada.post_all(121, 125, room="changed")
        await served.wait_projected()
        before = await served.wait_history("changed")
        assert [before[3][key] for key in ("text", "reactions")] == ["four", {"👍": [bob.user]}]
        assert (before[7].get("text"), before[7]["deleted"]) == (None, True)
        assert len(before) == 125
        assert b"top secret" not in await stored_texts(nats)
        async with redis(valkey) as client:
            kept = await client.zrange(f"{PREFIX}{served.chat.replica.hub.epoch}:changed", 0, -1)
            assert len(kept) == 125
            assert "top secret" not in str(kept)
        await empty(valkey)
        assert await served.wait_history("changed") == before


async def test_a_replica_that_starts_over_an_erased_message_tells_no_loss(
    served: RunningChat, valkey: ValkeyServer, nats: NatsServer
) -> None:
    async with talking(served.socket, name="ada") as ada:
        await ada.join("erased")
        await ada.post_all(1, 5, room="erased")
        positions = [message["position"] for message in ada.seen("erased")]
        await ada.ask("delete", "ack", room="erased", position=positions[2], cid="d1")
        await served.wait_projected()
        assert not served.chat.projection.not_erased
    async with (
        connect_broker(nats.url, name="second") as broker,
        connect(valkey.url, keep=10_000, age=timedelta(days=1)) as history,
        running_chat(broker, history) as second,
    ):
        assert second.chat.relay.tail.started.is_set()
        async with talking(second.socket) as eve:
            joined = await eve.join("erased", after=positions[0])
            assert joined["resumed"] is True
            assert [m["position"] for m in joined["messages"]] == positions[1:]
            assert joined["messages"][1]["deleted"] is True
            (deleted,) = await eve.wait_for("deleted")
            assert deleted["target"] == positions[2]
            assert not eve.all("gap")


async def test_pages_are_stable_while_others_post_and_change(served: RunningChat) -> None:
    async with talking(served.socket, name="ada") as ada, talking(served.socket) as bob:
        await ada.join("stable")
        await ada.post_all(1, 230, room="stable")
        newest = await served.wait_history("stable")
        found: list[str] = []
        before: dict[str, str] = {}
        for number in range(231, 241):
            page = await ada.history("stable", limit=25, **before)
            found = [message["text"] for message in page["messages"]] + found
            before = {"before": page["messages"][0]["position"]}
            await bob.post(f"b{number}", str(number), room="stable")
            target = newest[number - 231]["position"]
            await bob.ask(
                "react",
                "ack",
                room="stable",
                position=target,
                emoji="👍",
                on=True,
                cid=f"r{number}",
            )
            if not page["more"]:
                break
        assert found == [str(number) for number in range(1, 231)]


async def test_a_rebuild_by_hand_leaves_the_same_history_while_people_write(
    served: RunningChat, valkey: ValkeyServer, nats: NatsServer
) -> None:
    async with talking(served.socket, name="ada") as ada:
        await ada.join("rebuilt-by-hand")
        await ada.post_all(1, 200, room="rebuilt-by-hand")
        await served.wait_projected()
        before = await served.wait_history("rebuilt-by-hand")
        command = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "chat.rebuild",
            "--nats-url",
            nats.url,
            "--redis-url",
            valkey.url,
            stdout=asyncio.subprocess.PIPE,
        )
        await ada.post_all(201, 260, room="rebuilt-by-hand")
        out, _ = await asyncio.wait_for(command.communicate(), 30)
        assert command.returncode == 0, out
        assert b"(100 %)" in out
        await served.wait_projected()
        after = await served.wait_history("rebuilt-by-hand")
        assert after[:200] == before
        assert [message["text"] for message in after] == [str(n) for n in range(1, 261)]
