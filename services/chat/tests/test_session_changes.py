"""Editing, deleting and reacting in a conversation."""

import pytest

from chat.app import Chat
from chat.replica import Replica
from chat.testing import MemoryHistory, MemoryStore
from chat.testing.changes import delete, edit, listed, paged, posted, react
from chat.testing.dialog import Frame, dialog, fill
from realtime.testing import MemoryBroker, wait_until
from systemtests.running_chat import chat_parts, two_replicas, wait_projected


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
        asked: list[tuple[str, Frame]] = [
            ("edit", {"text": "better", "cid": "e1"}),
            ("react", {"emoji": "👍", "on": True, "cid": "r1"}),
            ("delete", {"cid": "d1"}),
        ]
        for type_, fields in asked:
            fields |= {"room": "lobby", "position": target}
            broker.lose_acks = 1
            error = await ada.say(type_, **fields)
            assert (error["code"], error["retryable"]) == ("upstream_down", True)
            assert (await ada.say(type_, **fields))["duplicate"] is True


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
