"""A message and what was done to it (any order and repetition: see test_projection)."""

import json
from typing import Any

from chat.entries import DeleteEntry, EditEntry, Logged, Original, PostEntry, ReactEntry
from chat.protocol import Limits
from chat.record import (
    Record,
    applied,
    decode_record,
    encode_record,
    erasable,
    has_edit,
    stored_message,
)

LIMITS = Limits(
    rooms=20, text_bytes=4096, replay=1, posts_per_second=5, posts_burst=20, emojis=2, reactors=2
)
OF = Original("c3", "ada", 1.5)
POST = Logged("lobby", 3, PostEntry("c3", "ada", "hello", 1.5))
EDIT = Logged("lobby", 5, EditEntry("c5", "ada", 3, "better", 5.5))
DELETION = Logged("lobby", 7, DeleteEntry("c7", "eve", 3, OF, 7.5))


def reaction(offset: int, user: str, emoji: str, *, on: bool = True) -> Logged:
    return Logged("lobby", offset, ReactEntry(f"c{offset}", user, 3, emoji, on, 6.5))


def record_of(*entries: Logged) -> Record:
    record: Record | None = None
    for entry in entries:
        record = applied(record, entry)
    assert record is not None
    return record


def shown(*entries: Logged) -> dict[str, Any] | None:
    stored = stored_message(record_of(*entries), epoch="e100", limits=LIMITS)
    found: dict[str, Any] | None = None if stored is None else json.loads(stored)
    return found


def test_the_last_edit_is_shown_with_its_time() -> None:
    later = Logged("lobby", 6, EditEntry("c6", "ada", 3, "best", 6.5))
    for order in ((POST, EDIT, later), (later, EDIT, POST)):
        assert shown(*order) == {
            "position": "e100-3",
            "cid": "c3",
            "user": "ada",
            "text": "best",
            "time": 1.5,
            "edited": 6.5,
        }


def test_changes_without_their_message_show_nothing_until_it_comes() -> None:
    assert shown(EDIT, reaction(6, "bob", "👍")) is None
    whole = shown(EDIT, POST)
    assert whole is not None
    assert whole["text"] == "better"


def test_a_deletion_leaves_a_tombstone_whatever_else_comes_or_is_missing() -> None:
    tombstone = {"position": "e100-3", "cid": "c3", "user": "ada", "time": 1.5, "deleted": True}
    like = reaction(6, "bob", "👍")
    assert shown(POST, EDIT, like, DELETION) == tombstone
    assert shown(DELETION, like, EDIT, POST) == tombstone
    assert shown(DELETION) == tombstone
    record = record_of(DELETION, POST, EDIT)
    assert b"hello" not in encode_record(record)
    assert b"better" not in encode_record(record)
    assert erasable(record) == [3, 5]
    assert erasable(record_of(POST, EDIT)) == []


def test_the_first_of_several_deletions_counts() -> None:
    again = Logged("lobby", 9, DeleteEntry("c9", "ada", 3, OF, 9.5))
    for order in ((POST, DELETION, again), (POST, again, DELETION)):
        deletion = record_of(*order).deletion
        assert deletion is not None
        assert (deletion.at, deletion.user) == (7, "eve")


def test_a_deletion_that_was_meant_for_another_message_changes_nothing() -> None:
    wrong = Logged("lobby", 7, DeleteEntry("c7", "eve", 3, Original("c0", "ada", 1.5), 7.5))
    found = shown(POST, wrong)
    assert found is not None
    assert found["text"] == "hello"


def test_reactions_are_listed_in_the_order_they_came_and_bounded() -> None:
    found = shown(
        POST,
        reaction(4, "eve", "🎈"),
        reaction(5, "bob", "👍"),
        reaction(6, "ada", "👍"),
        reaction(7, "ada", "🎈"),
        reaction(8, "eve", "🎈", on=False),
        reaction(9, "zoe", "👍"),
        reaction(10, "zoe", "🍏"),
    )
    assert found is not None
    assert list(found["reactions"].items()) == [("👍", ["bob", "ada"]), ("🎈", ["ada"])]
    assert found["reaction_counts"] == {"👍": 3}


def test_a_record_comes_back_as_it_was() -> None:
    record = record_of(POST, EDIT, reaction(6, "bob", "👍"))
    again = decode_record(encode_record(record), offset=3, changed=record.changed)
    assert again == record
    assert has_edit(again, user="ada", room="lobby", cid="c5")
    assert not has_edit(again, user="ada", room="attic", cid="c5")


def test_a_message_without_changes_is_read_from_its_stored_form() -> None:
    record = record_of(POST)
    stored = stored_message(record, epoch="e100", limits=LIMITS)
    assert stored is not None
    assert decode_record(stored, offset=3, changed=3) == record
