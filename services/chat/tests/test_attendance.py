"""Presence over replicas: what members are shown, with and without the store."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from chat.app import Chat
from chat.rooms import MEMBERS_TOLD
from chat.testing import MemoryHistory, MemoryPresence, MemoryStore, PresenceServer
from chat.testing.dialog import Dialog, dialog
from realtime.testing import MemoryBroker, MemorySink, wait_until
from systemtests.running_chat import chat_parts


@pytest.fixture
def server() -> PresenceServer:
    return PresenceServer()


@pytest.fixture
async def one(
    broker: MemoryBroker, store: MemoryStore, server: PresenceServer
) -> AsyncIterator[Chat]:
    async with chat_parts(
        broker, MemoryHistory(store), presence=MemoryPresence(server), presence_ttl=5
    ) as chat:
        yield chat


@pytest.fixture
async def two(
    broker: MemoryBroker, store: MemoryStore, server: PresenceServer
) -> AsyncIterator[Chat]:
    async with chat_parts(
        broker, MemoryHistory(store), presence=MemoryPresence(server), presence_ttl=5
    ) as chat:
        yield chat


def store_of(chat: Chat) -> MemoryPresence:
    store = chat.replica.attendance._store
    assert isinstance(store, MemoryPresence)
    return store


def last(talk: Dialog) -> tuple[list[str], list[str], int]:
    frame = talk.all("presence")[-1]
    return frame["joined"], frame["left"], frame["count"]


async def wait_count(talk: Dialog, count: int) -> None:
    """Wait until the newest presence frame says so."""

    def told() -> bool:
        return [frame["count"] for frame in talk.all("presence")][-1:] == [count]

    await wait_until(told, what=f"a count of {count}")


async def test_members_of_both_replicas_are_one_room(one: Chat, two: Chat) -> None:
    with dialog(one.replica, "ada") as ada:
        assert (await ada.join())["members"] == ["ada"]
        await wait_count(ada, 1)
        with dialog(two.replica, "bob") as bob:
            joined = await bob.join()
            assert (joined["members"], joined["count"]) == (["ada", "bob"], 2)
            await wait_count(ada, 2)
            assert last(ada) == (["bob"], [], 2)
        await wait_count(ada, 1)
        assert last(ada) == ([], ["bob"], 1)


async def test_a_user_on_both_replicas_is_one_member(one: Chat, two: Chat) -> None:
    with dialog(one.replica, "ada") as ada, dialog(two.replica, "bob") as bob:
        await ada.join()
        await bob.join()
        await wait_count(ada, 2)
        with dialog(two.replica, "ada") as twin:
            joined = await twin.join()
            assert (joined["members"], joined["count"]) == (["ada", "bob"], 2)
            await wait_until(lambda: "ada" in store_of(two).server.held[store_of(two)._id]["lobby"])
        assert (await bob.join())["count"] == 2
        assert [frame["count"] for frame in ada.all("presence")] == [2]


async def test_a_quick_return_is_not_told_and_not_written(
    one: Chat, server: PresenceServer
) -> None:
    with dialog(one.replica, "ada") as ada, dialog(one.replica, "bob") as bob:
        await ada.join()
        await bob.join()
        await wait_count(ada, 2)
        writes = server.writes
        await bob.say("leave", room="lobby")
        await bob.join()
        with dialog(one.replica, "eve") as eve:
            await eve.join()
            await wait_count(ada, 3)
    assert server.writes == writes + 1
    assert last(ada) == (["eve"], [], 3)


async def test_a_hundred_who_come_at_once_are_few_frames_and_one_read(
    one: Chat, two: Chat, server: PresenceServer
) -> None:
    with dialog(two.replica, "ada") as ada:
        await ada.join()
        await wait_count(ada, 1)
        reads = server.reads
        talks = [Dialog(one.replica, MemorySink(), name="guest", session="") for _ in range(100)]
        counts = [(await talk.join())["count"] for talk in talks]
        assert counts == list(range(2, 102))
        assert server.reads == reads + 1
        await wait_count(ada, 101)
        assert len(ada.all("presence")) <= 3
        assert all(len(frame["joined"]) <= 50 for frame in ada.all("presence"))


async def test_a_large_room_names_200_and_counts_all(one: Chat, two: Chat) -> None:
    for number in range(MEMBERS_TOLD):
        one.replica.attendance.enter("lobby", f"user{number:04}")
    await wait_until(lambda: not one.replica.attendance._pending)
    for extra in (0, 1):
        with dialog(two.replica, "zoe") as zoe:
            joined = await zoe.join()
            assert len(joined["members"]) == MEMBERS_TOLD
            assert joined["count"] == MEMBERS_TOLD + 1 + extra
        one.replica.attendance.enter("lobby", "user9999")
        two.replica.attendance._views.clear()
        await wait_until(lambda: not one.replica.attendance._pending)
        await wait_until(lambda: not two.replica.attendance._pending)


async def test_without_the_store_a_replica_shows_its_own_and_recovers(
    one: Chat, two: Chat, server: PresenceServer
) -> None:
    with dialog(one.replica, "ada") as ada, dialog(two.replica, "bob") as bob:
        await ada.join()
        await bob.join()
        await wait_count(ada, 2)
        server.down = True
        await wait_until(lambda: "presence" in one.health.degraded)
        await wait_count(ada, 1)
        assert one.health.ready
        with dialog(one.replica, "eve") as eve:
            joined = await eve.join()
            assert (joined["members"], joined["count"]) == (["ada", "eve"], 2)
            await wait_count(ada, 2)
            assert last(ada) == (["eve"], [], 2)
            server.down = False
            await wait_count(ada, 3)
            await wait_count(bob, 3)
            assert "presence" not in one.health.degraded
            assert (await bob.join())["members"] == ["ada", "bob", "eve"]


@pytest.mark.parametrize("fault", ["refused", "unconfirmed"])
async def test_a_write_that_fails_is_told_here_and_made_good(
    one: Chat, two: Chat, server: PresenceServer, fault: str
) -> None:
    with dialog(one.replica, "ada") as ada, dialog(two.replica, "bob") as bob:
        await ada.join()
        await wait_count(ada, 1)
        # The first to notice is the write itself.
        with dialog(one.replica, "eve") as eve:
            await eve.join()
            server.down = fault == "refused"
            server.lose_answers = 1
            await wait_until(lambda: "presence" in one.health.degraded)
            await wait_count(ada, 2)
            assert last(ada) == (["eve"], [], 2)
            server.down = False
            server.lose_answers = 0
            await wait_until(lambda: one.replica.attendance.up and two.replica.attendance.up)
            joined = await bob.join()
            assert (joined["members"], joined["count"]) == (["ada", "bob", "eve"], 3)
        await wait_count(bob, 2)
        await wait_until(lambda: len(server.held) == 2, what="the end of old registrations")
        assert server.members("lobby") == {"ada", "bob"}


async def test_a_store_that_was_emptied_is_told_everything_anew(
    one: Chat, two: Chat, server: PresenceServer
) -> None:
    with dialog(one.replica, "ada") as ada, dialog(two.replica, "bob") as bob:
        await ada.join()
        await bob.join()
        await wait_count(ada, 2)
        server.flush()
        await wait_until(lambda: server.members("lobby") == {"ada", "bob"})
        await wait_until(lambda: one.replica.attendance.up and two.replica.attendance.up)
        await wait_count(ada, 2)
        await wait_count(bob, 2)


async def test_a_replica_that_was_thought_dead_comes_back_with_its_members(
    one: Chat, two: Chat, server: PresenceServer
) -> None:
    with dialog(one.replica, "ada") as ada, dialog(two.replica, "bob") as bob:
        await ada.join()
        await bob.join()
        await wait_count(bob, 2)
        store_of(one).expire()
        await wait_until(lambda: len(server.leases) == 2, what="a new registration")
        await wait_until(lambda: len(server.held) == 2, what="the end of the old one")
        assert server.members("lobby") == {"ada", "bob"}
        await wait_count(bob, 2)


async def test_a_word_that_was_lost_is_made_good_by_the_next_beat(
    one: Chat, two: Chat, broker: MemoryBroker
) -> None:
    with dialog(one.replica, "ada") as ada:
        await ada.join()
        await wait_count(ada, 1)
        broker.connected = False
        for number in range(5):
            two.replica.attendance.enter("lobby", f"user{number}")
        await wait_until(lambda: not two.replica.attendance._pending)
        await wait_count(ada, 6)
        assert ada.all("presence")[-1]["joined"] == []
        broker.connected = True
        assert (await ada.join())["count"] == 6


async def test_a_replica_that_ends_takes_its_members_with_it(
    broker: MemoryBroker, store: MemoryStore, server: PresenceServer, one: Chat
) -> None:
    with dialog(one.replica, "ada") as ada:
        async with chat_parts(
            broker, MemoryHistory(store), presence=MemoryPresence(server), presence_ttl=3_600
        ) as leaving:
            await ada.join()
            leaving.replica.attendance.enter("lobby", "bob")
            await wait_count(ada, 2)
        await wait_count(ada, 1)
        assert last(ada) == ([], ["bob"], 1)
        assert server.members("lobby") == {"ada"}


async def test_typing_reaches_both_replicas_once_in_3_seconds(one: Chat, two: Chat) -> None:
    with dialog(one.replica, "ada") as ada, dialog(two.replica, "bob") as bob:
        await ada.join()
        await bob.join()
        for _ in range(5):
            await ada.session.take('{"type":"typing","room":"lobby"}')
        await wait_until(lambda: ada.all("typing") and bob.all("typing"))
        await asyncio.sleep(0)
        for talk in (ada, bob):
            assert talk.all("typing") == [{"type": "typing", "room": "lobby", "users": ["ada"]}]
            assert not talk.all("error")
        assert one.replica.attendance.bulletin.throttled == 4
        assert two.replica.attendance.bulletin.throttled == 0
