"""Entries of the log applied to what history has of their messages."""

import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chat.entries import (
    DeleteEntry,
    EditEntry,
    Logged,
    PostEntry,
    UnreadableEntryError,
    event_of,
    read_entry,
)
from chat.history import History, HistoryEntry
from chat.protocol import encode_frame, stored_form
from chat.record import Record, applied, decode_record, encode_record, erasable
from realtime.broker import Delivery


def read_entries(deliveries: Iterable[Delivery]) -> list[Logged]:
    """What history keeps of deliveries; unreadable ones are the relay's to report."""
    found: list[Logged] = []
    for delivery in deliveries:
        with contextlib.suppress(UnreadableEntryError):
            found.append(read_entry(delivery))
    return found


@dataclass(frozen=True, slots=True)
class Projected:
    """Messages as they are after some entries, and the offsets whose text is to be erased."""

    entries: list[HistoryEntry]
    erase: list[int]


async def project(history: History, entries: Sequence[Logged], epoch: str) -> Projected:
    """Apply entries, in whatever order they are, to what history has of their messages."""
    places = sorted({(logged.room, logged.target) for logged in entries})
    stored = await history.find(places, epoch=epoch) if places else {}
    records = {
        place: decode_record(entry.payload, offset=entry.offset, changed=entry.changed)
        for place, entry in stored.items()
    }
    times = {place: entry.time for place, entry in stored.items()}
    erase: dict[int, None] = {}
    for logged in entries:
        place = logged.room, logged.target
        before = records.get(place)
        record = records[place] = applied(records.get(place), logged)
        times[place] = logged.entry.time if record.post is None else record.post.time
        if isinstance(logged.entry, DeleteEntry | EditEntry):
            known = before is not None and before.post is not None
            # A post that did not come was erased by whoever read the log before.
            erase.update((at, None) for at in erasable(record) if known or at != record.offset)
    found = [_stored(records[place], place[0], times[place], epoch) for place in places]
    return Projected(found, list(erase))


def _stored(record: Record, room: str, time: float, epoch: str) -> HistoryEntry:
    return HistoryEntry(
        room=room,
        offset=record.offset,
        changed=record.changed,
        payload=_payload(record, room, epoch),
        time=time,
        early=record.post is None,
    )


def _payload(record: Record, room: str, epoch: str) -> bytes:
    """As long as nothing changed, the stored form itself: a page hands it on unread."""
    post = record.post
    if post is None or record.changed != record.offset:
        return encode_record(record)
    entry = PostEntry(post.cid, post.user, record.text, post.time)
    return stored_form(room, encode_frame(event_of(Logged(room, record.offset, entry), epoch)))
