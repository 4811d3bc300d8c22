"""A room's messages as frames."""

import json

from chat.framing import RoomFraming
from realtime.framing import Gap, GapReason
from realtime.position import Position


def test_messages_are_passed_on_as_the_same_bytes() -> None:
    payloads = [b'{"type":"message","n":1}', b'{"type":"message","n":2}']
    framed = RoomFraming("lobby").frame(payloads, Position("e100", 2))
    assert [id(chunk) for chunk in framed] == [id(payload) for payload in payloads]


def test_a_gap_names_the_first_and_the_last_that_will_not_come() -> None:
    gap = Gap(after=Position("e100", 7), upto=Position("e200", 3), reason=GapReason.EPOCH)
    (chunk,) = RoomFraming("lobby").gap(gap)
    assert json.loads(chunk) == {
        "type": "gap",
        "room": "lobby",
        "from": "e100-8",
        "to": "e200-3",
        "reason": "epoch",
    }


def test_there_is_no_heartbeat_frame() -> None:
    assert not RoomFraming("lobby").heartbeat(Position("e100", 7))
