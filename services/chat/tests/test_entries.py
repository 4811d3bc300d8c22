"""What the stream holds, read and written."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.entries import (
    ENTRY_BYTES_MAX,
    PostEntry,
    Unreadable,
    UnreadableEntryError,
    encode_entry,
    message_id,
    read_message,
)
from chat.protocol import Message
from realtime.broker import Delivery

ENTRY = PostEntry(cid="c1", user="ada", text="hello", time=1.5)


def delivery(payload: bytes, subject: str = "rooms.lobby") -> Delivery:
    return Delivery(subject, payload, 7, 2.5)


def test_a_post_is_stored_with_a_type_so_that_others_can_follow() -> None:
    assert (
        encode_entry(ENTRY) == b'{"type":"post","cid":"c1","user":"ada","text":"hello","time":1.5}'
    )


def test_a_delivery_becomes_a_message_at_its_position() -> None:
    assert read_message(delivery(encode_entry(ENTRY)), "e100") == Message(
        room="lobby", position="e100-7", cid="c1", user="ada", text="hello", time=1.5
    )


def test_fields_of_a_later_version_pass() -> None:
    later = json.loads(encode_entry(ENTRY)) | {"lang": "en"}
    assert read_message(delivery(json.dumps(later).encode()), "e100").text == "hello"


@pytest.mark.parametrize(
    ("payload", "subject", "reason"),
    [
        (b"", "rooms.lobby", Unreadable.NOT_AN_ENTRY),
        (b"\xff\xfe", "rooms.lobby", Unreadable.NOT_AN_ENTRY),
        (b"[" * 60_000, "rooms.lobby", Unreadable.NOT_AN_ENTRY),
        (b'{"type":"edit","position":"e100-3"}', "rooms.lobby", Unreadable.NOT_AN_ENTRY),
        (b'{"type":"post","cid":"c","user":"a"}', "rooms.lobby", Unreadable.NOT_AN_ENTRY),
        (encode_entry(ENTRY), "rooms.l@bby", Unreadable.BAD_ROOM),
        (encode_entry(ENTRY) + b" " * ENTRY_BYTES_MAX, "rooms.lobby", Unreadable.TOO_LARGE),
        (
            b'{"type":"post","cid":"c","user":"a*b","text":"t","time":1}',
            "rooms.lobby",
            Unreadable.BAD_USER,
        ),
    ],
)
def test_what_is_no_entry_says_why(payload: bytes, subject: str, reason: Unreadable) -> None:
    with pytest.raises(UnreadableEntryError) as raised:
        read_message(delivery(payload, subject), "e100")
    assert raised.value.reason is reason


@given(st.binary(max_size=200))
def test_any_bytes_are_an_entry_or_unreadable(payload: bytes) -> None:
    with contextlib.suppress(UnreadableEntryError):
        read_message(delivery(payload), "e100")


@given(st.text(min_size=1, max_size=64))
def test_a_message_id_is_safe_in_a_header(cid: str) -> None:
    try:
        cid.encode()
    except UnicodeEncodeError:
        return
    assert message_id(user="ada", room="lobby", cid=cid).isalnum()


def test_a_message_id_is_of_user_and_room_and_cid() -> None:
    ids = {
        message_id(user=user, room=room, cid=cid)
        for user in ("a", "ab")
        for room in ("a", "ab")
        for cid in ("c", "b/c", "a/c")
    }
    assert len(ids) == 12
    assert message_id(user="a", room="b", cid="c") == message_id(user="a", room="b", cid="c")
