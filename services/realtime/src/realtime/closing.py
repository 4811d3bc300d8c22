"""How a connection ends: the close code that a client acts on, and the word in log and metrics."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final


class CloseCode(IntEnum):
    """Close codes. 4000-4499: come back with backoff; 4500-4999: not without a change."""

    DONE = 1000
    INTERNAL = 1011
    DRAIN = 1012
    FULL = 1013
    SLOW = 4008
    NO_PONG = 4009
    RATE = 4029
    BAD_TOKEN = 4500
    BAD_FRAMES = 4501
    FORBIDDEN = 4503
    LIMIT = 4505
    EXPIRED = 4511


class EndedBy(StrEnum):
    """Who or what ended a connection: a closed list, a metric's label."""

    CLIENT = "client"
    PROTOCOL = "protocol"
    """A frame against RFC 6455, too large or no UTF-8; by our checks or by the client's."""
    WRITE_FAILED = "write_failed"
    DRAIN = "drain"
    EVICTED = "evicted"
    NO_PONG = "no_pong"
    BAD_FRAMES = "bad_frames"
    RATE = "rate"
    """It went on posting though it was told that it is too fast."""
    REPLACED = "replaced"
    EXPIRED = "expired"
    REVOKED = "revoked"
    BUSY = "busy"
    CANCELLED = "cancelled"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Ending:
    """Why a connection ends; ``code`` is None where there is nobody left to tell."""

    by: EndedBy
    code: CloseCode | None = None
    reason: str = ""


LEFT = Ending(EndedBy.CLIENT)
# The protocol has said its close; hardly anybody is there to read it.
SILENT = Ending(EndedBy.NO_PONG)
VIOLATED = Ending(EndedBy.PROTOCOL)
UNWRITABLE = Ending(EndedBy.WRITE_FAILED)
CUT = Ending(EndedBy.CANCELLED)
DRAINED = Ending(EndedBy.DRAIN, CloseCode.DRAIN, "drain")
TOO_SLOW = Ending(EndedBy.EVICTED, CloseCode.SLOW, "slow")
STRUCK_OUT = Ending(EndedBy.BAD_FRAMES, CloseCode.BAD_FRAMES, "bad frames")
TOO_FAST = Ending(EndedBy.RATE, CloseCode.RATE, "rate")
# The same session in two places would otherwise take turns in ending each other for ever.
REPLACED = Ending(EndedBy.REPLACED, CloseCode.LIMIT, "replaced by a newer connection")
EXPIRED = Ending(EndedBy.EXPIRED, CloseCode.EXPIRED, "token expired")
REVOKED = Ending(EndedBy.REVOKED, CloseCode.BAD_TOKEN, "token revoked")
BROKEN = Ending(EndedBy.FAILED, CloseCode.INTERNAL, "internal")
_VIOLATIONS: Final = frozenset({1002, 1003, 1007, 1009})
"""Protocol error, a kind of data that isn't taken, no UTF-8, too large (RFC 6455, 7.4.1)."""


def left(code: int | None) -> Ending:
    """How a connection ended that is gone, by the close code that it ended with."""
    if code == CloseCode.NO_PONG:
        return SILENT
    return VIOLATED if code in _VIOLATIONS else LEFT
