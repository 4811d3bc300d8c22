"""From the stream into the hub."""

import json

import pytest

from chat.app import Chat
from chat.entries import PostEntry, Unreadable, UnreadableEntryError, encode_entry
from chat.relay import read_entry
from chat.testing.dialog import dialog
from realtime.broker import Delivery
from realtime.subjects import CHAT
from realtime.testing import MemoryBroker, wait_until

ENTRY = encode_entry(PostEntry(cid="c1", user="ada", text="hello", time=1.5))


def test_a_delivery_becomes_the_frame_that_every_member_gets() -> None:
    entry = read_entry(Delivery("rooms.lobby", ENTRY, 7, 2.0), "e100")
    assert entry.offset == 7
    (part,) = entry.parts
    assert part.topic == "lobby"
    assert json.loads(part.payload) == {
        "type": "message",
        "room": "lobby",
        "position": "e100-7",
        "cid": "c1",
        "user": "ada",
        "text": "hello",
        "time": 1.5,
    }


def test_what_cannot_be_read_is_an_error() -> None:
    with pytest.raises(UnreadableEntryError):
        read_entry(Delivery("rooms.lobby", b"[]", 7, 2.0), "e100")


async def test_an_unreadable_entry_keeps_its_offset_and_stops_nothing(
    chat: Chat, broker: MemoryBroker
) -> None:
    with dialog(chat.replica) as ada:
        await ada.join()
        await broker.publish("rooms.lobby", ENTRY, message_id="1")
        await broker.publish("rooms.lobby", b"{", message_id="2")
        await broker.publish("rooms.l@bby", ENTRY, message_id="3")
        await broker.publish("rooms.lobby", ENTRY, message_id="4")
        await wait_until(lambda: chat.replica.hub.flushed == 4)
        epoch = chat.replica.hub.epoch
        assert [m["position"] for m in ada.all("message")] == [f"{epoch}-1", f"{epoch}-4"]
    assert chat.relay.parts == 2
    assert chat.relay.unreadable == {Unreadable.NOT_AN_ENTRY: 1, Unreadable.BAD_ROOM: 1}


async def test_messages_that_the_stream_has_lost_are_a_told_gap(
    chat: Chat, broker: MemoryBroker
) -> None:
    with dialog(chat.replica) as ada:
        await ada.join()
        broker.lose_live = 3
        for number in range(3):
            await broker.publish("rooms.lobby", ENTRY, message_id=str(number))
        broker.purge(CHAT.name, upto=3)
        await broker.publish("rooms.lobby", ENTRY, message_id="4")
        await wait_until(lambda: ada.all("message"))
        (gap,) = ada.all("gap")
        epoch = chat.replica.hub.epoch
        assert (gap["from"], gap["to"]) == (f"{epoch}-1", f"{epoch}-3")
        assert gap["reason"] == "overflow"


async def test_an_upstream_that_is_away_degrades_and_does_not_unready(
    chat: Chat, broker: MemoryBroker
) -> None:
    broker.go_down()
    await wait_until(lambda: "nats" in chat.health.degraded)
    assert chat.health.ready
    assert not chat.relay.upstream_up
    broker.come_up()
    await wait_until(lambda: "nats" not in chat.health.degraded)
