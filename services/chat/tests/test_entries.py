"""What the stream holds, read and written."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.entries import (
    ENTRY_BYTES_MAX,
    ChatEntry,
    DeleteEntry,
    EditEntry,
    Logged,
    Original,
    PostEntry,
    ReactEntry,
    Unreadable,
    UnreadableEntryError,
    encode_entry,
    event_of,
    message_id,
    read_entry,
    tombstone,
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
    assert event_of(read_entry(delivery(encode_entry(ENTRY))), "e100") == Message(
        room="lobby", position="e100-7", cid="c1", user="ada", text="hello", time=1.5
    )


def test_fields_of_a_later_version_pass() -> None:
    later = json.loads(encode_entry(ENTRY)) | {"lang": "en"}
    assert read_entry(delivery(json.dumps(later).encode())).entry == ENTRY


@pytest.mark.parametrize(
    ("payload", "subject", "reason"),
    [
        (b"", "rooms.lobby", Unreadable.NOT_AN_ENTRY),
        (b"\xff\xfe", "rooms.lobby", Unreadable.NOT_AN_ENTRY),
        (b"[" * 60_000, "rooms.lobby", Unreadable.NOT_AN_ENTRY),
        (b'{"type":"shout","cid":"c","user":"a"}', "rooms.lobby", Unreadable.NOT_AN_ENTRY),
        (b'{"type":"post","cid":"c","user":"a"}', "rooms.lobby", Unreadable.NOT_AN_ENTRY),
        (encode_entry(ENTRY), "rooms.l@bby", Unreadable.BAD_ROOM),
        (encode_entry(ENTRY) + b" " * ENTRY_BYTES_MAX, "rooms.lobby", Unreadable.TOO_LARGE),
        (
            b'{"type":"post","cid":"c","user":"a*b","text":"t","time":1}',
            "rooms.lobby",
            Unreadable.BAD_USER,
        ),
        (
            b'{"type":"delete","cid":"c","user":"a","target":3,"time":1,%s}'
            % b'"of":{"cid":"c","user":"a b","time":1}',
            "rooms.lobby",
            Unreadable.BAD_USER,
        ),
        *(
            (
                b'{"type":"post","cid":"%s","user":"a","text":"t","time":1}' % cid,
                "rooms.lobby",
                Unreadable.BAD_CID,
            )
            for cid in (b"", b"c" * 65)
        ),
    ],
)
def test_what_is_no_entry_says_why(payload: bytes, subject: str, reason: Unreadable) -> None:
    with pytest.raises(UnreadableEntryError) as raised:
        read_entry(delivery(payload, subject))
    assert raised.value.reason is reason


CHANGES: list[ChatEntry] = [
    EditEntry(cid="c2", user="ada", target=3, text="hi", time=2.5),
    DeleteEntry(cid="c2", user="eve", target=3, of=Original("c1", "ada", 1.5), time=2.5),
    ReactEntry(cid="c2", user="bob", target=3, emoji="👍", on=True, time=2.5),
]


@pytest.mark.parametrize("entry", CHANGES)
def test_a_change_comes_back_as_it_was_and_tells_its_target(entry: ChatEntry) -> None:
    logged = read_entry(delivery(encode_entry(entry)))
    assert logged == Logged("lobby", 7, entry)
    event = event_of(logged, "e100")
    assert (event.position, getattr(event, "target", None)) == ("e100-7", "e100-3")
    assert (event.cid, event.user, event.time) == ("c2", entry.user, 2.5)


def test_a_deletion_knows_its_tombstone() -> None:
    gone = tombstone(read_entry(delivery(encode_entry(CHANGES[1]))), "e100")
    assert gone == Message(
        room="lobby", position="e100-3", cid="c1", user="ada", time=1.5, deleted=True
    )


@pytest.mark.parametrize("target", [-1, 0, 7, 8])
def test_a_change_is_about_something_before_it(target: int) -> None:
    entry = EditEntry(cid="c", user="ada", target=target, text="t", time=1)
    with pytest.raises(UnreadableEntryError) as raised:
        read_entry(delivery(encode_entry(entry)))
    assert raised.value.reason is Unreadable.BAD_TARGET


@given(st.binary(max_size=200))
def test_any_bytes_are_an_entry_or_unreadable(payload: bytes) -> None:
    with contextlib.suppress(UnreadableEntryError):
        read_entry(delivery(payload))


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
