"""What the ring's time knows of changes."""

from chat.changes import Changes
from chat.entries import DeleteEntry, EditEntry, Logged, Original, ReactEntry


def edit(offset: int, target: int, room: str = "lobby") -> Logged:
    return Logged(room, offset, EditEntry(f"c{offset}", "ada", target, f"t{offset}", 1.0))


def deletion(offset: int, target: int) -> Logged:
    of = Original("c1", "ada", 1.0)
    return Logged("lobby", offset, DeleteEntry(f"c{offset}", "ada", target, of, 1.0))


def reaction(offset: int, target: int) -> Logged:
    return Logged("lobby", offset, ReactEntry(f"c{offset}", "bob", target, "👍", on=True, time=1.0))


def filled(*entries: Logged) -> Changes:
    changes = Changes()
    for entry in entries:
        changes.add(entry)
    return changes


def test_changes_are_found_by_room_and_message_in_their_order() -> None:
    changes = filled(edit(5, 1), reaction(6, 2), edit(7, 1), edit(8, 1, "attic"))
    assert [change.offset for change in changes.of("lobby", 1)] == [5, 7]
    assert [change.offset for change in changes.of("attic", 1)] == [8]
    assert not changes.of("lobby", 3)
    assert not changes.of("cellar", 1)


def test_of_a_deleted_message_no_text_is_kept() -> None:
    changes = filled(edit(5, 1), deletion(6, 1), edit(7, 1), edit(8, 2))
    texts = [getattr(change.entry, "text", None) for change in changes.of("lobby", 1)]
    assert texts == ["", None, ""]
    assert changes.of("lobby", 2) == [edit(8, 2)]
    found = changes.deletion_of("lobby", 1)
    assert found is not None
    assert found.offset == 6
    assert changes.deletion_of("lobby", 2) is None
    assert [change.offset for change in changes.deletions("lobby")] == [6]
    assert not list(changes.deletions("attic"))


def test_what_the_ring_has_dropped_is_forgotten() -> None:
    changes = filled(edit(5, 1), edit(6, 2), edit(7, 1))
    changes.trim(5)
    assert [change.offset for change in changes.of("lobby", 1)] == [7]
    assert len(changes) == 2
    changes.trim(7)
    assert len(changes) == 0
    assert not changes._rooms
    changes.add(edit(9, 1))
    changes.clear()
    assert not changes.of("lobby", 1)
