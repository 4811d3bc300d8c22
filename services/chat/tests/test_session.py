"""A conversation without a socket."""

import asyncio
from datetime import timedelta

import pytest

from chat.app import Chat
from chat.closing import DRAINED, REPLACED, STRUCK_OUT
from chat.errors import Code
from chat.history import Found, Span
from chat.replica import Replica
from chat.testing import MemoryHistory, MemoryStore
from chat.testing.dialog import Dialog, dialog
from realtime.testing import MemoryBroker, MemorySink, wait_until
from systemtests.running_chat import chat_parts, wait_projected


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


async def test_a_post_reaches_every_member_as_the_same_bytes_and_is_acknowledged(
    replica: Replica,
) -> None:
    with dialog(replica) as ada, dialog(replica, "bob") as bob, dialog(replica, "eve") as eve:
        await ada.join()
        assert (await bob.join())["members"] == ["ada", "bob"]
        await eve.join("attic")
        ack = await ada.post("c1", "héllo")
        position = f"{replica.hub.epoch}-1"
        assert ack == {
            "type": "ack",
            "cid": "c1",
            "room": "lobby",
            "position": position,
            "duplicate": False,
        }
        (message,) = bob.all("message")
        assert message.pop("time") > 0
        assert message == {
            "type": "message",
            "room": "lobby",
            "position": position,
            "cid": "c1",
            "user": "ada",
            "text": "héllo",
        }
        assert ada.sink.chunks[-2] is bob.sink.chunks[-1]
        assert not eve.all("message")


async def test_a_post_that_is_sent_again_is_stored_once(
    replica: Replica, broker: MemoryBroker
) -> None:
    with dialog(replica) as ada, dialog(replica, "bob") as bob:
        await ada.join()
        await bob.join()
        first = await ada.post("c1")
        again = await ada.post("c1")
        assert again == first | {"duplicate": True}
        assert len(bob.all("message")) == 1
        assert len(broker.published) == 1
        assert replica.publisher.duplicates == 1


async def test_a_lost_ack_is_told_as_retryable_and_the_retry_finds_the_post(
    replica: Replica, broker: MemoryBroker
) -> None:
    with dialog(replica) as ada:
        await ada.join()
        broker.lose_acks = 1
        error = await ada.post("c1")
        assert (error["code"], error["retryable"], error["cid"]) == ("upstream_down", True, "c1")
        ack = await ada.post("c1")
        assert (ack["position"], ack["duplicate"]) == (f"{replica.hub.epoch}-1", True)
        assert ada.texts == ["hello"]


async def test_a_cid_belongs_to_one_text_of_one_user_in_one_room(
    replica: Replica, broker: MemoryBroker
) -> None:
    with dialog(replica) as ada, dialog(replica, "bob") as bob:
        for talk in (ada, bob):
            await talk.join()
            await talk.join("attic")
        await ada.post("c1", "one")
        reused = await ada.post("c1", "two")
        assert (reused["code"], reused["retryable"], reused["cid"]) == ("cid_reused", False, "c1")
        assert not (await ada.post("c1", "two", room="attic"))["duplicate"]
        assert not (await bob.post("c1", "two"))["duplicate"]
        assert len(broker.published) == 3


async def test_a_session_that_comes_back_is_the_same_user_for_a_retry(
    replica: Replica, broker: MemoryBroker
) -> None:
    with dialog(replica), dialog(replica) as second:
        await second.join()
        broker.lose_acks = 1
        await second.post("c1")
        session = second.frames[0]["session"]
        with dialog(replica, "ada", session=session) as back:
            assert back.session.user == second.session.user != "ada"
            assert second.session.ending == REPLACED
            assert second.sink.aborted
            await back.join()
            assert (await back.post("c1"))["duplicate"]


@pytest.mark.parametrize(
    ("room", "cid", "text", "code"),
    [
        ("lobby", "", "t", "bad_cid"),
        ("lobby", "c" * 65, "t", "bad_cid"),
        ("lobby", "c", "", "text_empty"),
        ("lobby", "c", "  ", "text_empty"),
        ("lobby", "c", "é" * 2049, "text_too_long"),
        ("lobby.x", "c", "t", "bad_name"),
        ("*", "c", "t", "bad_name"),
        (">", "c", "t", "bad_name"),
        ("", "c", "t", "bad_name"),
        ("lobby\r\n", "c", "t", "bad_name"),
    ],
)
async def test_a_post_that_cannot_be_taken_says_why_and_is_not_stored(
    replica: Replica, broker: MemoryBroker, room: str, cid: str, text: str, code: str
) -> None:
    with dialog(replica) as ada:
        await ada.join()
        error = await ada.post(cid, text, room=room)
        assert (error["type"], error["code"], error["retryable"]) == ("error", code, False)
        assert error.get("cid") == (cid if cid == "c" else None)
        assert not broker.published
        assert not ada.sink.closed


async def test_a_post_while_the_broker_is_away_or_full_is_retryable(
    replica: Replica, broker: MemoryBroker
) -> None:
    with dialog(replica) as ada:
        await ada.join()
        broker.refuse = "insufficient storage"
        full = await ada.post("c1")
        assert (full["code"], full["retryable"]) == ("upstream_refused", True)
        broker.refuse = None
        broker.go_down()
        down = await ada.post("c2")
        assert (down["code"], down["retryable"]) == ("upstream_down", True)
        broker.come_up()
        assert (await ada.post("c2"))["type"] == "ack"


async def test_posts_are_limited_by_a_bucket(broker: MemoryBroker, history: MemoryHistory) -> None:
    async with chat_parts(broker, history, posts_burst=3) as chat:
        await wait_until(lambda: chat.health.started)
        with dialog(chat.replica) as ada:
            await ada.join()
            answers = [await ada.post(f"c{number}") for number in range(5)]
    assert [answer["type"] for answer in answers] == ["ack"] * 3 + ["error"] * 2
    assert (answers[3]["code"], answers[3]["retryable"]) == ("rate_limited", True)


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
        await wait_until(lambda: chat.health.started)
        with dialog(chat.replica) as ada:
            await ada.join("r1")
            await ada.join("r2")
            assert (await ada.join("r3"))["code"] == "too_many_rooms"
            assert (await ada.join("r1"))["type"] == "joined"
            await ada.say("leave", room="r1")
            assert (await ada.join("r3"))["type"] == "joined"


async def test_a_replica_has_so_many_rooms(broker: MemoryBroker, history: MemoryHistory) -> None:
    async with chat_parts(broker, history, channels=1) as chat:
        await wait_until(lambda: chat.health.started)
        with dialog(chat.replica) as ada:
            await ada.join("r1")
            error = await ada.join("r2")
            assert (error["code"], error["retryable"]) == ("channels", True)
            assert chat.replica.rooms.members("r2") == ([], 0)


async def test_history_comes_in_pages(chat: Chat) -> None:
    with dialog(chat.replica) as ada:
        await ada.join()
        for number in range(1, 8):
            await ada.post(f"c{number}", str(number))
        await wait_projected(chat)
        newest = await ada.say("history", room="lobby", limit=3)
        assert [message["text"] for message in newest["messages"]] == ["5", "6", "7"]
        assert list(newest["messages"][0]) == ["position", "cid", "user", "text", "time"]
        assert newest["more"] is True
        before = newest["messages"][0]["position"]
        older = await ada.say("history", room="lobby", limit=3, before=before)
        assert [message["text"] for message in older["messages"]] == ["2", "3", "4"]
        before = older["messages"][0]["position"]
        oldest = await ada.say("history", room="lobby", limit=3, before=before)
        assert [message["text"] for message in oldest["messages"]] == ["1"]
        assert oldest["more"] is False


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"room": "lobby", "limit": 0}, "bad_limit"),
        ({"room": "lobby", "limit": 101}, "bad_limit"),
        ({"room": "lobby", "limit": 10**4000}, "bad_limit"),
        ({"room": "lobby", "before": "7"}, "bad_position"),
        ({"room": "lobby", "before": "zzzz-7"}, "bad_position"),
        ({"room": "a*"}, "bad_name"),
    ],
)
async def test_history_that_cannot_be_asked(
    replica: Replica, fields: dict[str, object], code: str
) -> None:
    with dialog(replica) as ada:
        assert (await ada.say("history", **fields))["code"] == code


async def test_history_that_is_down_is_said_and_chat_goes_on(
    chat: Chat, store: MemoryStore
) -> None:
    with dialog(chat.replica) as ada:
        store.down = True
        await ada.join()
        assert (await ada.post("c1"))["type"] == "ack"
        error = await ada.say("history", room="lobby")
        assert (error["code"], error["retryable"]) == ("history_unavailable", True)
        await wait_until(lambda: "redis" in chat.health.degraded)
        assert chat.health.ready
        store.down = False
        await wait_until(lambda: "redis" not in chat.health.degraded)
        await wait_projected(chat)
        page = await ada.say("history", room="lobby")
        assert [message["text"] for message in page["messages"]] == ["hello"]


async def test_a_bug_is_told_as_internal_and_the_connection_stays(broker: MemoryBroker) -> None:
    class BrokenHistory(MemoryHistory):
        async def read(self, span: Span, *, epoch: str) -> Found:
            raise ZeroDivisionError(span, epoch)

    async with chat_parts(broker, BrokenHistory()) as chat:
        await wait_until(lambda: chat.health.started)
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
