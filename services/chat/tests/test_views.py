"""What a replica knows of a room's members elsewhere."""

import asyncio

import pytest

from chat.presence import Changes, PresenceUnavailableError, Told
from chat.rooms import MEMBERS_TOLD
from chat.testing import MemoryPresence, PresenceServer
from chat.testing.presence_contract import came
from chat.views import View, Views
from realtime.testing import Clock


@pytest.fixture
def server() -> PresenceServer:
    return PresenceServer()


@pytest.fixture
def clock() -> Clock:
    return Clock(10.0)


@pytest.fixture
async def views(server: PresenceServer, clock: Clock) -> Views:
    store = MemoryPresence(server)
    await store.begin()
    await store.write(came("ada", "bob"))
    return Views(store, clock=clock)


def names(count: int) -> list[str]:
    return [f"user{number:04}" for number in range(count)]


async def test_a_room_is_read_once_a_second(
    server: PresenceServer, views: Views, clock: Clock
) -> None:
    for clock.now in (10.0, 10.999):
        await views.look("lobby")
    assert server.reads == 1
    clock.now = 11.0
    await views.look("lobby")
    assert server.reads == 2


async def test_who_comes_at_the_same_time_waits_for_one_answer(
    server: PresenceServer, views: Views
) -> None:
    await asyncio.gather(*(views.look("lobby") for _ in range(100)))
    assert server.reads == 1
    view = views.get("lobby")
    assert view is not None
    assert view.members([]) == (["ada", "bob"], 2)


async def test_one_that_is_cancelled_leaves_nobody_waiting(views: Views) -> None:
    first = asyncio.create_task(views.look("lobby"))
    second = asyncio.create_task(views.look("lobby"))
    first.cancel()
    await asyncio.wait([first, second], timeout=2)
    assert second.done()
    await views.look("lobby")


async def test_a_store_that_is_down_is_told_once(server: PresenceServer, views: Views) -> None:
    server.down = True
    with pytest.raises(PresenceUnavailableError):
        await views.look("lobby")
    assert views.get("lobby") is None


def test_what_is_heard_changes_the_view() -> None:
    view = View(["ada", "bob"], 2, 0.0)
    view.apply(Told("lobby", ["eve"], ["ada"], 2))
    assert view.members([]) == (["bob", "eve"], 2)
    # Who went may be on another replica: only the store knows.
    assert view.members([Changes({"zoe"}, {"bob"})]) == (["bob", "eve", "zoe"], 3)
    # Here and elsewhere: one member.
    assert view.members([Changes({"eve"})]) == (["bob", "eve"], 2)
    assert view.read_at == 0.0


@pytest.mark.parametrize(("known", "count", "whole"), [(3, 3, True), (3, 4, False), (3, 2, False)])
def test_names_that_do_not_make_the_count_are_read_again(
    known: int, count: int, *, whole: bool
) -> None:
    view = View(names(known - 1), known - 1, 5.0)
    view.apply(Told("lobby", ["zoe"], (), count))
    assert view.members([])[1] == count
    assert (view.read_at == 5.0) is whole


def test_a_large_room_names_some_and_counts_all() -> None:
    view = View(names(MEMBERS_TOLD), 10_000, 5.0)
    view.apply(Told("lobby", ["aaa"], (), 10_001))
    members, count = view.members([Changes({"new"}, {"gone", "too"})])
    assert (len(members), members[0], count) == (MEMBERS_TOLD, "aaa", 10_002)
    assert view.read_at == 5.0
