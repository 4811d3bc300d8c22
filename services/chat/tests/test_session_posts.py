"""Posting in a conversation."""

from datetime import timedelta
from typing import Any

import pytest

from chat.replica import Replica
from chat.testing import MemoryHistory
from chat.testing.dialog import Dialog, dialog
from realtime.closing import REPLACED, TOO_FAST
from realtime.testing import MemoryBroker
from systemtests.running_chat import chat_parts


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
            assert second.sink.closed
            assert not second.sink.aborted, "it reads, so it gets its close frame"
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


SLOW: dict[str, Any] = {"posts_burst": 3, "posts_per_second": 0.001}


async def posts(talk: Dialog, count: int, first: int = 0) -> list[str]:
    """Post so often; gives the types of the answers."""
    return [(await talk.post(f"c{number}"))["type"] for number in range(first, first + count)]


async def test_posts_are_limited_by_a_bucket(broker: MemoryBroker, history: MemoryHistory) -> None:
    async with chat_parts(broker, history, **SLOW) as chat:
        with dialog(chat.replica) as ada:
            assert await posts(ada, 3) == ["ack"] * 3
            error = await ada.post("more")
            assert (error["code"], error["retryable"]) == ("rate_limited", True)
            assert error["cid"] == "more"
            with dialog(chat.replica, "bob") as bob:
                assert await posts(bob, 4) == ["ack"] * 3 + ["error"]


async def test_who_comes_back_has_no_new_bucket(
    broker: MemoryBroker, history: MemoryHistory
) -> None:
    async with chat_parts(broker, history, **SLOW) as chat:
        with dialog(chat.replica) as ada:
            assert await posts(ada, 2) == ["ack"] * 2
            session = ada.frames[0]["session"]
        with dialog(chat.replica, session=session) as ada:
            assert await posts(ada, 2, first=2) == ["ack", "error"]
        with dialog(chat.replica, "ada") as ada:
            assert await posts(ada, 1, first=4) == ["error"]


async def test_who_goes_on_posting_in_spite_of_refusals_is_shown_out(
    broker: MemoryBroker, history: MemoryHistory
) -> None:
    refused: dict[str, Any] = {"posts_refused": 4, "posts_refused_within": timedelta(hours=1)}
    async with chat_parts(broker, history, **refused, **SLOW) as chat:
        with dialog(chat.replica) as ada, dialog(chat.replica, "bob") as bob:
            assert await posts(ada, 3 + 3) == ["ack"] * 3 + ["error"] * 3
            assert ada.session.ending is None
            assert not ada.sink.closed
            assert await posts(ada, 1, first=6) == ["error"]
            assert ada.sink.closed
            assert ada.session.ending == TOO_FAST
            assert (TOO_FAST.code, TOO_FAST.reason) == (4029, "rate")
            assert await posts(bob, 1) == ["ack"]


async def test_refusals_far_apart_show_nobody_out(
    broker: MemoryBroker, history: MemoryHistory
) -> None:
    # As short as can be set: no two refusals come within it.
    refused: dict[str, Any] = {
        "posts_refused": 2,
        "posts_refused_within": timedelta(microseconds=1),
    }
    async with chat_parts(broker, history, **refused, **SLOW) as chat:
        with dialog(chat.replica) as ada:
            assert await posts(ada, 3 + 20) == ["ack"] * 3 + ["error"] * 20
            assert not ada.sink.closed


async def test_a_stuck_connection_that_is_replaced_is_cut(replica: Replica) -> None:
    with dialog(replica) as stuck:
        stuck.sink.fill()
        with dialog(replica, "ada", session=stuck.frames[0]["session"]):
            assert stuck.session.ending == REPLACED
            assert stuck.sink.aborted
