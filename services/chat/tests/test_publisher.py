"""Posts into the log, and the position that comes back, whatever happens meanwhile."""

import asyncio
from datetime import timedelta

import pytest

from chat.app import Chat
from chat.errors import CidReusedError
from chat.publisher import Publisher, Receipt
from chat.replica import Replica
from chat.testing import MemoryHistory
from realtime.errors import BadTokenError, BrokerUnavailableError
from realtime.fanout import Hub
from realtime.log import LogLimits
from realtime.position import Position
from realtime.subjects import CHAT
from realtime.testing import MemoryBroker
from systemtests.running_chat import chat_parts


async def publish(replica: Replica, cid: str, text: str = "hello", user: str = "ada") -> Receipt:
    return await replica.publisher.publish(user=user, room="lobby", cid=cid, text=text)


async def test_whoever_has_an_ack_finds_the_message_in_the_ring(replica: Replica) -> None:
    for number in range(1, 4):
        receipt = await publish(replica, f"c{number}")
        assert receipt == Receipt(Position(replica.hub.epoch, number), duplicate=False)
        assert replica.hub.flushed >= number


async def test_an_ack_survives_a_lost_live_delivery(replica: Replica, broker: MemoryBroker) -> None:
    broker.lose_live = 1
    receipt = await publish(replica, "c1")
    assert receipt.position == (replica.hub.epoch, 1)


async def test_a_post_to_no_room_is_not_published(replica: Replica, broker: MemoryBroker) -> None:
    with pytest.raises(BadTokenError):
        await replica.publisher.publish(user="ada", room="a.*", cid="c", text="t")
    assert not broker.published


async def test_a_stream_that_was_recreated_unnoticed_gives_its_own_epoch(
    replica: Replica, broker: MemoryBroker
) -> None:
    for number in range(5):
        await publish(replica, f"old{number}")
    before = replica.hub.epoch
    broker.delete_stream(CHAT.name)
    state = await broker.ensure_stream(CHAT)
    assert replica.hub.epoch == before
    receipt = await publish(replica, "new")
    assert receipt == Receipt(Position(state.epoch, 1), duplicate=False)
    assert state.epoch != before


async def test_a_recreated_stream_that_is_ahead_gives_its_own_epoch(
    replica: Replica, broker: MemoryBroker
) -> None:
    await publish(replica, "old")
    broker.delete_stream(CHAT.name)
    state = await broker.ensure_stream(CHAT)
    broker.lose_live = 5
    for number in range(5):
        await broker.publish("rooms.attic", b"{}", message_id=str(number))
    assert (await publish(replica, "new")).position == (state.epoch, 6)


async def test_a_stream_that_was_rolled_back_unnoticed_gives_a_new_epoch(
    replica: Replica, broker: MemoryBroker
) -> None:
    for number in range(5):
        await publish(replica, f"old{number}")
    before = replica.hub.epoch
    broker.roll_back(CHAT.name, last=2)
    receipt = await publish(replica, "new")
    assert receipt.position.epoch == replica.hub.epoch != before
    assert receipt.position.offset == 3


async def test_a_roll_back_is_noticed_even_where_the_ring_is_short(broker: MemoryBroker) -> None:
    async with chat_parts(broker, MemoryHistory(), ring_entries=1) as chat:
        for number in range(5):
            await publish(chat.replica, f"old{number}")
        before = chat.replica.hub.epoch
        broker.roll_back(CHAT.name, last=2)
        receipt = await publish(chat.replica, "new")
        assert receipt.position.epoch == chat.replica.hub.epoch != before


async def test_a_retry_finds_what_is_older_than_the_ring(broker: MemoryBroker) -> None:
    async with chat_parts(broker, MemoryHistory(), ring_entries=2) as chat:
        first = await publish(chat.replica, "c1")
        for number in range(5):
            await publish(chat.replica, f"more{number}")
        assert chat.replica.hub.log.floor > first.position.offset
        assert await publish(chat.replica, "c1") == Receipt(first.position, duplicate=True)
        with pytest.raises(CidReusedError):
            await publish(chat.replica, "c1", "other")


async def test_a_retry_after_a_restart_finds_the_post(broker: MemoryBroker) -> None:
    async with chat_parts(broker, MemoryHistory()) as chat:
        first = await publish(chat.replica, "c1")
    async with chat_parts(broker, MemoryHistory()) as chat:
        assert await publish(chat.replica, "c1") == Receipt(first.position, duplicate=True)


async def test_two_replicas_give_one_position(broker: MemoryBroker) -> None:
    async with (
        chat_parts(broker, MemoryHistory()) as one,
        chat_parts(broker, MemoryHistory()) as two,
    ):
        receipts = await asyncio.gather(
            *(publish(chat.replica, "c1") for chat in (one, two, one, two))
        )
    assert len({receipt.position for receipt in receipts}) == 1
    assert sorted(receipt.duplicate for receipt in receipts) == [False, True, True, True]


async def test_concurrent_posts_are_each_at_their_own_position(chat: Chat) -> None:
    receipts = await asyncio.gather(*(publish(chat.replica, f"c{n}") for n in range(100)))
    assert sorted(receipt.position.offset for receipt in receipts) == list(range(1, 101))
    assert chat.replica.publisher.posts == 100


async def test_what_the_relay_does_not_confirm_is_not_acknowledged(broker: MemoryBroker) -> None:
    await broker.ensure_stream(CHAT)
    hub = Hub(
        LogLimits(count=10, bytes=1_000, age=timedelta(hours=1)),
        flush_interval=timedelta(0),
        evict_after=timedelta(seconds=30),
        channels_max=10,
    )
    publisher = Publisher(broker, hub, confirm=timedelta(milliseconds=20))
    with pytest.raises(BrokerUnavailableError):
        await publisher.publish(user="ada", room="lobby", cid="c1", text="hello")
    assert len(broker.published) == 1
