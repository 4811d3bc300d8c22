"""Whole chats over one broker: replicas are alike, and a restart loses nothing."""

import asyncio
import json

import pytest

from chat.testing import MemoryHistory, MemoryStore
from realtime.subjects import CHAT
from realtime.testing import MemoryBroker, wait_until
from systemtests.running_chat import running_chat
from systemtests.talker import offset_of, talking


async def test_members_on_two_replicas_see_the_same_in_the_same_order(
    broker: MemoryBroker, store: MemoryStore
) -> None:
    async with (
        running_chat(broker, MemoryHistory(store), posts_burst=100) as one,
        running_chat(broker, MemoryHistory(store), posts_burst=100) as two,
        talking(one.socket, name="ada") as ada,
        talking(two.socket, name="bob") as bob,
    ):
        await ada.join()
        await bob.join()

        async def write(talker: object, tag: str) -> None:
            speaker = ada if talker is ada else bob
            for number in range(30):
                await speaker.say("post", room="lobby", cid=f"{tag}{number}", text=f"{tag}{number}")

        await asyncio.gather(write(ada, "a"), write(bob, "b"))
        for talker in (ada, bob):
            await talker.wait_for("message", count=60)
            await talker.wait_for("ack", count=30)
        assert ada.seen() == bob.seen()
        ada.check_unbroken()
        acked = {ack["cid"]: ack["position"] for ack in ada.all("ack") + bob.all("ack")}
        assert acked == {message["cid"]: message["position"] for message in ada.seen()}


async def test_a_retry_on_another_replica_gets_the_same_position(
    broker: MemoryBroker, store: MemoryStore
) -> None:
    async with (
        running_chat(broker, MemoryHistory(store)) as one,
        running_chat(broker, MemoryHistory(store)) as two,
    ):
        async with talking(one.socket, name="ada") as ada:
            await ada.join()
            broker.lose_acks = 1
            assert (await ada.post("c1"))["code"] == "upstream_down"
            session = ada.welcome["session"]
        async with talking(two.socket, name="ada", session=session) as ada:
            await ada.join()
            ack = await ada.post("c1")
            assert ack["duplicate"] is True
            assert (await ada.post("c1", "other"))["code"] == "cid_reused"
            assert [message["position"] for message in ada.seen()] == [ack["position"]]


async def test_a_member_resumes_on_another_replica_and_after_a_restart(
    broker: MemoryBroker, store: MemoryStore
) -> None:
    async with running_chat(broker, MemoryHistory(store), posts_burst=100) as one:
        async with talking(one.socket, name="ada") as ada:
            await ada.join()
            for number in range(1, 6):
                await ada.post(f"c{number}", str(number))
            last = ada.seen()[-1]["position"]
        async with talking(one.socket, name="bob") as bob:
            await bob.join()
            for number in range(6, 9):
                await bob.post(f"c{number}", str(number))
        async with (
            running_chat(broker, MemoryHistory(store)) as two,
            talking(two.socket, name="ada") as ada,
        ):
            joined = await ada.join(after=last)
            assert joined["resumed"] is True
            assert [message["text"] for message in joined["messages"]] == ["6", "7", "8"]
    async with (
        running_chat(broker, MemoryHistory(store)) as again,
        talking(again.socket, name="ada") as ada,
    ):
        joined = await ada.join(after=last)
        assert [message["text"] for message in joined["messages"]] == ["6", "7", "8"]


async def test_a_recreated_stream_is_told_within_seconds(
    broker: MemoryBroker, history: MemoryHistory
) -> None:
    async with running_chat(broker, history) as running, talking(running.socket) as ada:
        await ada.join()
        await ada.post("c1")
        old = running.chat.replica.hub.epoch
        broker.delete_stream(CHAT.name)
        (gap,) = await ada.wait_for("gap")
        assert gap["reason"] == "epoch"
        assert gap["from"] == f"{old}-2"
        ack = await ada.post("c1")
        assert ack["duplicate"] is False
        assert ack["position"] == f"{running.chat.replica.hub.epoch}-1"
        await running.wait_projected()
        page = await ada.history()
        assert [message["position"] for message in page["messages"]] == [ack["position"]]


async def test_posts_and_joins_through_a_broker_that_comes_and_goes(
    broker: MemoryBroker, history: MemoryHistory
) -> None:
    async with running_chat(broker, history, posts_burst=1_000) as running:
        acked: dict[str, str] = {}
        async with talking(running.socket, name="ada") as ada, talking(running.socket) as bob:
            await ada.join()
            await bob.join()
            for number in range(60):
                if number % 10 == 3:
                    broker.lose_acks = 1
                if number == 25:
                    broker.lose_live = 1
                if number % 20 == 7:
                    broker.go_down()
                answer = await ada.post(f"c{number}", str(number))
                broker.come_up()
                while answer["type"] == "error":
                    assert answer["retryable"]
                    answer = await ada.post(f"c{number}", str(number))
                acked[answer["cid"]] = answer["position"]
            await wait_until(lambda: len(bob.seen()) == 60)
            bob.check_unbroken()
            assert acked == {message["cid"]: message["position"] for message in bob.seen()}
            await running.wait_projected()
            page = await bob.history(limit=100)
            assert [offset_of(m) for m in page["messages"]] == list(range(1, 61))


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "\x00\x1b[31m", "日本語 🎈", "a\u2028b"]
)
async def test_any_text_arrives_as_it_was_written(
    broker: MemoryBroker, history: MemoryHistory, text: str
) -> None:
    async with running_chat(broker, history) as running, talking(running.socket) as ada:
        await ada.join()
        await ada.post("c1", text)
        assert ada.seen()[0]["text"] == text
        await running.wait_projected()
        assert (await ada.history())["messages"][0]["text"] == text
        assert json.dumps(text)
