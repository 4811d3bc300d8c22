"""What a client may send: JSON objects, told apart by ``type``. Pure.

Decoded into a closed set of types; nothing else comes past `decode_frame`.
"""

from typing import Annotated, Final, TypeAlias

import msgspec
from msgspec import Meta

from chat.change_errors import BadEmojiError
from chat.emoji import is_emoji
from chat.errors import BadCidError, BadFrameError, TextEmptyError, TextTooLongError
from chat.protocol import CID_CHARS, HISTORY_DEFAULT, HISTORY_LIMIT, CidText, Limits
from realtime.schemas import PositionText, TokenText

_DETAIL_MAX: Final = 300

GivenText: TypeAlias = Annotated[str, Meta(extra_json_schema={"minLength": 1})]
PageLimit: TypeAlias = Annotated[
    int, Meta(extra_json_schema={"minimum": 1, "maximum": HISTORY_LIMIT})
]


class _FromClient(msgspec.Struct, frozen=True, tag_field="type", forbid_unknown_fields=True):
    """A frame that a client may send."""


class Join(_FromClient, frozen=True, tag="join"):
    """Enter a room; ``after`` is the position up to which the client has everything."""

    room: TokenText
    after: PositionText | None = None


class Leave(_FromClient, frozen=True, tag="leave"):
    """Go out of a room."""

    room: TokenText


class Post(_FromClient, frozen=True, tag="post"):
    """Say something; ``cid`` is the client's own id for it, the same one for every retry."""

    room: TokenText
    cid: CidText
    text: GivenText


class Edit(_FromClient, frozen=True, tag="edit"):
    """Say it otherwise: another text for the message at ``position``."""

    room: TokenText
    position: PositionText
    text: GivenText
    cid: CidText


class Delete(_FromClient, frozen=True, tag="delete"):
    """Take the message at ``position`` back."""

    room: TokenText
    position: PositionText
    cid: CidText


class React(_FromClient, frozen=True, tag="react"):
    """Put an emoji to the message at ``position``, or with ``on`` false take it away."""

    room: TokenText
    position: PositionText
    emoji: str
    on: bool
    cid: CidText


class Typing(_FromClient, frozen=True, tag="typing"):
    """Tell the room that one is writing; passed on at most every 3 s."""

    room: TokenText


class AskHistory(_FromClient, frozen=True, tag="history"):
    """Ask for the messages before a position; absent means the newest."""

    room: TokenText
    before: PositionText | None = None
    limit: PageLimit = HISTORY_DEFAULT


class Refresh(_FromClient, frozen=True, tag="refresh"):
    """Go on by another token of the same user."""

    token: str


Change: TypeAlias = Edit | Delete | React
ClientFrame: TypeAlias = Join | Leave | Post | Change | Typing | AskHistory | Refresh


class _WithCid(msgspec.Struct):
    cid: str


_decoder: msgspec.json.Decoder[ClientFrame] = msgspec.json.Decoder(ClientFrame)
_cid_decoder = msgspec.json.Decoder(_WithCid)


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
    """Whether a client may name a post or a change so."""
    return 0 < len(text) <= CID_CHARS


def check_post(frame: Post | Change, limits: Limits) -> None:
    """Check what its types don't say.

    Raises:
        BadCidError, TextTooLongError, TextEmptyError, BadEmojiError: as they say.
    """
    if not is_cid(frame.cid):
        raise BadCidError(CID_CHARS)
    match frame:
        case Post(text=text) | Edit(text=text):
            check_text(text, limits)
        case React(emoji=emoji):
            if not is_emoji(emoji, most_bytes=limits.emoji_bytes):
                raise BadEmojiError(limits.emoji_bytes)
        case Delete():
            pass


def check_text(text: str, limits: Limits) -> None:
    """Check what is to be published.

    Raises:
        TextTooLongError, TextEmptyError: as they say.
    """
    size = len(text.encode())
    if size > limits.text_bytes:
        raise TextTooLongError(size, limits.text_bytes)
    if not text.strip():
        raise TextEmptyError
