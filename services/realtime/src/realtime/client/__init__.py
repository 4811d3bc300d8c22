"""Clients of Airwave for Python programs: `Feed` for readings, `Chat` and its `Room` for messages.

Both come back by themselves and go on where they were. What they can't make good they tell: a loss
as a `Gap`, a refusal as an error with the reason. Needs ``realtime[client]``.
"""

from realtime.client.chat import Chat
from realtime.client.chat_events import (
    Deleted,
    Edited,
    Message,
    Page,
    Presence,
    Reacted,
    RoomEvent,
    RoomGap,
    TypingTold,
)
from realtime.client.errors import (
    ChatEndedError,
    ClientError,
    CommandRefusedError,
    FeedRefusedError,
    UnconfirmedError,
)
from realtime.client.feed import Feed
from realtime.client.feed_events import (
    Busy,
    Drain,
    Expired,
    Expiring,
    FeedEvent,
    Gap,
    Heartbeat,
    Hello,
    Readings,
    Record,
    Snapshot,
    Status,
)
from realtime.client.reconnection import Timing
from realtime.client.room import Room
from realtime.client.state import State

__all__ = [
    "Busy",
    "Chat",
    "ChatEndedError",
    "ClientError",
    "CommandRefusedError",
    "Deleted",
    "Drain",
    "Edited",
    "Expired",
    "Expiring",
    "Feed",
    "FeedEvent",
    "FeedRefusedError",
    "Gap",
    "Heartbeat",
    "Hello",
    "Message",
    "Page",
    "Presence",
    "Reacted",
    "Readings",
    "Record",
    "Room",
    "RoomEvent",
    "RoomGap",
    "Snapshot",
    "State",
    "Status",
    "Timing",
    "TypingTold",
    "UnconfirmedError",
]
