"""What ``airwave.chat.v1`` says to clients: JSON objects, told apart by ``type``. Pure."""

from typing import Annotated, Final, TypeAlias

import msgspec
from msgspec import UNSET, Meta, Raw, UnsetType

from chat.errors import Code
from realtime.framing import GapReason
from realtime.schemas import PositionText, TokenText, stands_for

SUBPROTOCOL: Final = "airwave.chat.v1"
CID_CHARS: Final = 64
FRAME_BYTES: Final = 64 * 1024
"""The server's ``ws_max_size``: a longer frame ends the connection with 1009."""
HISTORY_LIMIT: Final = 100
HISTORY_DEFAULT: Final = 50
CidText: TypeAlias = Annotated[
    str, Meta(extra_json_schema={"minLength": 1, "maxLength": CID_CHARS})
]
StoredRaw: TypeAlias = Annotated[Raw, stands_for("StoredMessage")]
_MESSAGE: Final = b'{"type":"message",'


class _FromServer(msgspec.Struct, frozen=True, tag_field="type"):
    """A frame that the server sends."""


class Limits(msgspec.Struct, frozen=True):
    """What one connection may do; told in `Welcome`, and what the session itself goes by.

    Posts are counted for a user, over all their connections to a replica. A connection that has
    ``posts_refused`` refused for it within ``posts_refused_within`` seconds is closed with 4029.
    """

    rooms: int
    text_bytes: int
    replay: int
    posts_per_second: float
    posts_burst: int
    posts_refused: int = 100
    posts_refused_within: float = 10.0
    emoji_bytes: int = 32
    emojis: int = 20
    reactors: int = 50
    edits: int = 100
    frame_bytes: int = FRAME_BYTES
    cid_chars: int = CID_CHARS
    history: int = HISTORY_LIMIT


class Welcome(_FromServer, frozen=True, tag="welcome"):
    """The first frame. ``heartbeat``: seconds between the server's pings."""

    session: str
    user: TokenText
    heartbeat: float
    limits: Limits


class Joined(_FromServer, frozen=True, tag="joined"):
    """The room is entered; what comes after ``messages`` follows as frames, up to now and live.

    ``head``: up to here this replica knows the room. ``members``: users on all replicas, sorted;
    at most 200 of ``count``.
    """

    room: TokenText
    head: PositionText
    resumed: bool
    messages: list[StoredRaw]
    members: list[TokenText]
    count: int


class Left(_FromServer, frozen=True, tag="left"):
    """The room is left."""

    room: TokenText


class Ack(_FromServer, frozen=True, tag="ack"):
    """The post or change is stored, at this position; ``duplicate``: an earlier try did it."""

    cid: CidText
    room: TokenText
    position: PositionText
    duplicate: bool


class Message(_FromServer, frozen=True, tag="message", kw_only=True):
    """What a person wrote; ``time`` in Unix seconds.

    One that was deleted is replayed as a tombstone: ``deleted`` and no text.
    """

    room: TokenText
    position: PositionText
    cid: CidText
    user: TokenText
    text: str | UnsetType = UNSET
    time: float
    deleted: bool | UnsetType = UNSET


class Edited(_FromServer, frozen=True, tag="edited", kw_only=True):
    """The message at ``target`` has another text; ``user`` is who changed it.

    With ``deleted`` the message was deleted since, and the text is empty.
    """

    room: TokenText
    position: PositionText
    target: PositionText
    cid: CidText
    user: TokenText
    text: str
    time: float
    deleted: bool | UnsetType = UNSET


class Deleted(_FromServer, frozen=True, tag="deleted"):
    """The message at ``target`` was taken back."""

    room: TokenText
    position: PositionText
    target: PositionText
    cid: CidText
    user: TokenText
    time: float


class Reacted(_FromServer, frozen=True, tag="reacted"):
    """A user put an emoji to the message at ``target``, or took it away."""

    room: TokenText
    position: PositionText
    target: PositionText
    cid: CidText
    user: TokenText
    emoji: str
    on: bool
    time: float


Event: TypeAlias = Message | Edited | Deleted | Reacted
"""What a room's log says, in the order of positions."""


class StoredMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message in ``joined``, in ``history`` and over HTTP, in its present form.

    ``edited``: Unix seconds of the last edit. ``reactions``: the first users of each emoji;
    ``reaction_counts`` has those of which there are more.
    """

    position: PositionText
    cid: CidText
    user: TokenText
    text: str | UnsetType = UNSET
    time: float
    edited: float | UnsetType = UNSET
    deleted: bool | UnsetType = UNSET
    reactions: dict[str, list[str]] | UnsetType = UNSET
    reaction_counts: dict[str, int] | UnsetType = UNSET


class HistoryPage(_FromServer, frozen=True, tag="history"):
    """Messages, oldest first; ``more``: there are older ones."""

    room: TokenText
    messages: list[StoredRaw]
    more: bool


class PresenceTold(_FromServer, frozen=True, tag="presence"):
    """Who came and who went, at most 50 names each; ``count``: how many are here now."""

    room: TokenText
    joined: list[TokenText]
    left: list[TokenText]
    count: int


class TypingTold(_FromServer, frozen=True, tag="typing"):
    """Who has been writing since the last frame of this kind; one's own name may be among them."""

    room: TokenText
    users: list[TokenText]


class GapTold(_FromServer, frozen=True, tag="gap"):
    """A loss: nothing from ``from`` up to ``to``, both included, will come as frames."""

    room: TokenText
    first: PositionText = msgspec.field(name="from")
    to: PositionText
    reason: GapReason


class ErrorTold(_FromServer, frozen=True, tag="error"):
    """A frame that could not be answered otherwise; the connection stays open."""

    code: Code
    message: str
    retryable: bool
    cid: CidText | UnsetType = UNSET


class Expiring(_FromServer, frozen=True, tag="expiring"):
    """This connection's token ends in so many milliseconds; `Refresh` brings another one."""

    in_ms: int


class Refreshed(_FromServer, frozen=True, tag="refreshed"):
    """The connection goes on by the new token, up to ``expires`` (Unix seconds)."""

    expires: float


class Drain(_FromServer, frozen=True, tag="drain"):
    """This replica leaves: come back after so many milliseconds."""

    reconnect_in_ms: int


ServerFrame: TypeAlias = (
    Welcome
    | Joined
    | Left
    | Ack
    | Event
    | PresenceTold
    | TypingTold
    | HistoryPage
    | GapTold
    | ErrorTold
    | Expiring
    | Refreshed
    | Drain
)


_event_decoder: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)
_encoder = msgspec.json.Encoder()


def encode_frame(frame: ServerFrame) -> bytes:
    """Write a frame to a client as compact JSON."""
    return _encoder.encode(frame)


def encode_stored(message: StoredMessage) -> bytes:
    """Write a stored message as compact JSON."""
    return _encoder.encode(message)


def decode_event(frame: bytes) -> Event:
    """Read back a frame of our own that says what a room's log says."""
    return _event_decoder.decode(frame)


def is_message(frame: bytes) -> bool:
    """Whether a frame of our own is a ``message``."""
    return frame.startswith(_MESSAGE)


def stored_form(room: str, frame: bytes) -> bytes:
    """A ``message`` frame as it stands in lists: without its type and its room.

    Cut, not encoded again: a room's name is a token, so it stands in JSON as it is.
    """
    prefix = f'{{"type":"message","room":"{room}",'
    return b"{" + frame[len(prefix) :]
