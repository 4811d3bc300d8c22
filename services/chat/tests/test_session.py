"""A conversation without a socket."""

import asyncio
from datetime import timedelta

from chat.app import Chat
from chat.errors import Code
from chat.history import Found, Span
from chat.replica import Replica
from chat.testing import MemoryHistory
from chat.testing.dialog import Dialog, dialog
from realtime.closing import DRAINED, STRUCK_OUT
from realtime.testing import MemoryBroker, MemorySink, wait_until
from systemtests.running_chat import chat_parts


async def test_the_first_frame_says_who_one_is_and_what_one_may(replica: Replica) -> None:
    with dialog(replica, "Ada L.") as ada:
        (welcome,) = ada.frames
    assert welcome["type"] == "welcome"
    assert welcome["user"] == "Ada-L"
    assert welcome["session"].endswith(".Ada-L")
    assert welcome["heartbeat"] == 20
    limits = {"rooms": 20, "text_bytes": 4096, "frame_bytes": 65536, "cid_chars": 64}
    assert limits.items() <= welcome["limits"].items()


async def test_joining_an_empty_room(replica: Replica) -> None:
    with dialog(replica) as ada:
        assert await ada.join() == {
            "type": "joined",
            "room": "lobby",
            "head": f"{replica.hub.epoch}-0",
            "resumed": False,
            "messages": [],
            "members": ["ada"],
            "count": 1,
        }


async def test_bad_frames_say_what_was_wrong_and_three_are_too_many(replica: Replica) -> None:
    with dialog(replica) as ada:
        error = await ada.say("join", room=7)
        assert (error["code"], error["retryable"]) == ("bad_frame", False)
        assert "$.room" in error["message"]
        await ada.session.take(None)
        assert "binary" in ada.frames[-1]["message"]
        assert not ada.sink.closed
        await ada.session.take("{")
        assert len(ada.all("error")) == 3
        assert ada.sink.closed
        assert ada.session.ending == STRUCK_OUT


async def test_errors_of_content_are_no_strikes(replica: Replica) -> None:
    with dialog(replica) as ada:
        for _ in range(10):
            await ada.join("*")
        assert [error["code"] for error in ada.all("error")] == ["bad_name"] * 10
        assert not ada.sink.closed
        assert replica.counts.errors[Code.BAD_NAME] == 10


async def test_leaving_ends_the_messages(replica: Replica) -> None:
    with dialog(replica) as ada, dialog(replica, "bob") as bob:
        await ada.join()
        await bob.join()
        assert await bob.say("leave", room="lobby") == {"type": "left", "room": "lobby"}
        await ada.post("c1")
        assert not bob.all("message")
        assert (await bob.say("leave", room="lobby"))["code"] == "not_joined"
        assert (await bob.post("c1"))["type"] == "ack", "a retry may come before its join"
        assert replica.rooms.members("lobby") == (["ada"], 1)


async def test_a_connection_has_so_many_rooms(broker: MemoryBroker, history: MemoryHistory) -> None:
    async with chat_parts(broker, history, rooms=2) as chat:
        with dialog(chat.replica) as ada:
            await ada.join("r1")
            await ada.join("r2")
            assert (await ada.join("r3"))["code"] == "too_many_rooms"
            assert (await ada.join("r1"))["type"] == "joined"
            await ada.say("leave", room="r1")
            assert (await ada.join("r3"))["type"] == "joined"


async def test_a_replica_has_so_many_rooms(broker: MemoryBroker, history: MemoryHistory) -> None:
    async with chat_parts(broker, history, channels=1) as chat:
        with dialog(chat.replica) as ada:
            await ada.join("r1")
            error = await ada.join("r2")
            assert (error["code"], error["retryable"]) == ("channels", True)
            assert chat.replica.rooms.members("r2") == ([], 0)


async def test_a_bug_is_told_as_internal_and_the_connection_stays(broker: MemoryBroker) -> None:
    class BrokenHistory(MemoryHistory):
        async def read(self, span: Span, *, epoch: str) -> Found:
            raise ZeroDivisionError(span, epoch)

    async with chat_parts(broker, BrokenHistory()) as chat:
        with dialog(chat.replica) as ada:
            error = await ada.say("history", room="lobby")
            assert (error["code"], error["retryable"]) == ("internal", False)
            assert "ZeroDivision" not in error["message"]
            assert not ada.sink.closed


async def test_a_drain_says_when_to_come_back(replica: Replica) -> None:
    with dialog(replica) as ada:
        ada.session.leave(timedelta(seconds=1.5))
        assert ada.frames[-1] == {"type": "drain", "reconnect_in_ms": 1500}
        assert ada.sink.closed
        assert ada.session.ending == DRAINED


async def test_an_end_gives_everything_back(chat: Chat) -> None:
    replica = chat.replica
    with dialog(replica) as ada:
        for room in ("r1", "r2", "r3"):
            await ada.join(room)
        assert replica.hub.subscribers == 3
        assert len(replica.departures) == 1
    assert replica.hub.subscribers == 0
    assert not replica.hub.channels
    assert len(replica.rooms) == len(replica.names) == len(replica.departures) == 0


async def test_an_end_in_the_middle_of_a_join_leaves_nothing(
    replica: Replica, broker: MemoryBroker
) -> None:
    talk = Dialog(replica, MemorySink(), name="ada", session="")
    ahead = f"{replica.hub.epoch}-1"
    broker.lose_live = 1
    await broker.publish("rooms.lobby", b"{}", message_id="1")
    joining = asyncio.create_task(talk.join(after=ahead))
    await wait_until(lambda: replica.hub._waiters, what="the join's waiting")
    talk.session.leave(timedelta(seconds=1))
    joining.cancel()
    await asyncio.gather(joining, return_exceptions=True)
    talk.session.ended(DRAINED)
    assert replica.hub.subscribers == 0
    assert len(replica.rooms) == 0


async def test_typing_is_for_members_only_and_too_often_is_no_fault(replica: Replica) -> None:
    with dialog(replica) as ada:
        assert (await ada.say("typing", room="lobby"))["code"] == "not_joined"
        assert (await ada.say("typing", room="*"))["code"] == "bad_name"
        await ada.join()
        since = len(ada.frames)
        for _ in range(20):
            await ada.session.take('{"type":"typing","room":"lobby"}')
        await wait_until(lambda: ada.all("typing"))
        assert [frame["type"] for frame in ada.frames[since:]] == ["typing"]
        assert ada.session.ending is None
        await ada.say("leave", room="lobby")
        assert (await ada.say("typing", room="lobby"))["code"] == "not_joined"
