"""Frames out, without a socket."""

import json
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from chat.errors import Code
from chat.protocol import (
    Ack,
    Deleted,
    Drain,
    Edited,
    ErrorTold,
    Event,
    GapTold,
    HistoryPage,
    Joined,
    Left,
    Limits,
    Message,
    PresenceTold,
    Reacted,
    StoredMessage,
    TypingTold,
    Welcome,
    decode_event,
    encode_frame,
    encode_stored,
    is_message,
    stored_form,
)
from realtime.framing import GapReason

LIMITS = Limits(rooms=20, text_bytes=4096, replay=1000, posts_per_second=5, posts_burst=20)
MESSAGE = Message(
    room="lobby", position="e100-7", cid="c1", user="ada", text='he said "é"\n', time=1.5
)


def test_server_frames_are_compact_and_have_exactly_their_fields() -> None:
    raw = msgspec.Raw(b'{"position":"e100-7"}')
    frames = {
        encode_frame(Left(room="a")): '{"type":"left","room":"a"}',
        encode_frame(Drain(reconnect_in_ms=7)): '{"type":"drain","reconnect_in_ms":7}',
        encode_frame(
            Ack(cid="c", room="a", position="e100-7", duplicate=False)
        ): '{"type":"ack","cid":"c","room":"a","position":"e100-7","duplicate":false}',
        encode_frame(
            PresenceTold(room="a", joined=["ada"], left=[], count=3)
        ): '{"type":"presence","room":"a","joined":["ada"],"left":[],"count":3}',
        encode_frame(
            TypingTold(room="a", users=["ada"])
        ): '{"type":"typing","room":"a","users":["ada"]}',
        encode_frame(
            GapTold(room="a", first="e100-7", to="e100-9", reason=GapReason.EPOCH)
        ): '{"type":"gap","room":"a","from":"e100-7","to":"e100-9","reason":"epoch"}',
        encode_frame(
            HistoryPage(room="a", messages=[raw], more=True)
        ): '{"type":"history","room":"a","messages":[{"position":"e100-7"}],"more":true}',
        encode_frame(
            ErrorTold(code=Code.BAD_FRAME, message="m", retryable=False)
        ): '{"type":"error","code":"bad_frame","message":"m","retryable":false}',
        encode_frame(
            ErrorTold(code=Code.BAD_FRAME, message="m", retryable=False, cid="c")
        ): '{"type":"error","code":"bad_frame","message":"m","retryable":false,"cid":"c"}',
        encode_frame(
            Joined(room="a", head="e100-7", resumed=True, messages=[raw], members=["ada"], count=1)
        ): '{"type":"joined","room":"a","head":"e100-7","resumed":true,'
        '"messages":[{"position":"e100-7"}],"members":["ada"],"count":1}',
    }
    for encoded, expected in frames.items():
        assert encoded.decode() == expected
    welcome = json.loads(
        encode_frame(Welcome(session="s", user="ada", heartbeat=20, limits=LIMITS))
    )
    assert list(welcome) == ["type", "session", "user", "heartbeat", "limits"]
    assert welcome["limits"]["text_bytes"] == 4096


def test_the_stored_form_of_a_message_is_the_frame_without_type_and_room() -> None:
    frame = encode_frame(MESSAGE)
    assert list(json.loads(frame)) == ["type", "room", "position", "cid", "user", "text", "time"]
    stored = json.loads(stored_form("lobby", frame))
    assert stored == {
        "position": "e100-7",
        "cid": "c1",
        "user": "ada",
        "text": 'he said "é"\n',
        "time": 1.5,
    }
    assert decode_event(frame) == MESSAGE


@given(st.text(), st.text(min_size=1, max_size=64))
def test_a_message_comes_back_as_it_was(text: str, cid: str) -> None:
    try:
        text.encode()
        cid.encode()
    except UnicodeEncodeError:
        return
    message = msgspec.structs.replace(MESSAGE, text=text, cid=cid)
    frame = encode_frame(message)
    assert decode_event(frame) == message
    assert b"\n" not in frame
    assert json.loads(stored_form("lobby", frame))["text"] == text


def test_changes_say_their_own_position_and_the_targets() -> None:
    at: dict[str, Any] = {"room": "a", "position": "e100-9", "target": "e100-7"}
    at |= {"cid": "c", "user": "bob"}
    events: list[tuple[Event, dict[str, object]]] = [
        (Edited(**at, text="t", time=1.5), {"type": "edited", **at, "text": "t", "time": 1.5}),
        (Deleted(**at, time=1.5), {"type": "deleted", **at, "time": 1.5}),
        (
            Reacted(**at, emoji="👍", on=True, time=1.5),
            {"type": "reacted", **at, "emoji": "👍", "on": True, "time": 1.5},
        ),
    ]
    for event, expected in events:
        frame = encode_frame(event)
        assert json.loads(frame) == expected
        assert decode_event(frame) == event
        assert not is_message(frame)


def test_a_tombstone_has_no_text() -> None:
    gone = Message(room="a", position="e100-7", cid="c", user="ada", time=1.5, deleted=True)
    frame = encode_frame(gone)
    assert is_message(frame)
    stored = encode_stored(
        StoredMessage(position="e100-7", cid="c", user="ada", time=1.5, deleted=True)
    )
    assert stored_form("a", frame) == stored
    assert json.loads(stored) == {
        "position": "e100-7",
        "cid": "c",
        "user": "ada",
        "time": 1.5,
        "deleted": True,
    }
