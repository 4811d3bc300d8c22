"""What the CHAT stream holds: read by every replica, shown to members, kept by history."""

import json
from collections.abc import Sequence
from functools import reduce
from typing import Final

from msgspec import Raw, to_builtins

from chat.entries import (
    DeleteEntry,
    Logged,
    Original,
    PostEntry,
    UnreadableEntryError,
    encode_entry,
    event_of,
    read_entry,
    tombstone,
)
from chat.protocol import HistoryPage, decode_event, encode_frame, is_message, stored_form
from chat.record import Record, applied, decode_record, encode_record, stored_message
from realtime.broker import Delivery
from realtime.client import chat_frames as client_frames
from systemtests.fuzz.frames import LIMITS
from systemtests.fuzz.target import Target, require
from systemtests.wire import chat_frames

EPOCH: Final = "e100"
FIRST: Final = 10
"""The offset of the first entry of an input."""


def take_entries(data: bytes) -> None:
    """Read entries (a line each; the first line names the room) and show them to everybody."""
    room, *lines = data.split(b"\n")
    subject = "rooms." + room.decode("utf-8", "replace")
    read: list[Logged] = []
    for offset, line in enumerate(lines, FIRST):
        try:
            logged = read_entry(Delivery(subject, line, offset, 0.0))
        except UnreadableEntryError:
            continue
        _check_told(logged)
        read.append(logged)
    for target in {logged.target for logged in read}:
        _check_record([logged for logged in read if logged.target == target])


def _check_told(logged: Logged) -> None:
    """What members are told is documented, and our own client reads it."""
    event = event_of(logged, EPOCH)
    frame = encode_frame(event)
    told = json.loads(frame)
    chat_frames("send").check(told["type"], told)
    require(decode_event(frame) == event, "a frame of our own is read again", frame)
    read = client_frames.decode_frame(frame)
    same = read is not None and told.items() <= to_builtins(read).items()
    require(same, "our own client reads the same", read, told)
    delivery = Delivery("rooms." + logged.room, encode_entry(logged.entry), logged.offset, 0.0)
    require(read_entry(delivery) == logged, "an entry is read again as it is", logged)
    require(is_message(frame) == isinstance(logged.entry, PostEntry), "posts are messages", frame)
    if isinstance(logged.entry, PostEntry):
        _check_stored([stored_form(logged.room, frame)], room=logged.room)
        bare = {key: value for key, value in told.items() if key not in ("type", "room")}
        require(json.loads(stored_form(logged.room, frame)) == bare, "cut, not changed", frame)
    if isinstance(logged.entry, DeleteEntry):
        left = json.loads(encode_frame(tombstone(logged, EPOCH)))
        chat_frames("send").check("message", left)


def _check_record(entries: Sequence[Logged]) -> None:
    """Entries may be applied in any order and any number of times."""
    forwards = _record(entries)
    if _are_of_one(entries):
        require(_record(entries[::-1]) == forwards, "no order matters", entries)
    require(_record([*entries, *entries]) == forwards, "no repetition matters", entries)
    if forwards.changed != forwards.offset:
        kept = encode_record(forwards)
        again = decode_record(kept, offset=forwards.offset, changed=forwards.changed)
        require(again == forwards, "a record is read again as it is", forwards, again)
    shown = stored_message(forwards, epoch=EPOCH, limits=LIMITS)
    if shown is not None:
        _check_stored([shown], room=entries[0].room)


def _are_of_one(entries: Sequence[Logged]) -> bool:
    """Whether deletions mean the message that is there: not so after a stream was made anew."""
    posts = [logged.entry for logged in entries if isinstance(logged.entry, PostEntry)]
    meant = [logged.entry.of for logged in entries if isinstance(logged.entry, DeleteEntry)]
    meant += [Original(post.cid, post.user, post.time) for post in posts]
    return all(one == meant[0] for one in meant)


def _record(entries: Sequence[Logged]) -> Record:
    start: Record | None = None
    record = reduce(applied, entries, start)
    assert record is not None  # entries are never empty
    return record


def _check_stored(messages: list[bytes], *, room: str) -> None:
    page = encode_frame(HistoryPage(room, [Raw(message) for message in messages], more=False))
    chat_frames("send").check("history", json.loads(page))


_POST: Final = b'{"type":"post","cid":"c","user":"ada","text":"hi","time":1795343351.5}'
_EDIT: Final = b'{"type":"edit","cid":"d","user":"ada","target":10,"text":"ho","time":2}'
_REACT: Final = (
    '{"type":"react","cid":"e","user":"bob","target":10,"emoji":"👍","on":true,"time":3}'.encode()
)
_UNREACT: Final = _REACT.replace(b"true", b"false").replace(b'"e"', b'"f"')
_DELETE: Final = (
    b'{"type":"delete","cid":"g","user":"ada","target":10,'
    b'"of":{"cid":"c","user":"ada","time":1795343351.5},"time":4}'
)
TARGETS: Final = (
    Target(
        "entries",
        "an entry is refused for a named reason, or documented, read by all, and its order is free",
        take_entries,
        (
            b"lobby\n" + _POST,
            b"\n".join((b"lobby", _POST, _EDIT, _REACT, _UNREACT)),
            b"\n".join((b"lobby", _POST, _REACT, _DELETE, _EDIT)),
            b"\n".join((b"lobby", _DELETE, _POST, _DELETE.replace(b'"g"', b'"h"'))),
            b"lobby\n" + _POST.replace(b'"c"', b'""'),
            b"lobby\n" + _POST.replace(b'"c"', b'"' + b"c" * 65 + b'"'),
            b"lobby\n" + _POST.replace(b"1795343351.5", b"1e999"),
            b"lobby\n" + _POST.replace(b"hi", b"\\ud800"),
            b"lobby\n" + _POST.replace(b"hi", b"\xff"),
            b"lobby\n" + _POST.replace(b"ada", b"a b"),
            b"lobby\n" + _DELETE.replace(b'"user":"ada","time":1795', b'"user":"a b","time":1795'),
            b"lobby\n\n" + _EDIT.replace(b"10", b"9" * 4_400),
            b"lobby\n\n" + _EDIT.replace(b"10", b"-1"),
            b"a.b\n" + _POST,
            b"lobby\n" + b"[" * 2_000,
            b'lobby\n{"type":"later"}',
        ),
        (
            *('"type":', '"post"', '"edit"', '"delete"', '"react"', '"cid":', '"user":', '"text":'),
            *('"target":10', '"target":11', '"of":', '"emoji":', '"on":true', '"on":false', "👍"),
            *('"time":', "1e308", "\\ud800", "\\u0000", "\n", "{", "}", "lobby\n"),
        ),
        8192,
    ),
)
