"""The frames of ``airwave.chat.v1``: JSON objects, told apart by ``type``. Pure.

What a client sends is decoded into a closed set of types; nothing else comes past `decode_frame`.
"""

from typing import Final, TypeAlias

import msgspec
from msgspec import UNSET, Raw, UnsetType

from chat.errors import BadCidError, BadFrameError, TextEmptyError, TextTooLongError

SUBPROTOCOL: Final = "airwave.chat.v1"
CID_CHARS: Final = 64
FRAME_BYTES: Final = 64 * 1024
"""The server's ``ws_max_size``: a longer frame ends the connection with 1009."""
HISTORY_LIMIT: Final = 100
HISTORY_DEFAULT: Final = 50
_DETAIL_MAX: Final = 300


class _FromClient(msgspec.Struct, frozen=True, tag_field="type", forbid_unknown_fields=True):
    """A frame that a client may send."""


class Join(_FromClient, frozen=True, tag="join"):
    """Enter a room; ``after`` is the position up to which the client has everything."""

    room: str
    after: str | None = None


class Leave(_FromClient, frozen=True, tag="leave"):
    """Go out of a room."""

    room: str


class Post(_FromClient, frozen=True, tag="post"):
    """Say something; ``cid`` is the client's own id for it, the same one for every retry."""

    room: str
    cid: str
    text: str


class Typing(_FromClient, frozen=True, tag="typing"):
    """Tell the room that one is writing; passed on at most every 3 s."""

    room: str


class AskHistory(_FromClient, frozen=True, tag="history"):
    """Ask for the messages before a position; absent means the newest."""

    room: str
    before: str | None = None
    limit: int = HISTORY_DEFAULT


class Refresh(_FromClient, frozen=True, tag="refresh"):
    """Go on by another token of the same user."""

    token: str


ClientFrame: TypeAlias = Join | Leave | Post | Typing | AskHistory | Refresh


class _FromServer(msgspec.Struct, frozen=True, tag_field="type"):
    """A frame that the server sends."""


class Limits(msgspec.Struct, frozen=True):
    """What one connection may do; told in `Welcome`, and what the session itself goes by."""

    rooms: int
    text_bytes: int
    replay: int
    posts_per_second: float
    posts_burst: int
    frame_bytes: int = FRAME_BYTES
    cid_chars: int = CID_CHARS
    history: int = HISTORY_LIMIT


class Welcome(_FromServer, frozen=True, tag="welcome"):
    """The first frame. ``heartbeat``: seconds between the server's pings."""

    session: str
    user: str
    heartbeat: float
    limits: Limits


class Joined(_FromServer, frozen=True, tag="joined"):
    """The room is entered; what comes after ``messages`` follows as frames, up to now and live.

    ``head``: up to here this replica knows the room. ``members``: users on all replicas, sorted;
    at most 200 of ``count``.
    """

    room: str
    head: str
    resumed: bool
    messages: list[Raw]
    members: list[str]
    count: int


class Left(_FromServer, frozen=True, tag="left"):
    """The room is left."""

    room: str


class Ack(_FromServer, frozen=True, tag="ack"):
    """The post is stored, at this position; ``duplicate``: an earlier try had stored it."""

    cid: str
    room: str
    position: str
    duplicate: bool


class Message(_FromServer, frozen=True, tag="message"):
    """What a person wrote; ``time`` in Unix seconds."""

    room: str
    position: str
    cid: str
    user: str
    text: str
    time: float


class HistoryPage(_FromServer, frozen=True, tag="history"):
    """Messages, oldest first; ``more``: there are older ones."""

    room: str
    messages: list[Raw]
    more: bool


class PresenceTold(_FromServer, frozen=True, tag="presence"):
    """Who came and who went, at most 50 names each; ``count``: how many are here now."""

    room: str
    joined: list[str]
    left: list[str]
    count: int


class TypingTold(_FromServer, frozen=True, tag="typing"):
    """Who has been writing since the last frame of this kind; one's own name may be among them."""

    room: str
    users: list[str]


class GapTold(_FromServer, frozen=True, tag="gap"):
    """A loss: nothing from ``from`` up to ``to``, both included, will come as frames."""

    room: str
    first: str = msgspec.field(name="from")
    to: str
    reason: str


class ErrorTold(_FromServer, frozen=True, tag="error"):
    """A frame that could not be answered otherwise; the connection stays open."""

    code: str
    message: str
    retryable: bool
    cid: str | UnsetType = UNSET


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
    | Message
    | PresenceTold
    | TypingTold
    | HistoryPage
    | GapTold
    | ErrorTold
    | Expiring
    | Refreshed
    | Drain
)


class _WithCid(msgspec.Struct):
    cid: str


_decoder: msgspec.json.Decoder[ClientFrame] = msgspec.json.Decoder(ClientFrame)
_cid_decoder = msgspec.json.Decoder(_WithCid)
_message_decoder = msgspec.json.Decoder(Message)
_encoder = msgspec.json.Encoder()


def decode_frame(text: str) -> ClientFrame:
    """Read a frame from a client.

    Raises:
        BadFrameError: says what was wrong; nothing else is ever raised.
    """
    try:
        return _decoder.decode(text)
    # ValueError: every error of msgspec, numbers of thousands of digits, lone surrogates.
    # RecursionError: JSON nested a hundred thousand deep.
    except (ValueError, RecursionError) as error:
        raise BadFrameError(str(error)[:_DETAIL_MAX], _cid_of(text)) from error


def _cid_of(text: str) -> str | None:
    """The ``cid`` of a frame that is otherwise wrong: its sender learns which one it was."""
    try:
        cid = _cid_decoder.decode(text).cid
    except (ValueError, RecursionError):
        return None
    return cid if is_cid(cid) else None


def is_cid(text: str) -> bool:
    """Whether a client may name a post so."""
    return 0 < len(text) <= CID_CHARS


def check_post(post: Post, limits: Limits) -> None:
    """Check what its types don't say.

    Raises:
        BadCidError, TextTooLongError, TextEmptyError: as they say.
    """
    if not is_cid(post.cid):
        raise BadCidError(CID_CHARS)
    size = len(post.text.encode())
    if size > limits.text_bytes:
        raise TextTooLongError(size, limits.text_bytes)
    if not post.text.strip():
        raise TextEmptyError


def encode_frame(frame: ServerFrame) -> bytes:
    """Write a frame to a client as compact JSON."""
    return _encoder.encode(frame)


def decode_message(frame: bytes) -> Message:
    """Read back a ``message`` frame of our own."""
    return _message_decoder.decode(frame)


def stored_form(room: str, frame: bytes) -> bytes:
    """A ``message`` frame as it stands in lists: without its type and its room.

    Cut, not encoded again: a room's name is a token, so it stands in JSON as it is.
    """
    prefix = f'{{"type":"message","room":"{room}",'
    return b"{" + frame[len(prefix) :]
