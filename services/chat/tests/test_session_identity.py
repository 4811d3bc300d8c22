"""What a session lets its identity do, and what its end says."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from chat.replica import Replica
from chat.session import Session
from chat.testing.dialog import Dialog
from realtime.closing import EXPIRED, LEFT, REVOKED
from realtime.identity.errors import Denial
from realtime.identity.scope import parse_scope
from realtime.identity.watch import EndReason
from realtime.identity.who import Identity
from realtime.testing import MemorySink


class Known(Dialog):
    """A dialog of somebody whom a token names."""

    def __init__(self, replica: Replica, identity: Identity) -> None:
        self.sink = MemorySink()
        self.session = Session(
            replica, self.sink, name="eve", session="", ip="127.0.0.1", identity=identity
        )
        self.session.welcome()


def user(scope: str, name: str = "ada") -> Identity:
    return Identity(parse_scope(scope), user=name, expires=time.time() + 3600, token_id="t1")


@contextmanager
def known(replica: Replica, identity: Identity) -> Iterator[Known]:
    talk = Known(replica, identity)
    try:
        yield talk
    finally:
        talk.session.ended(LEFT)


async def test_the_token_names_the_user_and_not_the_query(replica: Replica) -> None:
    with known(replica, user("rooms:*")) as one, known(replica, user("rooms:*")) as two:
        assert [talk.frames[0]["user"] for talk in (one, two)] == ["ada", "ada"]
        assert one.frames[0]["session"] != two.frames[0]["session"]
        assert len(replica.names) == 0
        await one.join()
        await two.post("c1")
        assert one.all("message")[0]["user"] == "ada"
    assert len(replica.gate.watch) == 0


async def test_rooms_and_roles_are_those_of_the_scope(replica: Replica) -> None:
    with known(replica, user("rooms:lobby rooms:news:reader rooms:desk:moderator")) as ada:
        for room, joined, posted in (
            ("lobby", "joined", "ack"),
            ("news", "joined", "error"),
            ("desk", "joined", "ack"),
            ("attic", "error", "error"),
        ):
            assert (await ada.join(room))["type"] == joined
            answer = await ada.post("c-" + room, room=room)
            assert answer["type"] == posted
            if posted == "error":
                assert (answer["code"], answer["retryable"]) == ("forbidden", False)
                assert answer["cid"] == "c-" + room
        assert (await ada.say("history", room="attic"))["code"] == "forbidden"
        moderates = {room: ada.session.identity.moderates(room) for room in ("lobby", "desk")}
        assert moderates == {"lobby": False, "desk": True}
    assert replica.rooms.members("attic") == ([], 0)
    assert replica.gate.refused[Denial.FORBIDDEN] == 4


async def test_a_guest_moderates_nothing_and_has_its_name(replica: Replica) -> None:
    talk = Dialog(replica, MemorySink(), name="ada", session="")
    assert talk.session.identity.user == "ada"
    assert not talk.session.identity.moderates("lobby")
    assert (await talk.say("refresh", token="x.y.z"))["code"] == "bad_token"
    assert not talk.sink.closed
    talk.session.ended(LEFT)


async def test_the_end_is_warned_of_and_said(replica: Replica) -> None:
    for reason, ending in ((EndReason.EXPIRED, EXPIRED), (EndReason.REVOKED, REVOKED)):
        with known(replica, user("rooms:*")) as ada:
            ada.session.expiring(timedelta(seconds=29.5))
            assert ada.frames[-1] == {"type": "expiring", "in_ms": 29_500}
            ada.session.expired(reason)
            assert ada.session.ending == ending
            assert ada.sink.closed
            assert not ada.sink.aborted


async def test_who_reads_nothing_is_not_waited_for(replica: Replica) -> None:
    with known(replica, user("rooms:*")) as ada:
        ada.sink.fill()
        ada.session.expired(EndReason.EXPIRED)
        assert ada.sink.aborted
        assert ada.session.ending == EXPIRED


@pytest.mark.parametrize("fields", [{}, {"token": 7}, {"token": "x", "user": "eve"}])
async def test_a_refresh_that_is_no_frame_says_nothing_of_the_token(
    replica: Replica, fields: dict[str, object]
) -> None:
    with known(replica, user("rooms:*")) as ada:
        assert (await ada.say("refresh", **fields))["code"] == "bad_frame"
