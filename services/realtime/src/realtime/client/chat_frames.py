"""Frames of ``airwave.chat.v1``, as a client reads and writes them. Pure."""

from typing import Any, Final, TypeAlias, get_args

import msgspec

from realtime.client.chat_events import Deleted, Edited, Message, Presence, Reacted, TypingTold
from realtime.client.errors import BadEventError

SUBPROTOCOL: Final = "airwave.chat.v1"


class _FromServer(msgspec.Struct, frozen=True, tag_field="type"):
    """A frame from the server; fields that a later version adds pass."""


class Limits(msgspec.Struct, frozen=True):
    """What of the server's limits the client goes by."""

    frame_bytes: int = 65_536
    history: int = 100
    posts_per_second: float = 5.0


class Welcome(_FromServer, frozen=True, tag="welcome"):
    """The first frame; ``heartbeat``: seconds between the server's pings."""

    session: str
    user: str
    heartbeat: float
    limits: Limits = Limits()


class Joined(_FromServer, frozen=True, tag="joined"):
    """A room is entered."""

    room: str
    head: str
    resumed: bool
    messages: tuple[Message, ...]
    members: tuple[str, ...]
    count: int


class Left(_FromServer, frozen=True, tag="left"):
    """A room is left."""

    room: str


class Ack(_FromServer, frozen=True, tag="ack"):
    """A post or change is stored."""

    cid: str
    room: str
    position: str
    duplicate: bool


class Posted(Message, frozen=True, tag_field="type", tag="message", kw_only=True):
    """A message, live or replayed."""

    room: str


class HistoryPage(_FromServer, frozen=True, tag="history"):
    """A page of a room's messages."""

    room: str
    messages: tuple[Message, ...]
    more: bool


class GapTold(_FromServer, frozen=True, tag="gap"):
    """A loss in a room, up to and including ``to``."""

    room: str
    to: str
    reason: str


class ErrorTold(_FromServer, frozen=True, tag="error"):
    """A no; with ``cid`` to that post or change, without to what else was asked first."""

    code: str
    message: str
    retryable: bool
    cid: str | None = None


class ExpiringTold(_FromServer, frozen=True, tag="expiring"):
    """The connection's token ends in so many milliseconds."""

    in_ms: float


class Refreshed(_FromServer, frozen=True, tag="refreshed"):
    """The connection goes on by the new token."""

    expires: float


class DrainTold(_FromServer, frozen=True, tag="drain"):
    """This replica leaves."""

    reconnect_in_ms: float


ServerFrame: TypeAlias = (
    Welcome
    | Joined
    | Left
    | Ack
    | Posted
    | Edited
    | Deleted
    | Reacted
    | Presence
    | TypingTold
    | HistoryPage
    | GapTold
    | ErrorTold
    | ExpiringTold
    | Refreshed
    | DrainTold
)


class _Typed(msgspec.Struct):
    type: str


_decoder: msgspec.json.Decoder[ServerFrame] = msgspec.json.Decoder(ServerFrame)
_typed = msgspec.json.Decoder(_Typed)
_KNOWN: Final = frozenset(kind.__struct_config__.tag for kind in get_args(ServerFrame))


def decode_frame(text: str | bytes) -> ServerFrame | None:
    """Read a frame; None for a type that a later version may have brought.

    Raises:
        BadEventError: a type we know with fields that it can't have, or no frame at all.
    """
    try:
        return _decoder.decode(text)
    except (ValueError, RecursionError) as error:
        name = _type_of(text)
        if name is not None and name not in _KNOWN:
            return None
        raise BadEventError(name or "frame", str(error)) from error


def _type_of(text: str | bytes) -> str | None:
    try:
        return _typed.decode(text).type
    except (ValueError, RecursionError):
        return None


def encode_frame(type_: str, **fields: Any) -> str:
    """Write a frame; a field that is None is left out."""
    given = {name: value for name, value in fields.items() if value is not None}
    return msgspec.json.encode({"type": type_, **given}).decode()
