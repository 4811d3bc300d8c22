"""What the CHAT stream holds, at ``rooms.<room>``: one JSON object, told apart by ``type``. Pure.

Written by one version and read by another: unknown fields pass, and an entry of an unknown type is
not an error of this replica but something that it can't show.
"""

import hashlib
from enum import StrEnum
from typing import Final, NamedTuple, TypeAlias, assert_never

import msgspec

from chat.protocol import CID_CHARS, Deleted, Edited, Event, Message, Reacted
from realtime.broker import Delivery
from realtime.errors import AirwaveError
from realtime.position import Position
from realtime.subjects import is_token, room_of_subject

ENTRY_BYTES_MAX: Final = 128 * 1024
"""What one entry may have: more than any frame of ours becomes; others may publish, too."""


class Unreadable(StrEnum):
    """Why an entry can't be shown: a closed list, a metric's label."""

    BAD_ROOM = "bad_room"
    BAD_USER = "bad_user"
    BAD_CID = "bad_cid"
    TOO_LARGE = "too_large"
    BAD_TARGET = "bad_target"
    NOT_AN_ENTRY = "not_an_entry"


class UnreadableEntryError(AirwaveError):
    """An entry that this version of chat does not understand."""

    code = "unreadable_entry"

    def __init__(self, reason: Unreadable, detail: str) -> None:
        self.reason = reason
        self.detail = detail
        super().__init__(f"{reason}: {detail}")


class PostEntry(msgspec.Struct, frozen=True, tag_field="type", tag="post"):
    """Somebody wrote something; ``time`` in Unix seconds."""

    cid: str
    user: str
    text: str
    time: float


class Original(msgspec.Struct, frozen=True):
    """What stays of a message that was deleted: all but its text."""

    cid: str
    user: str
    time: float


class EditEntry(msgspec.Struct, frozen=True, tag_field="type", tag="edit"):
    """``user`` gave the message at offset ``target`` another text."""

    cid: str
    user: str
    target: int
    text: str
    time: float


class DeleteEntry(msgspec.Struct, frozen=True, tag_field="type", tag="delete"):
    """``user`` took the message at offset ``target`` back.

    ``of`` is in the log a second time, because the message itself is erased from it: whoever reads
    the log afterwards finds the same tombstone.
    """

    cid: str
    user: str
    target: int
    of: Original
    time: float


class ReactEntry(msgspec.Struct, frozen=True, tag_field="type", tag="react"):
    """``user`` put an emoji to the message at offset ``target``, or took it away."""

    cid: str
    user: str
    target: int
    emoji: str
    on: bool
    time: float


ChangeEntry: TypeAlias = EditEntry | DeleteEntry | ReactEntry
ChatEntry: TypeAlias = PostEntry | ChangeEntry


class Logged(NamedTuple):
    """An entry and where it stands in the log."""

    room: str
    offset: int
    entry: ChatEntry

    @property
    def target(self) -> int:
        """The offset of the message that the entry is, or is about."""
        return self.offset if isinstance(self.entry, PostEntry) else self.entry.target


_decoder: msgspec.json.Decoder[ChatEntry] = msgspec.json.Decoder(ChatEntry)
_encoder = msgspec.json.Encoder()


def encode_entry(entry: ChatEntry) -> bytes:
    """Write an entry as compact JSON."""
    return _encoder.encode(entry)


def read_entry(delivery: Delivery) -> Logged:
    """The entry that a delivery carries.

    Raises:
        UnreadableEntryError: it carries none.
    """
    room = room_of_subject(delivery.subject)
    if not is_token(room):
        raise UnreadableEntryError(Unreadable.BAD_ROOM, room)
    if len(delivery.payload) > ENTRY_BYTES_MAX:
        raise UnreadableEntryError(Unreadable.TOO_LARGE, f"{len(delivery.payload)} bytes")
    entry = _decode(delivery.payload)
    _check_author(entry.user, entry.cid)
    if isinstance(entry, DeleteEntry):
        _check_author(entry.of.user, entry.of.cid)
    if not isinstance(entry, PostEntry) and not 0 < entry.target < delivery.offset:
        raise UnreadableEntryError(Unreadable.BAD_TARGET, str(entry.target))
    return Logged(room, delivery.offset, entry)


def _check_author(user: str, cid: str) -> None:
    """Members are told both, as the documents describe them."""
    if not is_token(user):
        raise UnreadableEntryError(Unreadable.BAD_USER, user)
    if not 0 < len(cid) <= CID_CHARS:
        raise UnreadableEntryError(Unreadable.BAD_CID, f"{len(cid)} characters")


def _decode(payload: bytes) -> ChatEntry:
    try:
        return _decoder.decode(payload)
    except (ValueError, RecursionError) as error:
        raise UnreadableEntryError(Unreadable.NOT_AN_ENTRY, str(error)) from error


def event_of(logged: Logged, epoch: str) -> Event:
    """What members are told of an entry of ``epoch``."""
    room, entry = logged.room, logged.entry
    position, target = str(Position(epoch, logged.offset)), str(Position(epoch, logged.target))
    cid, user, time = entry.cid, entry.user, entry.time
    match entry:
        case PostEntry(text=text):
            return Message(room=room, position=position, cid=cid, user=user, text=text, time=time)
        case EditEntry(text=text):
            return Edited(
                room=room,
                position=position,
                target=target,
                cid=cid,
                user=user,
                text=text,
                time=time,
            )
        case DeleteEntry():
            return Deleted(room, position, target, cid, user, time)
        case ReactEntry(emoji=emoji, on=on):
            return Reacted(room, position, target, cid, user, emoji, on, time)
        case _:
            assert_never(entry)


def tombstone(logged: Logged, epoch: str) -> Message:
    """The message that a deletion leaves in its target's place."""
    entry = logged.entry
    if not isinstance(entry, DeleteEntry):
        raise TypeError(entry)
    return Message(
        room=logged.room,
        position=str(Position(epoch, entry.target)),
        cid=entry.of.cid,
        user=entry.of.user,
        time=entry.of.time,
        deleted=True,
    )


def same_post(event: Event, other: Message) -> bool:
    """Whether an event is this message, with or without its text."""
    return isinstance(event, Message) and (event.room, event.user, event.cid, event.time) == (
        other.room,
        other.user,
        other.cid,
        other.time,
    )


def without_text(edited: Edited) -> Edited:
    """An edit of a message that was deleted since."""
    return msgspec.structs.replace(edited, text="", deleted=True)


def message_id(*, user: str, room: str, cid: str) -> str:
    """The id under which the broker stores a post or a change once.

    A hash, because a ``cid`` may hold line breaks and the id becomes a header. User and room are
    tokens, so the separators can't be part of them.
    """
    return hashlib.sha256(f"{user}/{room}/{cid}".encode()).hexdigest()[:32]
