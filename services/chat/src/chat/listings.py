"""What is listed over HTTP: a page of a room's messages, a page of rooms."""

import msgspec

from chat.protocol import StoredRaw
from realtime.schemas import PositionText, TokenText


class RoomMessages(msgspec.Struct):
    """A page over HTTP; ``more`` lie beyond it, in the direction that was asked for."""

    room: TokenText
    messages: list[StoredRaw]
    more: bool


class RoomListed(msgspec.Struct):
    """A room: how many are in it, and its newest message (Unix seconds)."""

    room: TokenText
    count: int
    position: PositionText
    time: float


class RoomList(msgspec.Struct):
    """Rooms, the last written to first; ``more``: ask again after the last one's position."""

    rooms: list[RoomListed]
    more: bool
