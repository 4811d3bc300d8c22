"""Editing, deleting and reacting in a conversation."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from chat.app import Chat
from chat.replica import Replica
from chat.testing import MemoryHistory, MemoryStore
from chat.testing.dialog import Dialog, Frame, dialog, fill
from realtime.subjects import CHAT
from realtime.testing import MemoryBroker, wait_until
from systemtests.running_chat import chat_parts, wait_projected


async def edit(talk: Dialog, position: str, text: str, cid: str = "e1", **fields: Any) -> Frame:
    fields = {"room": "lobby", "position": position, "text": text, "cid": cid, **fields}
    return await talk.say("edit", **fields)


async def delete(talk: Dialog, position: str, cid: str = "d1", **fields: Any) -> Frame:
    return await talk.say("delete", **{"room": "lobby", "position": position, "cid": cid, **fields})


async def react(
    talk: Dialog, position: str, emoji: str = "👍", *, on: bool = True, cid: str = "r1"
) -> Frame:
    return await talk.say("react", room="lobby", position=position, emoji=emoji, on=on, cid=cid)


async def posted(talk: Dialog, cid: str = "c1", text: str = "secret") -> str:
    return str((await talk.post(cid, text))["position"])


async def listed(replica: Replica, room: str = "lobby") -> list[dict[str, Any]]:
    """The room as a newcomer is shown it."""
    with dialog(replica, "newcomer") as talk:
        messages: list[dict[str, Any]] = (await talk.join(room))["messages"]
        return messages


async def paged(replica: Replica, room: str = "lobby") -> list[dict[str, Any]]:
    """The room's history."""
    with dialog(replica, "reader") as talk:
        answer = await talk.say("history", room=room, limit=100)
        messages: list[dict[str, Any]] = answer["messages"]
        return messages


@asynccontextmanager
async def two_replicas(
    broker: MemoryBroker, store: MemoryStore, **settings: Any
) -> AsyncIterator[tuple[Chat, Chat]]:
    settings = {"posts_burst": 1_000, **settings}
    async with (
        chat_parts(broker, MemoryHistory(store), **settings) as one,
        chat_parts(broker, MemoryHistory(store), **settings) as two,
    ):
        yield one, two


async def test_every_member_is_told_of_every_change_with_the_same_bytes(replica: Replica) -> None:
    with dialog(replica) as ada, dialog(replica, "bob") as bob:
        await ada.join()
        await bob.join()
        target = await posted(ada)
        epoch = replica.hub.epoch
        assert await edit(ada, target, "better") == {
            "type": "ack",
            "cid": "e1",
            "room": "lobby",
            "position": f"{epoch}-2",
            "duplicate": False,
        }
        assert (await react(bob, target))["position"] == f"{epoch}-3"
        assert (await delete(ada, target))["position"] == f"{epoch}-4"
        told = [bob.all(type_)[0] for type_ in ("edited", "reacted", "deleted")]
        assert [frame.pop("time") > 0 for frame in told] == [True] * 3
        at = {"room": "lobby", "target": target}
        assert told == [
            {"type": "edited", **at, "position": f"{epoch}-2", "cid": "e1", "user": "ada"}
            | {"text": "better"},
            {"type": "reacted", **at, "position": f"{epoch}-3", "cid": "r1", "user": "bob"}
            | {"emoji": "👍", "on": True},
            {"type": "deleted", **at, "position": f"{epoch}-4", "cid": "d1", "user": "ada"},
        ]
        assert set(map(id, ada.sink.chunks)) & set(map(id, bob.sink.chunks))


async def test_lists_show_a_message_in_its_present_form(chat: Chat) -> None:
    replica = chat.replica
    with dialog(replica) as ada, dialog(replica, "bob") as bob:
        first = await posted(ada, "c1", "one")
        second = await posted(ada, "c2", "two")
        await edit(ada, first, "uno")
        await react(bob, first, "👍", cid="r1")
        await react(ada, first, "👍", cid="r2")
        await react(ada, first, "🎈", cid="r3")
        await react(ada, first, "🎈", on=False, cid="r4")
        await delete(ada, second)
    await wait_projected(chat)
    for messages in (await listed(replica), await paged(replica)):
        uno, gone = messages
        assert uno.pop("edited") > 0
        assert [message.pop("time") > 0 for message in messages] == [True, True]
        assert uno == {
            "position": first,
            "cid": "c1",
            "user": "ada",
            "text": "uno",
            "reactions": {"👍": ["bob", "ada"]},
        }
        assert gone == {"position": second, "cid": "c2", "user": "ada", "deleted": True}


@pytest.mark.parametrize("ring", [1, 10_000])
async def test_lists_are_the_same_from_ring_and_history_at_any_moment(
    broker: MemoryBroker, store: MemoryStore, ring: int
) -> None:
    async with two_replicas(broker, store, ring_entries=ring) as (one, two):
        with dialog(one.replica) as ada, dialog(two.replica, "bob") as bob:
            target = await posted(ada)
            await wait_until(lambda: two.replica.hub.flushed == 1)
            for number, text in enumerate(("a", "b", "c")):
                await edit(ada, target, text, f"e{number}")
                await react(bob, target, "👍", on=number % 2 == 0, cid=f"r{number}")
                await wait_until(lambda: one.replica.hub.flushed == two.replica.hub.flushed)
                for chat in (one, two):
                    if ring == 1:
                        await wait_projected(chat)
                    (message,) = await paged(chat.replica)
                    assert message["text"] == text
                    assert message.get("reactions") == (None if number % 2 else {"👍": ["bob"]})


# -------------------------------------------------------------------- who may


async def test_only_the_author_edits_and_deletes_and_everybody_reacts(
    broker: MemoryBroker, store: MemoryStore
) -> None:
    async with two_replicas(broker, store) as (one, two):
        with dialog(one.replica) as ada, dialog(two.replica, "bob") as bob:
            target = await posted(ada)
            await wait_until(lambda: two.replica.hub.flushed == 1)
            for answer in (await edit(bob, target, "mine"), await delete(bob, target)):
                assert (answer["type"], answer["code"]) == ("error", "not_yours")
                assert answer["cid"] in ("e1", "d1")
            assert (await react(bob, target))["type"] == "ack"
            assert (await edit(ada, target, "still ada's"))["type"] == "ack"


@pytest.mark.parametrize("where", ["ring", "history", "stream"])
async def test_the_author_is_found_wherever_the_message_is(
    broker: MemoryBroker, store: MemoryStore, where: str
) -> None:
    async with two_replicas(broker, store, ring_entries=1_000 if where == "ring" else 3) as chats:
        one, two = chats
        with dialog(one.replica) as ada, dialog(two.replica, "bob") as bob:
            target = await posted(ada)
            await fill(one.replica, 1, 10)
            await wait_projected(one)
            await wait_until(lambda: two.replica.hub.flushed == 11)
            if where == "stream":
                store.down = True
            assert (await edit(bob, target, "mine"))["code"] == "not_yours"
            assert (await edit(ada, target, "better"))["type"] == "ack"
            epoch = one.replica.hub.epoch
            assert (await edit(ada, f"{epoch}-9999", "x"))["code"] == "not_found"
            assert (await edit(ada, target, "x", room="attic"))["code"] == "not_found"
            # The edit itself is at a position, but no message.
            assert (await edit(ada, f"{epoch}-12", "x"))["code"] == "not_found"


async def test_a_change_that_another_replica_acknowledged_is_known(
    broker: MemoryBroker, store: MemoryStore
) -> None:
    async with two_replicas(broker, store) as (one, two):
        with dialog(one.replica) as ada, dialog(two.replica) as same:
            assert same.session.user == "ada"
            broker.lose_live = 1
            target = await posted(ada)
            assert (await delete(same, target))["type"] == "ack"
            assert (await edit(ada, target, "x"))["code"] == "already_deleted"


@pytest.mark.parametrize("position", ["", "7", "e999-1", "*", "e100-" + "9" * 40])
async def test_a_position_that_leads_nowhere_is_refused(replica: Replica, position: str) -> None:
    with dialog(replica) as ada:
        await posted(ada)
        for answer in (
            await edit(ada, position, "x"),
            await delete(ada, position),
            await react(ada, position),
        ):
            assert answer["code"] == "bad_position"


async def test_what_was_deleted_cannot_be_changed(replica: Replica) -> None:
    with dialog(replica) as ada, dialog(replica, "bob") as bob:
        target = await posted(ada)
        await delete(ada, target)
        assert (await edit(ada, target, "x"))["code"] == "already_deleted"
        assert (await delete(ada, target, "d2"))["code"] == "already_deleted"
        assert (await react(bob, target))["code"] == "already_deleted"
        assert (await delete(bob, target, "d1"))["code"] == "not_yours"


# -------------------------------------------------------------------- once


async def test_a_change_that_is_sent_again_is_stored_once_and_gets_its_position(
    broker: MemoryBroker, store: MemoryStore
) -> None:
    async with two_replicas(broker, store) as (one, two):
        with dialog(one.replica) as ada, dialog(two.replica) as same:
            target = await posted(ada)
            await wait_until(lambda: two.replica.hub.flushed == 1)
            asked = (
                ("edit", {"text": "better", "cid": "e1"}),
                ("react", {"emoji": "👍", "on": True, "cid": "r1"}),
                ("delete", {"cid": "d1"}),
            )
            for type_, fields in asked:
                fields |= {"room": "lobby", "position": target}
                first = await ada.say(type_, **fields)
                assert first["duplicate"] is False
                for talk in (ada, same, ada):
                    assert await talk.say(type_, **fields) == first | {"duplicate": True}
            assert len(broker.published) == 4


async def test_a_lost_ack_is_made_good_by_the_retry(replica: Replica, broker: MemoryBroker) -> None:
    with dialog(replica) as ada:
        target = await posted(ada)
        changes: list[Callable[[], Awaitable[Frame]]] = [
            lambda: edit(ada, target, "better"),
            lambda: react(ada, target),
            lambda: delete(ada, target),
        ]
        for change in changes:
            broker.lose_acks = 1
            error = await change()
            assert (error["code"], error["retryable"]) == ("upstream_down", True)
            assert (await change())["duplicate"] is True


async def test_a_cid_names_one_post_or_change(replica: Replica) -> None:
    with dialog(replica) as ada:
        target = await posted(ada, "c1")
        other = await posted(ada, "c2")
        await edit(ada, target, "better", "e1")
        await react(ada, target, cid="r1")
        for answer in (
            await edit(ada, target, "secret", "c1"),
            await edit(ada, target, "worse", "e1"),
            await edit(ada, other, "better", "e1"),
            await react(ada, target, "🎈", cid="r1"),
            await react(ada, target, on=False, cid="r1"),
            await react(ada, other, cid="r1"),
            await delete(ada, target, "e1"),
            await ada.post("e1", "better"),
        ):
            assert answer["code"] == "cid_reused"


async def test_a_post_that_is_sent_again_after_it_was_deleted_stays_deleted(
    chat: Chat, broker: MemoryBroker
) -> None:
    with dialog(chat.replica) as ada:
        target = await posted(ada, "c1")
        await delete(ada, target)
        await wait_projected(chat)
        assert await ada.post("c1", "secret") == {
            "type": "ack",
            "cid": "c1",
            "room": "lobby",
            "position": target,
            "duplicate": True,
        }
        assert len(broker.published) == 2


# -------------------------------------------------------------------- the text is gone


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


# -------------------------------------------------------------------- limits


async def test_an_emoji_is_checked(replica: Replica) -> None:
    with dialog(replica) as ada:
        target = await posted(ada)
        assert (await react(ada, target, "👍" * 8, cid="r1"))["type"] == "ack"
        for emoji in ("👍" * 9, "", "ok", "<b>"):
            answer = await react(ada, target, emoji, cid="r2")
            assert (answer["code"], answer["cid"]) == ("bad_emoji", "r2")


async def test_a_message_has_so_many_different_emojis(
    broker: MemoryBroker, history: MemoryHistory
) -> None:
    async with chat_parts(broker, history, emojis=3, posts_burst=100) as chat:
        with dialog(chat.replica) as ada, dialog(chat.replica, "bob") as bob:
            target = await posted(ada)
            for number, emoji in enumerate("🍏🍎🍐"):
                assert (await react(ada, target, emoji, cid=f"r{number}"))["type"] == "ack"
            assert (await react(ada, target, "🍊", cid="r4"))["code"] == "too_many_emojis"
            assert (await react(bob, target, "🍎", cid="r5"))["type"] == "ack"
            assert (await react(ada, target, "🍎", cid="r1"))["duplicate"] is True
            await react(ada, target, "🍐", on=False, cid="r6")
            assert (await react(ada, target, "🍊", cid="r7"))["type"] == "ack"


async def test_so_many_users_of_an_emoji_are_listed_and_the_rest_counted(
    broker: MemoryBroker, history: MemoryHistory
) -> None:
    async with chat_parts(broker, history, reactors=3) as chat:
        with dialog(chat.replica) as ada:
            target = await posted(ada)
        for number, user in enumerate(("u3", "u1", "u2", "u4"), start=1):
            with dialog(chat.replica, user) as talk:
                await react(talk, target)
            (message,) = await listed(chat.replica)
            assert message["reactions"] == {"👍": ["u3", "u1", "u2"][:number]}
            assert message.get("reaction_counts") == ({"👍": 4} if number == 4 else None)


async def test_a_message_has_so_many_edits(broker: MemoryBroker, history: MemoryHistory) -> None:
    async with chat_parts(broker, history, edits=3) as chat:
        with dialog(chat.replica) as ada:
            target = await posted(ada)
            for number in range(3):
                answer = await edit(ada, target, f"t{number}", f"e{number}")
                assert answer["type"] == "ack"
            assert (await edit(ada, target, "more", "e4"))["code"] == "too_many_edits"
            assert (await edit(ada, target, "t2", "e2"))["duplicate"] is True
            assert (await delete(ada, target))["type"] == "ack"


async def test_changes_count_as_posts(broker: MemoryBroker, history: MemoryHistory) -> None:
    async with chat_parts(broker, history, posts_burst=4, posts_per_second=0.001) as chat:
        with dialog(chat.replica) as ada:
            target = await posted(ada)
            assert (await edit(ada, target, "x"))["type"] == "ack"
            assert (await react(ada, target))["type"] == "ack"
            assert (await delete(ada, target))["type"] == "ack"
            for answer in (
                await edit(ada, target, "y", "e2"),
                await react(ada, target, cid="r2"),
                await delete(ada, target, "d2"),
                await ada.post("c2"),
            ):
                assert answer["code"] == "rate_limited"


async def test_moderation_is_asked_before_a_post_and_an_edit(
    broker: MemoryBroker, history: MemoryHistory
) -> None:
    async with chat_parts(broker, history, moderation_links=0) as chat:
        with dialog(chat.replica) as ada:
            answer = await ada.post("c1", "see https://example.org")
            assert (answer["code"], answer["cid"]) == ("too_many_links", "c1")
            target = await posted(ada, "c1", "hello")
            answer = await edit(ada, target, "see https://example.org")
            assert (answer["code"], answer["cid"]) == ("too_many_links", "e1")
            assert len(broker.published) == 1
