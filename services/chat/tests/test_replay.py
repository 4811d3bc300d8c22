"""Coming back to a room: what was missed, from wherever it still is, or a told gap."""

import asyncio

import pytest

from chat.replica import Replica
from chat.testing import MemoryHistory
from chat.testing.dialog import counted, dialog, fill, texts
from realtime.subjects import CHAT
from realtime.testing import MemoryBroker, wait_until
from systemtests.running_chat import chat_parts, wait_projected


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
    async with chat_parts(broker, history, ring_entries=10) as chat:
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
    async with chat_parts(broker, history, ring_entries=10, replay=5) as chat:
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
    async with chat_parts(broker, history, ring_entries=10, replay=100) as chat:
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
    async with chat_parts(broker, history, ring_entries=10) as chat:
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
    async with chat_parts(broker, history, ring_entries=5) as chat:
        await fill(chat.replica, 1, 20)
        await wait_projected(chat)
        broker.go_down()
        with dialog(chat.replica) as ada:
            error = await ada.join(after=f"{chat.replica.hub.epoch}-2")
            assert (error["code"], error["retryable"]) == ("upstream_down", True)
            assert chat.replica.rooms.members("lobby") == ([], 0)
            assert (await ada.join(after=f"{chat.replica.hub.epoch}-17"))["resumed"] is True
            assert texts(await ada.join()) == counted(1, 20)
