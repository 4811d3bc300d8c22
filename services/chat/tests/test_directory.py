"""What of a projection's page goes into the directory."""

from chat.directory import Listing, Written, written_in
from chat.history import HistoryEntry, Page
from chat.testing import MemoryDirectory
from realtime.position import Position


def entry(offset: int, room: str, *, changed: int | None = None) -> HistoryEntry:
    payload = b'{"position":"e100-%d","text":"x","time":%d.5}' % (offset, offset)
    return HistoryEntry(
        room=room,
        offset=offset,
        changed=offset if changed is None else changed,
        payload=payload,
        time=offset + 0.5,
    )


def page(*entries: HistoryEntry) -> Page:
    return Page(entries=entries, seen=None, upto=Position("e100", 9), first=2)


def test_each_room_once_with_its_newest_message() -> None:
    found = written_in(page(entry(3, "a"), entry(5, "b"), entry(7, "a"), entry(4, "a", changed=8)))
    assert sorted(found, key=lambda w: w.room) == [Written("a", 7, 7.5), Written("b", 5, 5.5)]


async def test_a_page_is_listed_in_its_epoch() -> None:
    directory = MemoryDirectory()
    await Listing(directory).note(page())
    await Listing(directory).note(page(entry(1, "gone"), entry(5, "b")))
    assert await directory.page("e100", before=None, limit=9) == [Written("b", 5, 5.5)]
