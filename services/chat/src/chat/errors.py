"""What a frame can be refused for: types with facts, and the closed list of words for them."""

from enum import StrEnum

from realtime.errors import AirwaveError, BrokerError


class Code(StrEnum):
    """The word in an ``error`` frame. Clients may rest on this list being closed."""

    BAD_FRAME = "bad_frame"
    BAD_NAME = "bad_name"
    BAD_CID = "bad_cid"
    BAD_POSITION = "bad_position"
    BAD_LIMIT = "bad_limit"
    NOT_JOINED = "not_joined"
    TOO_MANY_ROOMS = "too_many_rooms"
    CHANNELS = "channels"
    """This replica serves no further room; another one may."""
    TEXT_EMPTY = "text_empty"
    TEXT_TOO_LONG = "text_too_long"
    CID_REUSED = "cid_reused"
    NOT_FOUND = "not_found"
    NOT_YOURS = "not_yours"
    ALREADY_DELETED = "already_deleted"
    TOO_MANY_EDITS = "too_many_edits"
    BAD_EMOJI = "bad_emoji"
    TOO_MANY_EMOJIS = "too_many_emojis"
    WORD_REFUSED = "word_refused"
    TOO_MANY_LINKS = "too_many_links"
    RATE_LIMITED = "rate_limited"
    FORBIDDEN = "forbidden"
    """The scope of this connection's token doesn't reach there."""
    BAD_TOKEN = "bad_token"  # noqa: S105 - a word for one
    """What `refresh` brought; the connection goes on by the token it has."""
    IDENTITY_UNAVAILABLE = "identity_unavailable"
    HISTORY_UNAVAILABLE = "history_unavailable"
    UPSTREAM_DOWN = "upstream_down"
    """The broker did not answer: the post may or may not be stored; the same ``cid`` is safe."""
    UPSTREAM_REFUSED = "upstream_refused"
    INTERNAL = "internal"
    """Our bug."""


def code_of(error: AirwaveError) -> Code:
    """The word for an error of ours or of the library's."""
    try:
        return Code(error.code)
    except ValueError:
        return Code.UPSTREAM_DOWN if isinstance(error, BrokerError) else Code.INTERNAL


class BadFrameError(AirwaveError):
    """Not one of the frames that a client may send; ``cid`` if one could be read all the same."""

    code = Code.BAD_FRAME

    def __init__(self, detail: str, cid: str | None = None) -> None:
        self.detail = detail
        self.cid = cid
        super().__init__(detail)


class BadCidError(AirwaveError):
    """A ``cid`` that can't name a post."""

    code = Code.BAD_CID

    def __init__(self, limit: int) -> None:
        self.limit = limit
        super().__init__(f"cid must have 1 to {limit} characters")


class BadPositionError(AirwaveError):
    """A position that doesn't lead anywhere in this log; ``field`` is where it was given."""

    code = Code.BAD_POSITION

    def __init__(self, field: str) -> None:
        self.field = field
        super().__init__(f"{field} must be a position of the current epoch, <epoch>-<offset>")


class BadLimitError(AirwaveError):
    """A page that would be empty or too long."""

    code = Code.BAD_LIMIT

    def __init__(self, most: int) -> None:
        self.most = most
        super().__init__(f"limit must be a whole number from 1 to {most}")


class NotJoinedError(AirwaveError):
    """Something was asked for a room that this connection is not in."""

    code = Code.NOT_JOINED

    def __init__(self, room: str) -> None:
        self.room = room
        super().__init__(f"this connection has not joined room {room!r}")


class TooManyRoomsError(AirwaveError):
    """One connection, so many rooms."""

    code = Code.TOO_MANY_ROOMS

    def __init__(self, limit: int) -> None:
        self.limit = limit
        super().__init__(f"a connection may be in {limit} rooms; leave one first")


class TextEmptyError(AirwaveError):
    """A message without anything to read."""

    code = Code.TEXT_EMPTY

    def __init__(self) -> None:
        super().__init__("text must not be empty")


class TextTooLongError(AirwaveError):
    """A message over the limit, counted in bytes of UTF-8."""

    code = Code.TEXT_TOO_LONG

    def __init__(self, size: int, limit: int) -> None:
        self.size = size
        self.limit = limit
        super().__init__(f"text has {size} bytes in UTF-8, {limit} at most")


class CidReusedError(AirwaveError):
    """The ``cid`` already names another message of this user in this room."""

    code = Code.CID_REUSED

    def __init__(self, cid: str) -> None:
        self.cid = cid
        super().__init__(f"cid {cid[:80]!r} was used for another text in this room")


class RateLimitedError(AirwaveError):
    """More posts than a person writes; ``retry_in`` is in seconds."""

    code = Code.RATE_LIMITED
    retryable = True

    def __init__(self, retry_in: float) -> None:
        self.retry_in = retry_in
        super().__init__(f"too many posts; the next one is taken in {retry_in:.1f} s")


class Unavailable(StrEnum):
    """Why history can't answer, in words."""

    STARTING = "this replica is starting"
    DOWN = "its store does not answer"
    REBUILT = "it is being rebuilt"
    BEHIND = "it has not caught up with this replica"


class HistoryUnavailableError(AirwaveError):
    """History can't answer now; ``detail`` is for the log."""

    code = Code.HISTORY_UNAVAILABLE
    retryable = True

    def __init__(self, reason: Unavailable, detail: str = "") -> None:
        self.reason = reason
        self.detail = detail
        super().__init__(f"history can't answer now: {reason}")


class UnexpectedError(AirwaveError):
    """Our bug; what it was is in the log and not for the client."""

    code = Code.INTERNAL

    def __init__(self) -> None:
        super().__init__("something went wrong on our side")
