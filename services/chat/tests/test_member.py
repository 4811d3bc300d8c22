"""Entering a room: what one is shown, and that nothing is missing or doubled after it."""

import asyncio

import pytest

from chat.replica import Replica
from chat.testing import MemoryHistory, MemoryStore
from chat.testing.dialog import Dialog, counted, dialog, fill, texts
from realtime.subjects import CHAT
from realtime.testing import MemoryBroker, MemorySink, wait_until
from systemtests.running_chat import chat_parts, wait_projected


async def test_a_newcomer_is_shown_the_last_50(replica: Replica) -> None:
    await fill(replica, 1, 60)
    await fill(replica, 1, 3, room="attic")
    with dialog(replica) as ada:
        joined = await ada.join()
    assert texts(joined) == counted(11, 60)
    assert joined["resumed"] is False
    assert joined["head"] == f"{replica.hub.epoch}-63"


async def test_what_the_ring_lacks_comes_from_history(
    broker: MemoryBroker, history: MemoryHistory
) -> None:
    async with chat_parts(broker, history, ring_entries=7) as chat:
        await fill(chat.replica, 1, 60)
        await wait_projected(chat)
        with dialog(chat.replica) as ada:
            assert texts(await ada.join()) == counted(11, 60)
            await fill(chat.replica, 61, 62)
            assert ada.texts == counted(11, 62)


async def test_without_history_the_ring_has_to_do(
    broker: MemoryBroker, history: MemoryHistory, store: MemoryStore
) -> None:
    async with chat_parts(broker, history, ring_entries=7) as chat:
        await fill(chat.replica, 1, 20)
        store.down = True
        with dialog(chat.replica) as ada:
            assert texts(await ada.join()) == counted(14, 20)


async def test_history_that_is_ahead_of_this_replica_shows_nothing_twice(
    broker: MemoryBroker, store: MemoryStore
) -> None:
    async with chat_parts(broker, MemoryHistory(store)) as ahead:
        await fill(ahead.replica, 1, 5)
        async with chat_parts(broker, MemoryHistory(store)) as behind:
            broker.lose_live = 1
            writing = asyncio.create_task(fill(ahead.replica, 6, 6))
            await wait_until(lambda: store.position is not None and store.position.offset == 6)
            with dialog(behind.replica) as ada:
                await ada.join()
                await writing
                await wait_until(lambda: behind.replica.hub.flushed == 6)
                assert ada.texts == counted(1, 6)


async def test_long_messages_are_cut_to_what_one_frame_carries(replica: Replica) -> None:
    for number in range(50):
        await replica.publisher.publish(
            user="ada", room="lobby", cid=str(number), text=f"{number}" + "\x01" * 4000
        )
    with dialog(replica) as ada:
        joined = await ada.join()
        assert len(ada.sink.chunks[-1]) < 300_000
    assert 5 < len(joined["messages"]) < 50
    assert joined["messages"][-1]["text"].startswith("49")


async def test_joining_again_begins_anew_and_delivers_once(replica: Replica) -> None:
    await fill(replica, 1, 3)
    with dialog(replica) as ada:
        await ada.join()
        again = await ada.join(after=f"{replica.hub.epoch}-1")
        assert texts(again) == counted(2, 3)
        assert (again["members"], again["count"]) == (["ada"], 1)
        await fill(replica, 4, 5)
        assert [frame["text"] for frame in ada.all("message")] == counted(4, 5)
        assert replica.hub.subscribers == 1


# ------------------------------------------------------------------ the seam


@pytest.mark.parametrize("resumes", [False, True])
@pytest.mark.parametrize("ring_entries", [5, 1_000])
async def test_nothing_is_lost_or_doubled_around_a_join(
    broker: MemoryBroker, history: MemoryHistory, ring_entries: int, *, resumes: bool
) -> None:
    async with chat_parts(broker, history, ring_entries=ring_entries) as chat:
        replica = chat.replica
        await fill(replica, 1, 30)
        writing = asyncio.create_task(fill(replica, 31, 300))
        talks: list[Dialog] = []
        for number in range(20):
            with_after = {"after": f"{replica.hub.epoch}-{number + 1}"} if resumes else {}
            talk = Dialog(replica, MemorySink(), name="ada", session="")
            await talk.join(**with_after)
            talks.append(talk)
        await writing
        await wait_until(lambda: replica.hub.flushed == 300)
        for number, talk in enumerate(talks):
            await wait_until(lambda talk=talk: talk.texts[-1] == "300")
            first = number + 2 if resumes else int(talk.texts[0])
            assert talk.texts == counted(first, 300)
            assert not talk.all("gap")


async def test_a_slow_member_is_caught_up_without_a_gap(replica: Replica) -> None:
    with dialog(replica, sink=MemorySink()) as ada, dialog(replica, "bob") as bob:
        await ada.join()
        await bob.join()
        ada.sink.fill()
        await fill(replica, 1, 300)
        assert not ada.all("message")
        assert len(bob.all("message")) == 300
        ada.sink.drain()
        await wait_until(lambda: len(ada.all("message")) == 300)
        assert ada.texts == counted(1, 300)


async def test_a_member_that_the_ring_passed_by_is_told_a_gap(
    broker: MemoryBroker, history: MemoryHistory
) -> None:
    async with chat_parts(broker, history, ring_entries=10) as chat:
        with dialog(chat.replica) as ada:
            await ada.join()
            ada.sink.fill()
            await fill(chat.replica, 1, 50)
            ada.sink.drain()
            await wait_until(lambda: ada.all("gap"))
            (gap,) = ada.all("gap")
            epoch = chat.replica.hub.epoch
            assert (gap["from"], gap["to"]) == (f"{epoch}-1", f"{epoch}-50")
            assert gap["reason"] == "evicted"
            await fill(chat.replica, 51, 52)
            assert ada.texts == counted(51, 52)


async def test_a_recreated_stream_is_a_told_gap_and_then_the_new_one(
    replica: Replica, broker: MemoryBroker
) -> None:
    with dialog(replica) as ada:
        await ada.join()
        await fill(replica, 1, 3)
        old = replica.hub.epoch
        broker.delete_stream(CHAT.name)
        await broker.ensure_stream(CHAT)
        await fill(replica, 101, 103)
        await wait_until(lambda: ada.texts[-1] == "103")
        (gap,) = ada.all("gap")
        assert (gap["from"], gap["to"]) == (f"{old}-4", f"{replica.hub.epoch}-0")
        assert gap["reason"] == "epoch"
        assert ada.texts == counted(1, 3) + counted(101, 103)
        last = ada.all("message")[-1]["position"]
    with dialog(replica) as bob:
        assert (await bob.join(after=last))["resumed"] is True
        assert (await bob.join(after=f"{old}-3"))["resumed"] is False
