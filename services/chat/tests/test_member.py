"""Entering a room: what one is shown, and that nothing is missing or doubled after it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from chat.app import Chat
from chat.replica import Replica
from chat.testing import MemoryHistory, MemoryStore
from chat.testing.dialog import Dialog, dialog
from realtime.subjects import CHAT
from realtime.testing import MemoryBroker, MemorySink, wait_until
from systemtests.running_chat import chat_parts, wait_projected


async def fill(replica: Replica, first: int, last: int, room: str = "lobby") -> None:
    """Post texts that count."""
    for number in range(first, last + 1):
        await replica.publisher.publish(
            user="filler", room=room, cid=f"{room}{number}", text=str(number)
        )


def counted(first: int, last: int) -> list[str]:
    return [str(number) for number in range(first, last + 1)]


def texts(frame: dict[str, Any]) -> list[str]:
    return [message["text"] for message in frame["messages"]]


@asynccontextmanager
async def started(
    broker: MemoryBroker, history: MemoryHistory, **settings: Any
) -> AsyncIterator[Chat]:
    async with chat_parts(broker, history, **settings) as chat:
        await wait_until(lambda: chat.health.started)
        yield chat


# ------------------------------------------------------------------ newcomers


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
    async with started(broker, history, ring_entries=7) as chat:
        await fill(chat.replica, 1, 60)
        await wait_projected(chat)
        with dialog(chat.replica) as ada:
            assert texts(await ada.join()) == counted(11, 60)
            await fill(chat.replica, 61, 62)
            assert ada.texts == counted(11, 62)


async def test_without_history_the_ring_has_to_do(
    broker: MemoryBroker, history: MemoryHistory, store: MemoryStore
) -> None:
    async with started(broker, history, ring_entries=7) as chat:
        await fill(chat.replica, 1, 20)
        store.down = True
        with dialog(chat.replica) as ada:
            assert texts(await ada.join()) == counted(14, 20)


async def test_history_that_is_ahead_of_this_replica_shows_nothing_twice(
    broker: MemoryBroker, store: MemoryStore
) -> None:
    async with started(broker, MemoryHistory(store)) as ahead:
        await fill(ahead.replica, 1, 5)
        async with started(broker, MemoryHistory(store)) as behind:
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


# ------------------------------------------------------------------ resuming


async def test_a_member_that_comes_back_is_shown_what_it_missed(replica: Replica) -> None:
    await fill(replica, 1, 5)
    await fill(replica, 1, 5, room="attic")
    await fill(replica, 6, 9)
    with dialog(replica) as ada:
        joined = await ada.join(after=f"{replica.hub.epoch}-3")
        assert joined["resumed"] is True
        assert texts(joined) == counted(4, 9)
        await fill(replica, 10, 12)
        assert ada.texts == counted(4, 12)
        assert not ada.all("gap")


async def test_a_member_that_missed_nothing_is_shown_nothing(replica: Replica) -> None:
    await fill(replica, 1, 5)
    with dialog(replica) as ada:
        joined = await ada.join(after=f"{replica.hub.epoch}-5")
        assert (joined["resumed"], joined["messages"]) == (True, [])


async def test_what_does_not_fit_into_joined_follows_as_frames(replica: Replica) -> None:
    await fill(replica, 1, 700)
    with dialog(replica) as ada:
        joined = await ada.join(after=f"{replica.hub.epoch}-10")
        assert texts(joined) == counted(11, 210)
        await wait_until(lambda: len(ada.texts) == 690)
        await fill(replica, 701, 703)
        assert ada.texts == counted(11, 703)


async def test_what_is_older_than_the_ring_comes_from_the_stream(
    broker: MemoryBroker, history: MemoryHistory
) -> None:
    async with started(broker, history, ring_entries=10) as chat:
        replica = chat.replica
        await fill(replica, 1, 300)
        await fill(replica, 1, 5, room="attic")
        await fill(replica, 301, 303)
        with dialog(replica) as ada:
            joined = await ada.join(after=f"{replica.hub.epoch}-20")
            assert joined["resumed"] is True
            assert texts(joined) == counted(21, 220)
            await fill(replica, 304, 306)
            assert ada.texts == counted(21, 306)
            assert not ada.all("gap")


async def test_a_quiet_room_is_resumed_over_any_distance(
    broker: MemoryBroker, history: MemoryHistory
) -> None:
    async with started(broker, history, ring_entries=10, replay=5) as chat:
        replica = chat.replica
        await fill(replica, 1, 1)
        await fill(replica, 1, 400, room="attic")
        with dialog(replica) as ada:
            joined = await ada.join(after=f"{replica.hub.epoch}-1")
            assert (joined["resumed"], joined["messages"]) == (True, [])
            await fill(replica, 2, 3)
            assert ada.texts == ["2", "3"]


async def test_too_far_back_is_a_told_gap_and_the_last_50(
    broker: MemoryBroker, history: MemoryHistory
) -> None:
    async with started(broker, history, ring_entries=10, replay=100) as chat:
        replica = chat.replica
        epoch = replica.hub.epoch
        await fill(replica, 1, 300)
        await wait_projected(chat)
        with dialog(replica) as ada:
            joined = await ada.join(after=f"{epoch}-20")
            assert joined["resumed"] is False
            assert texts(joined) == counted(251, 300)
            (gap,) = ada.all("gap")
            assert gap == {
                "type": "gap",
                "room": "lobby",
                "from": f"{epoch}-21",
                "to": f"{epoch}-300",
                "reason": "too_far",
            }
            await fill(replica, 301, 302)
            assert ada.texts == counted(251, 302)


async def test_what_the_stream_no_longer_has_is_a_told_gap(
    broker: MemoryBroker, history: MemoryHistory
) -> None:
    async with started(broker, history, ring_entries=10) as chat:
        await fill(chat.replica, 1, 100)
        broker.purge(CHAT.name, upto=30)
        with dialog(chat.replica) as ada:
            joined = await ada.join(after=f"{chat.replica.hub.epoch}-20")
            assert joined["resumed"] is False
            assert ada.all("gap")[0]["reason"] == "too_far"
            assert (await ada.join(after=f"{chat.replica.hub.epoch}-30"))["resumed"] is True


async def test_a_position_of_another_epoch_is_a_told_gap(replica: Replica) -> None:
    await fill(replica, 1, 3)
    with dialog(replica) as ada:
        joined = await ada.join(after="e9999-2")
        assert joined["resumed"] is False
        assert texts(joined) == counted(1, 3)
        (gap,) = ada.all("gap")
        assert (gap["from"], gap["to"]) == ("e9999-3", joined["head"])
        assert gap["reason"] == "epoch"
        assert replica.counts.gaps["epoch"] == 1


@pytest.mark.parametrize("after", ["", "7", "*", "E100-1", "e100-", "e100-1-2", "e100-" + "9" * 40])
async def test_what_is_no_position_counts_as_none(replica: Replica, after: str) -> None:
    await fill(replica, 1, 3)
    with dialog(replica) as ada:
        joined = await ada.join(after=after)
        assert (joined["resumed"], texts(joined)) == (False, counted(1, 3))
        assert not ada.all("gap")


async def test_a_position_that_the_stream_never_had_counts_as_none(replica: Replica) -> None:
    await fill(replica, 1, 3)
    with dialog(replica) as ada:
        joined = await ada.join(after=f"{replica.hub.epoch}-999")
        assert (joined["resumed"], texts(joined)) == (False, counted(1, 3))


async def test_a_position_that_another_replica_gave_is_waited_for(
    replica: Replica, broker: MemoryBroker
) -> None:
    await fill(replica, 1, 3)
    broker.lose_live = 1
    writing = asyncio.create_task(fill(replica, 4, 4))
    await wait_until(lambda: len(broker.published) == 4)
    assert replica.hub.flushed == 3
    with dialog(replica) as ada:
        joined = await ada.join(after=f"{replica.hub.epoch}-4")
        assert (joined["resumed"], joined["messages"]) == (True, [])
    await writing


async def test_a_resume_that_needs_the_stream_says_that_the_broker_is_away(
    broker: MemoryBroker, history: MemoryHistory
) -> None:
    async with started(broker, history, ring_entries=5) as chat:
        await fill(chat.replica, 1, 20)
        await wait_projected(chat)
        broker.go_down()
        with dialog(chat.replica) as ada:
            error = await ada.join(after=f"{chat.replica.hub.epoch}-2")
            assert (error["code"], error["retryable"]) == ("upstream_down", True)
            assert chat.replica.rooms.members("lobby") == ([], 0)
            assert (await ada.join(after=f"{chat.replica.hub.epoch}-17"))["resumed"] is True
            assert texts(await ada.join()) == counted(1, 20)


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
    async with started(broker, history, ring_entries=ring_entries) as chat:
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
    async with started(broker, history, ring_entries=10) as chat:
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
