"""From the stream into the hub."""

import json
from typing import Any

import msgspec

from chat.app import Chat
from chat.entries import (
    ChatEntry,
    DeleteEntry,
    EditEntry,
    Original,
    PostEntry,
    Unreadable,
    encode_entry,
)
from chat.testing import MemoryHistory
from chat.testing.dialog import dialog
from realtime.subjects import CHAT
from realtime.testing import MemoryBroker, wait_until
from systemtests.running_chat import chat_parts

ENTRY = encode_entry(PostEntry(cid="c1", user="ada", text="hello", time=1.5))


async def test_a_delivery_becomes_the_frame_that_every_member_gets(
    chat: Chat, broker: MemoryBroker
) -> None:
    await broker.publish("rooms.lobby", ENTRY, message_id="1")
    await wait_until(lambda: chat.replica.hub.flushed == 1)
    ((offset, entry),) = chat.replica.hub.log.after(0, limit=9)
    (part,) = entry.parts
    assert (offset, entry.offset, part.topic) == (1, 1, "lobby")
    assert json.loads(part.payload) == {
        "type": "message",
        "room": "lobby",
        "position": f"{chat.replica.hub.epoch}-1",
        "cid": "c1",
        "user": "ada",
        "text": "hello",
        "time": 1.5,
    }


async def ring(chat: Chat, broker: MemoryBroker, *entries: ChatEntry) -> list[dict[str, Any]]:
    """What the ring holds once these entries are in the log."""
    head = (await broker.stream_state(CHAT.name)).last
    for number, entry in enumerate(entries, start=head + 1):
        await broker.publish("rooms.lobby", encode_entry(entry), message_id=str(number))
    await wait_until(lambda: chat.replica.hub.flushed == head + len(entries))
    found = chat.replica.hub.log.after(0, limit=99)
    return [json.loads(part.payload) for _, entry in found for part in entry.parts]


POST = PostEntry(cid="c1", user="ada", text="secret 1", time=1.5)
EDIT = EditEntry(cid="c2", user="ada", target=1, text="secret 2", time=2.5)
DELETION = DeleteEntry(cid="c3", user="ada", target=1, of=Original("c1", "ada", 1.5), time=3.5)


async def test_a_deletion_takes_the_text_out_of_the_ring_also_that_of_late_edits(
    chat: Chat, broker: MemoryBroker
) -> None:
    late = EditEntry(cid="c4", user="ada", target=1, text="secret 3", time=4.5)
    frames = await ring(chat, broker, POST, EDIT, DELETION, late)
    assert [frame["type"] for frame in frames] == ["message", "edited", "deleted", "edited"]
    assert "secret" not in json.dumps(frames)
    assert (frames[0]["deleted"], frames[0]["user"]) == (True, "ada")
    assert (frames[1]["deleted"], frames[1]["text"]) == (True, "")
    assert (frames[3]["deleted"], frames[3]["text"]) == (True, "")
    assert chat.relay.relayed == {"message": 1, "edited": 2, "deleted": 1}


async def test_a_deletion_of_what_is_erased_leaves_its_tombstone_in_the_ring(
    broker: MemoryBroker, history: MemoryHistory
) -> None:
    await broker.ensure_stream(CHAT)
    other = PostEntry(cid="c9", user="bob", text="stays", time=1.5)
    deletion = msgspec.structs.replace(DELETION, target=2)
    entries: list[ChatEntry] = [other, POST, deletion]
    for number, entry in enumerate(entries):
        await broker.publish("rooms.lobby", encode_entry(entry), message_id=str(number))
    await broker.erase(CHAT.name, offset=2)
    async with chat_parts(broker, history) as chat:
        frames = await ring(chat, broker, PostEntry("c10", "bob", "more", 5.5))
    assert [frame["position"][-1] for frame in frames] == ["1", "2", "3", "4"]
    assert [frame.get("deleted") for frame in frames] == [None, True, None, None]
    assert "secret" not in json.dumps(frames)


async def test_a_deletion_that_was_meant_for_another_message_takes_nothing(
    chat: Chat, broker: MemoryBroker
) -> None:
    wrong = DeleteEntry(cid="c3", user="ada", target=1, of=Original("c0", "ada", 1.5), time=3.5)
    frames = await ring(chat, broker, POST, wrong)
    assert frames[0]["text"] == "secret 1"


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
