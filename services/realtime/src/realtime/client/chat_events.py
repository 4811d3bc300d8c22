"""What a room says, as its reader gets it. Pure."""

from dataclasses import dataclass
from typing import TypeAlias

import msgspec

from realtime.position import Position, parse_position


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """What a person wrote, as it stands now; one that was deleted has no text.

    ``time`` and ``edited`` in Unix seconds.
    """

    at: str = msgspec.field(name="position")
    cid: str
    user: str
    text: str = ""
    time: float
    edited: float | None = None
    deleted: bool = False
    reactions: dict[str, tuple[str, ...]] = {}

    @property
    def position(self) -> Position:
        """Where it is in the log."""
        return position_of(self.at)


class _Change(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """``at`` is the change's own position, ``target`` that of the message, both as text."""

    room: str
    at: str = msgspec.field(name="position")
    target: str
    cid: str
    user: str
    time: float

    @property
    def position(self) -> Position:
        """Where the change is in the log."""
        return position_of(self.at)


class Edited(_Change, frozen=True, tag="edited"):
    """A message has another text."""

    text: str
    deleted: bool = False


class Deleted(_Change, frozen=True, tag="deleted"):
    """A message was taken back."""


class Reacted(_Change, frozen=True, tag="reacted"):
    """Somebody put an emoji to a message, or took it away."""

    emoji: str
    on: bool


class Presence(msgspec.Struct, frozen=True, tag_field="type", tag="presence"):
    """Who came and who went; ``count``: how many are in the room now."""

    room: str
    joined: tuple[str, ...]
    left: tuple[str, ...]
    count: int


class TypingTold(msgspec.Struct, frozen=True, tag_field="type", tag="typing"):
    """Who has been writing lately."""

    room: str
    users: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RoomGap:
    """Something was lost after ``after``; ``filled``: history gave the messages, which follow.

    Even where it did, edits, deletions and reactions are shown in the messages only.
    """

    room: str
    after: Position | None
    reason: str
    filled: bool


@dataclass(frozen=True, slots=True)
class Page:
    """A page of history, oldest first; ``more``: there are older ones."""

    messages: tuple[Message, ...]
    more: bool


Change: TypeAlias = Edited | Deleted | Reacted
Logged: TypeAlias = Message | Change
"""What has a place in the room's log."""
RoomEvent: TypeAlias = Logged | Presence | TypingTold | RoomGap


def position_of(text: str) -> Position:
    """The position that a frame names.

    Raises:
        ValueError: it is none, which breaks the contract.
    """
    position = parse_position(text)
    if position is None:
        message = f"{text[:80]!r} is no position"
        raise ValueError(message)
    return position
