"""The chat's client over a real chat: every way in which a connection ends, and its cost."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from chat.errors import Code
from chat.testing import MemoryHistory, MemoryStore
from realtime.client import (
    Chat,
    ChatEndedError,
    CommandRefusedError,
    Deleted,
    Edited,
    Message,
    Reacted,
    Room,
    RoomGap,
    State,
    Timing,
    UnconfirmedError,
)
from realtime.closing import EndedBy
from realtime.position import Position
from realtime.testing import Clock, MemoryBroker, wait_until
from systemtests.running_chat import RunningChat, running_chat
from systemtests.talker import talking

QUICK = Timing(uniform=lambda _, ceiling: min(ceiling, 0.05))


@asynccontextmanager
async def serving(
    broker: MemoryBroker | None = None, **settings: Any
) -> AsyncIterator[RunningChat]:
    broker = broker or MemoryBroker()
    history = MemoryHistory(MemoryStore())
    settings = {"posts_burst": 10_000, **settings}
    async with running_chat(broker, history, **settings) as chat:
        yield chat


async def read(room: Room, count: int) -> list[Message]:
    async with asyncio.timeout(10):
        return [await anext(room) for _ in range(count)]


async def test_what_is_posted_is_read_in_order_by_everybody() -> None:
    async with serving() as chat, Chat(chat.url, name="ada") as ada, Chat(chat.url) as bob:
        hers, his = await ada.join("lobby"), await bob.join("lobby")
        positions = [await hers.post(str(number)) for number in range(20)]
        for room in (hers, his):
            messages = await read(room, 20)
            assert [message.text for message in messages] == [str(n) for n in range(20)]
            assert [message.at for message in messages] == positions
            assert {message.user for message in messages} == {"ada"}
        assert ada.user == "ada"
        assert ada.state is State.LIVE


class Held:
    """Turns that are waited for until the test lets go, and how long each was to be."""

    def __init__(self) -> None:
        self.waits: list[float] = []
        self.over = asyncio.Event()
        self.timing = Timing(uniform=lambda low, _: low, clock=Clock(), sleep=self._sleep)

    async def _sleep(self, seconds: float) -> None:
        task = asyncio.current_task()
        assert task is not None
        if "send_in_turn" in str(task.get_coro()):
            self.waits.append(seconds)
            await self.over.wait()


def stopped_rates(chat: RunningChat) -> Clock:
    """Let no bucket fill before the test turns this clock."""
    clock = Clock()
    chat.chat.replica.post_rates._clock = clock
    return clock


async def test_what_is_posted_too_fast_is_sent_again_at_the_chats_rate() -> None:
    limits: dict[str, Any] = {"posts_burst": 60, "posts_per_second": 20, "posts_refused": 100}
    async with serving(limit_loopback=True, **limits) as chat:
        clock, held = stopped_rates(chat), Held()
        async with Chat(chat.url, name="ada", timing=held.timing) as ada:
            room = await ada.join("lobby")
            posting = asyncio.gather(*(room.post(str(number)) for number in range(120)))
            await wait_until(lambda: len(held.waits) == 60)
            # Together, most would be refused again, and a hundred refusals are the end.
            assert held.waits == pytest.approx([turn / 20 for turn in range(1, 61)])
            clock.now += 3
            held.over.set()
            assert len(set(await posting)) == 120
            assert ada.connections == 1
        assert chat.chat.replica.counts.errors[Code.RATE_LIMITED] == 60


async def test_who_is_shown_out_for_its_rate_comes_back_and_takes_turns() -> None:
    limits: dict[str, Any] = {"posts_burst": 60, "posts_per_second": 100, "posts_refused": 50}
    slowly = timedelta(hours=1)
    async with serving(limit_loopback=True, posts_refused_within=slowly, **limits) as chat:
        stopped_rates(chat)
        held = Held()
        async with Chat(chat.url, name="ada", timing=held.timing) as ada:
            room = await ada.join("lobby")
            posting = asyncio.gather(*(room.post(str(number)) for number in range(400)))
            await wait_until(lambda: ada.connections == 2 and len(held.waits) >= 340)
            assert held.waits[-340:] == pytest.approx([turn / 100 for turn in range(1, 341)])
            posting.cancel()
            await asyncio.gather(posting, return_exceptions=True)
        assert chat.chat.replica.counts.ended[EndedBy.RATE] == 1


async def test_changes_presence_and_pages_are_told() -> None:
    async with serving() as chat, Chat(chat.url, name="ada") as ada:
        room = await ada.join("lobby")
        at = await room.post("helo")
        await room.edit(at, "hello")
        await room.react(at, "👍")
        other = await room.post("nonsense")
        await room.delete(other)
        seen = []
        async with asyncio.timeout(10):
            async for event in room.events():
                if isinstance(event, Message | Edited | Reacted | Deleted):
                    seen.append(event)
                if isinstance(event, Deleted):
                    break
        kinds = [Message, Edited, Reacted, Message, Deleted]
        assert [isinstance(*pair) for pair in zip(seen, kinds, strict=True)] == [True] * 5
        page = await room.history()
        assert [(m.text, m.deleted, m.reactions) for m in page.messages] == [
            ("hello", False, {"👍": ("ada",)}),
            ("", True, {}),
        ]
        assert room.members == {"ada"}


async def test_one_connection_carries_several_rooms_and_leaves_one() -> None:
    async with serving() as chat, Chat(chat.url, name="ada") as ada:
        lobby, attic = await ada.join("lobby"), await ada.join("attic")
        assert await ada.join("lobby") is lobby
        await lobby.post("down")
        await attic.post("up")
        assert [m.text for m in await read(lobby, 1) + await read(attic, 1)] == ["down", "up"]
        await lobby.leave()
        with pytest.raises(StopAsyncIteration):
            await anext(lobby)
        with pytest.raises(CommandRefusedError, match="not_joined"):
            await lobby.post("too late")
        assert ada.connections == 1


async def test_a_newcomer_is_shown_the_last_messages_or_none() -> None:
    async with serving() as chat, Chat(chat.url, name="ada") as ada:
        room = await ada.join("lobby")
        for number in range(3):
            await room.post(str(number))
        async with Chat(chat.url) as bob, Chat(chat.url) as eve:
            shown = await bob.join("lobby")
            fresh = await eve.join("lobby", recent=False)
            await room.post("3")
            assert [message.text for message in await read(shown, 4)] == ["0", "1", "2", "3"]
            assert [message.text for message in await read(fresh, 1)] == ["3"]


async def test_lost_acks_store_a_post_once() -> None:
    broker = MemoryBroker()
    async with serving(broker) as chat, Chat(chat.url, timing=QUICK) as ada:
        room = await ada.join("lobby")
        await room.post("before")
        broker.lose_acks = 1
        at = await room.post("once")
        assert not broker.lose_acks
        await room.post("after")
        messages = await read(room, 3)
        assert [message.text for message in messages] == ["before", "once", "after"]
        assert messages[1].at == at


async def test_connections_cut_under_posts_lose_and_repeat_nothing() -> None:
    """The ledger: what was acknowledged is there once, in the order of positions, for both."""
    async with (
        serving() as chat,
        Chat(chat.url, name="ada", timing=QUICK) as ada,
        Chat(chat.url, name="bob", timing=QUICK) as bob,
    ):
        hers, his = await ada.join("lobby"), await bob.join("lobby")
        session = ada._talk.session
        acknowledged: dict[str, str] = {}

        async def write() -> None:
            for number in range(120):
                acknowledged[await hers.post(str(number))] = str(number)

        writing = asyncio.create_task(write())
        for cut in range(1, 9):
            await wait_until(lambda cut=cut: len(acknowledged) > cut * 10)
            for client in (ada, bob):
                assert client._socket is not None
                client._socket.transport.abort()
            await wait_until(lambda cut=cut: min(ada.connections, bob.connections) > cut)
            await wait_until(lambda: State.LIVE is ada.state is bob.state)
        await writing
        for room in (hers, his):
            messages = await read(room, 120)
            assert [(m.at, m.text) for m in messages] == list(acknowledged.items())
            assert {m.user for m in messages} == {"ada"}
        assert ada.connections >= 8
        # Shown again at each return: a half-open connection can't keep the name from its owner.
        assert ada._talk.session == session


async def test_a_drain_brings_every_room_to_the_other_replica() -> None:
    broker, store = MemoryBroker(), MemoryStore()
    states: list[State] = []
    async with running_chat(broker, MemoryHistory(store), posts_burst=1_000) as two:
        async with running_chat(
            broker, MemoryHistory(store), posts_burst=1_000, drain_window=0.2
        ) as one:
            ada = Chat(one.url, name="ada", on_state=states.append, timing=QUICK)
            async with ada:
                room = await ada.join("lobby")
                for number in range(10):
                    await room.post(str(number))
                ada.url = two.url
                one.chat.replica.departures.hurry()
                one.server.stop()
                count = 10
                async with asyncio.timeout(10):
                    while states.count(State.LIVE) < 2 or count < 20:
                        await room.post(str(count))
                        count += 1
                texts = [message.text for message in await read(room, count)]
                assert texts == [str(number) for number in range(count)]
                assert ada.user == "ada"
                assert (ada.connections, ada.farewells) == (2, 1)
    assert states.count(State.LIVE) == 2
    assert State.RESUMING in states


async def test_a_loss_is_told_and_history_gives_what_was_lost() -> None:
    """Too much for a replay: it is read page by page, back to what was held."""
    gaps: list[RoomGap] = []
    settings: dict[str, Any] = {"replay": 20, "ring_entries": 10}
    async with serving(**settings) as chat, talking(chat.socket, name="bob") as bob:
        await bob.post_all(0, 250)
        await chat.wait_projected()
        after = Position(chat.chat.replica.hub.epoch, 1)
        async with Chat(chat.url, name="ada", on_gap=gaps.append) as ada:
            room = await ada.join("lobby", after=after)
            await wait_until(lambda: gaps)
            await bob.post("last", "251")
            texts = [message.text for message in await read(room, 251)]
    assert texts == [str(number) for number in range(1, 252)]
    assert [(gap.after, gap.reason, gap.filled) for gap in gaps] == [(after, "too_far", True)]


async def test_another_epoch_is_a_loss_that_is_told_before_what_follows() -> None:
    broker = MemoryBroker()
    gaps: list[RoomGap] = []
    async with serving(broker) as chat:
        async with Chat(chat.url, name="ada", on_gap=gaps.append, timing=QUICK) as ada:
            room = await ada.join("lobby")
            await room.post("old")
            broker.delete_stream("CHAT")
            broker.go_down()
            broker.come_up()
            await wait_until(lambda: gaps)
            await room.post("new")
            texts = [message.text for message in await read(room, 2)]
            assert texts == ["old", "new"]
    assert (gaps[0].reason, gaps[0].filled) == ("epoch", False)


async def test_a_no_is_an_error_with_the_chat_s_word() -> None:
    async with serving() as chat, Chat(chat.url) as ada:
        with pytest.raises(CommandRefusedError) as caught:
            await ada.join("not a room")
        assert caught.value.code == "bad_name"
        room = await ada.join("lobby")
        with pytest.raises(CommandRefusedError) as caught:
            await room.post(" ")
        assert caught.value.code == "text_empty"
        with pytest.raises(CommandRefusedError) as caught:
            await room.post("x" * 70_000)
        assert caught.value.code == "text_too_long"
        with pytest.raises(CommandRefusedError) as caught:
            await room.history(limit=1_000)
        assert caught.value.code == "bad_limit"
        await room.post("still here")
        assert ada.connections == 1


async def test_what_was_not_acknowledged_in_time_is_in_doubt_and_says_so() -> None:
    broker = MemoryBroker()
    async with serving(broker) as chat, Chat(chat.url, timing=QUICK) as ada:
        room = await ada.join("lobby")
        broker.refuse = "disk full"
        with pytest.raises(UnconfirmedError):
            await room.post("who knows", within=timedelta(seconds=0.5))


async def test_the_same_session_elsewhere_ends_the_older_chat_for_good() -> None:
    async with serving() as chat, Chat(chat.url, name="ada") as ada:
        room = await ada.join("lobby")
        async with talking(chat.socket, name="ada", session=ada._talk.session):
            with pytest.raises(ChatEndedError) as caught:
                await read(room, 1)
            assert caught.value.close_code == 4505
            with pytest.raises(ChatEndedError):
                await room.post("too late")


async def test_nobody_there_is_offline_and_a_post_waits_for_the_first_chance() -> None:
    async with serving() as chat:
        async with Chat(chat.url, timing=QUICK) as ada:
            room = await ada.join("lobby")
            url, ada.url = ada.url, "http://127.0.0.1:1"
            assert ada._socket is not None
            ada._socket.transport.abort()
            await wait_until(lambda: ada.state is State.OFFLINE)
            with pytest.raises(CommandRefusedError, match="not_sent"):
                await room.post("in vain", within=timedelta(seconds=0.1))
            waiting = asyncio.create_task(room.post("at last"))
            ada.url = url
            await waiting
            assert [message.text for message in await read(room, 1)] == ["at last"]


async def test_leaving_a_chat_ends_its_rooms_and_leaves_no_task() -> None:
    async with serving() as chat:
        before = asyncio.all_tasks()
        async with Chat(chat.url) as ada:
            room = await ada.join("lobby")
        with pytest.raises(StopAsyncIteration):
            await anext(room)
        with pytest.raises(ChatEndedError):
            await ada.join("attic")
        await wait_until(lambda: asyncio.all_tasks() <= before)
