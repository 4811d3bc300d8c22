"""What the CHAT stream holds, at ``rooms.<room>``: one JSON object, told apart by ``type``. Pure.

Written by one version and read by another: unknown fields pass, and an entry of an unknown type is
not an error of this replica but something that it can't show.
"""

import hashlib
from enum import StrEnum
from typing import Final

import msgspec

from chat.protocol import Message
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
    TOO_LARGE = "too_large"
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


_decoder = msgspec.json.Decoder(PostEntry)
_encoder = msgspec.json.Encoder()


def encode_entry(entry: PostEntry) -> bytes:
    """Write an entry as compact JSON."""
    return _encoder.encode(entry)


def read_message(delivery: Delivery, epoch: str) -> Message:
    """The message that a delivery of ``epoch`` carries.

    Raises:
        UnreadableEntryError: it carries none.
    """
    room = room_of_subject(delivery.subject)
    if not is_token(room):
        raise UnreadableEntryError(Unreadable.BAD_ROOM, room)
    if len(delivery.payload) > ENTRY_BYTES_MAX:
        raise UnreadableEntryError(Unreadable.TOO_LARGE, f"{len(delivery.payload)} bytes")
    entry = _decode(delivery.payload)
    if not is_token(entry.user):
        raise UnreadableEntryError(Unreadable.BAD_USER, entry.user)
    return Message(
        room=room,
        position=str(Position(epoch, delivery.offset)),
        cid=entry.cid,
        user=entry.user,
        text=entry.text,
        time=entry.time,
    )


def _decode(payload: bytes) -> PostEntry:
    try:
        return _decoder.decode(payload)
    except (ValueError, RecursionError) as error:
        raise UnreadableEntryError(Unreadable.NOT_AN_ENTRY, str(error)) from error


def message_id(*, user: str, room: str, cid: str) -> str:
    """The id under which the broker stores a post once.

    A hash, because a ``cid`` may hold line breaks and the id becomes a header. User and room are
    tokens, so the separators can't be part of them.
    """
    return hashlib.sha256(f"{user}/{room}/{cid}".encode()).hexdigest()[:32]
