"""A message and everything that was done to it: what history keeps. Pure.

Entries may be applied in any order and any number of times; the same ones always give the same
record. Each thing that can change carries the offset of the entry it is of, and the highest wins; a
deletion wins over everything, and of several the first.

Deletions of one record are of one message. One that was meant for another (the stream was made anew
while it was under way) is left out only after the post, which a log has before it.
"""

from typing import Final

import msgspec
from msgspec import UNSET

from chat.entries import (
    DeleteEntry,
    EditEntry,
    Logged,
    Original,
    PostEntry,
    ReactEntry,
    message_id,
)
from chat.protocol import Limits, Message, StoredMessage, encode_stored
from realtime.position import Position

_ID_CHARS: Final = 12


class Deletion(msgspec.Struct, frozen=True):
    """Who deleted the message by which entry."""

    at: int
    user: str
    cid: str


class Record(msgspec.Struct, frozen=True, omit_defaults=True):
    """A message at ``offset`` after its change at offset ``changed``.

    ``post`` is None as long as nothing but changes of it came. ``edits``: their offsets, each with
    the id it was published under. ``reactions``: per emoji and user the offset of the last
    reaction, negative where that took the emoji away.
    """

    offset: int
    changed: int
    post: Original | None = None
    text: str = ""
    text_at: int = 0
    edited: float | None = None
    edits: dict[int, str] = {}
    deletion: Deletion | None = None
    reactions: dict[str, dict[str, int]] = {}

    def emojis(self) -> dict[str, list[str]]:
        """The users of each emoji; emojis and users in the order in which they came."""
        standing = {
            emoji: sorted((at, user) for user, at in users.items() if at > 0)
            for emoji, users in self.reactions.items()
        }
        present = sorted((users[0][0], emoji) for emoji, users in standing.items() if users)
        return {emoji: [user for _, user in standing[emoji]] for _, emoji in present}


_decoder = msgspec.json.Decoder(Record)
_stored_decoder = msgspec.json.Decoder(StoredMessage)
_encoder = msgspec.json.Encoder()


def encode_record(record: Record) -> bytes:
    """Write a record as history keeps it."""
    return _encoder.encode(record)


def decode_record(payload: bytes, *, offset: int, changed: int) -> Record:
    """Read what history keeps: a stored message as it was posted, or a record once it changed."""
    if changed != offset:
        return _decoder.decode(payload)
    stored = _stored_decoder.decode(payload)
    text = "" if stored.text is UNSET else stored.text
    post = Original(stored.cid, stored.user, stored.time)
    return Record(offset, offset, post=post, text=text, text_at=offset)


def record_of_message(message: Message, offset: int) -> Record:
    """The record of a message as the ring has it; its changes are to be applied."""
    post = Original(message.cid, message.user, message.time)
    text = "" if message.text is UNSET else message.text
    return Record(offset, offset, post=post, text=text, text_at=offset)


def applied(record: Record | None, logged: Logged) -> Record:
    """The record with one more entry about its message; None is a record of nothing."""
    if record is None:
        record = Record(logged.target, logged.offset)
    entry = logged.entry
    match entry:
        case PostEntry():
            record = _posted(record, entry, logged.offset)
        case EditEntry():
            record = _edited(record, entry, logged)
        case DeleteEntry():
            record = _deleted(record, entry, logged.offset)
        case ReactEntry():
            record = _reacted(record, entry, logged.offset)
    return msgspec.structs.replace(record, changed=max(record.changed, logged.offset))


def _posted(record: Record, entry: PostEntry, offset: int) -> Record:
    post = Original(entry.cid, entry.user, entry.time)
    record = msgspec.structs.replace(record, post=post)
    return _with_text(record, entry.text, offset, None)


def _edited(record: Record, entry: EditEntry, logged: Logged) -> Record:
    id_ = message_id(user=entry.user, room=logged.room, cid=entry.cid)[:_ID_CHARS]
    edits = dict(sorted({**record.edits, logged.offset: id_}.items()))
    record = msgspec.structs.replace(record, edits=edits)
    return _with_text(record, entry.text, logged.offset, entry.time)


def _with_text(record: Record, text: str, offset: int, edited: float | None) -> Record:
    if record.deletion is not None or offset <= record.text_at:
        return record
    return msgspec.structs.replace(record, text=text, text_at=offset, edited=edited)


def _deleted(record: Record, entry: DeleteEntry, offset: int) -> Record:
    if record.post is not None and record.post != entry.of:
        # It was meant for another message: the stream was made anew while it was under way.
        return record
    deletion = Deletion(offset, entry.user, entry.cid)
    if record.deletion is not None and record.deletion.at < offset:
        deletion = record.deletion
    return Record(
        record.offset, record.changed, post=entry.of, edits=record.edits, deletion=deletion
    )


def _reacted(record: Record, entry: ReactEntry, offset: int) -> Record:
    if record.deletion is not None:
        return record
    users = record.reactions.get(entry.emoji, {})
    if offset <= abs(users.get(entry.user, 0)):
        return record
    at = offset if entry.on else -offset
    users = dict(sorted({**users, entry.user: at}.items()))
    reactions = dict(sorted({**record.reactions, entry.emoji: users}.items()))
    return msgspec.structs.replace(record, reactions=reactions)


def has_edit(record: Record, *, user: str, room: str, cid: str) -> bool:
    """Whether an edit with this ``cid`` is in the record."""
    return message_id(user=user, room=room, cid=cid)[:_ID_CHARS] in record.edits.values()


def erasable(record: Record) -> list[int]:
    """The offsets in the log that still hold text of a message that was deleted."""
    return [] if record.deletion is None else [record.offset, *record.edits]


def stored_message(record: Record, *, epoch: str, limits: Limits) -> bytes | None:
    """The message as it is shown in lists; None as long as its post is not known."""
    post = record.post
    if post is None:
        return None
    position = str(Position(epoch, record.offset))
    if record.deletion is not None:
        return encode_stored(
            StoredMessage(
                position=position, cid=post.cid, user=post.user, time=post.time, deleted=True
            )
        )
    emojis = dict(list(record.emojis().items())[: limits.emojis])
    most = limits.reactors
    counts = {emoji: len(users) for emoji, users in emojis.items() if len(users) > most}
    return encode_stored(
        StoredMessage(
            position=position,
            cid=post.cid,
            user=post.user,
            text=record.text,
            time=post.time,
            edited=UNSET if record.edited is None else record.edited,
            reactions={emoji: users[:most] for emoji, users in emojis.items()} or UNSET,
            reaction_counts=counts or UNSET,
        )
    )
