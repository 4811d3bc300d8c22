"""After a deletion the text is gone, wherever a message is read from."""

import json

from chat.replica import Replica
from chat.testing import MemoryHistory, MemoryStore
from chat.testing.changes import delete, edit, listed, posted, react
from chat.testing.dialog import Frame, dialog, fill
from realtime.subjects import CHAT
from realtime.testing import MemoryBroker, wait_until
from systemtests.running_chat import chat_parts, two_replicas, wait_projected


def told_of(frames: list[Frame]) -> list[tuple[str, bool]]:
    """What somebody was told, in joined and after, but for edits: positions, and what is gone."""
    told: list[tuple[str, bool]] = []
    for frame in frames:
        items = frame.get("messages", [frame] if frame["type"] != "edited" else [])
        told += [(item["position"], item.get("deleted", False)) for item in items]
    return told


async def test_after_a_deletion_nobody_hands_the_text_out_again(
    broker: MemoryBroker, store: MemoryStore
) -> None:
    async with two_replicas(broker, store) as (one, two):
        epoch = one.replica.hub.epoch
        with dialog(one.replica) as ada:
            await fill(one.replica, 1, 2)
            target = await posted(ada, text="secret 1")
            await edit(ada, target, "secret 2", "e1")
            await fill(one.replica, 3, 4)
            await delete(ada, target)
            await wait_until(lambda: two.replica.hub.flushed == 7)
            await wait_projected(one)
        stream = await broker.read(CHAT.name, after=0, limit=99)
        assert b"secret" not in b"".join(delivery.payload for delivery in stream)
        assert [delivery.offset for delivery in stream] == [1, 2, 5, 6, 7]
        async with chat_parts(broker, MemoryHistory(store)) as three:
            heard = []
            for chat in (one, two, three):
                for after in (None, f"{epoch}-1", f"{epoch}-3"):
                    with dialog(chat.replica, "bob") as bob:
                        await bob.join(after=after)
                        await bob.say("history", room="lobby")
                        heard.append([frame for frame in bob.frames if frame["type"] != "welcome"])
        assert "secret" not in json.dumps(heard)
        # The one that has never seen the text has no edits of it, and otherwise says the same.
        told = [told_of(frames) for frames in heard]
        assert told[:3] == told[3:6] == told[6:]
        fresh, resumed, after_it = heard[:3]
        assert [m.get("deleted", False) for m in fresh[0]["messages"]] == [
            False,
            False,
            True,
            False,
            False,
        ]
        assert [m["position"] for m in resumed[0]["messages"]] == [f"{epoch}-2", target]
        assert [frame["type"] for frame in resumed[1:-1]][-3:] == ["message", "message", "deleted"]
        assert after_it[-2]["target"] == target


async def test_a_resume_from_the_stream_knows_what_was_deleted_since(
    broker: MemoryBroker, store: MemoryStore
) -> None:
    async with two_replicas(broker, store, ring_entries=4) as (one, two):
        epoch = one.replica.hub.epoch
        # Nobody projects, so nothing is erased: the stream still has the text.
        store.down = True
        with dialog(one.replica) as ada:
            await fill(one.replica, 1, 2)
            target = await posted(ada, text="secret 1")
            await edit(ada, target, "secret 2", "e1")
            await fill(one.replica, 3, 10)
            await delete(ada, target)
        await wait_until(lambda: two.replica.hub.flushed == 13)
        for chat in (one, two):
            with dialog(chat.replica, "bob") as bob:
                joined = await bob.join(after=f"{epoch}-1")
                assert joined["resumed"] is True
                assert "secret" not in json.dumps(bob.frames)
                assert joined["messages"][1] | {"time": 0} == {
                    "position": target,
                    "cid": "c1",
                    "user": "ada",
                    "time": 0,
                    "deleted": True,
                }
                (edited,) = bob.all("edited")
                assert (edited["text"], edited["deleted"]) == ("", True)
                assert len(bob.all("deleted")) == 1
        store.down = False
        await wait_projected(one)
        with dialog(one.replica, "bob") as bob:
            joined = await bob.join(after=f"{epoch}-1")
            assert joined["messages"][1]["deleted"] is True
            positions = [m["position"] for m in joined["messages"]]
            positions += [frame["position"] for frame in bob.frames if "target" in frame]
            assert len(positions) == len(set(positions))


async def test_a_resume_replays_changes_as_frames_in_the_order_of_positions(
    replica: Replica,
) -> None:
    with dialog(replica) as ada:
        target = await posted(ada, text="one")
        await fill(replica, 1, 2)
        await edit(ada, target, "uno")
        await fill(replica, 3, 3)
        await react(ada, target)
    epoch = replica.hub.epoch
    with dialog(replica, "bob") as bob:
        joined = await bob.join(after=f"{epoch}-1")
        assert [m["position"] for m in joined["messages"]] == [f"{epoch}-2", f"{epoch}-3"]
        followed = [frame for frame in bob.frames if frame["type"] not in ("welcome", "joined")]
        assert [frame["type"] for frame in followed] == ["edited", "message", "reacted"]
        assert [frame["position"][-1] for frame in followed] == ["4", "5", "6"]


async def test_the_last_50_are_messages_however_many_changes_came_after_them(
    replica: Replica,
) -> None:
    await fill(replica, 1, 60)
    with dialog(replica) as ada, dialog(replica, "bob") as bob:
        await bob.join()
        target = await posted(ada)
        for number in range(120):
            await react(ada, target, on=number % 2 == 0, cid=f"r{number}")
    messages = await listed(replica)
    assert len(messages) == 50
    assert messages[-1]["position"] == target
