"""What every connection of this replica shares."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from chat.attendance import Attendance
from chat.changes import Changes
from chat.directory import Directory
from chat.errors import Code
from chat.moderation import Moderation, NoModeration
from chat.names import Names
from chat.pages import Pages
from chat.post_rates import PostRates
from chat.protocol import Limits
from chat.publisher import Publisher
from chat.reviser import Reviser
from chat.rooms import Rooms
from realtime.broker import Broker
from realtime.closing import EndedBy
from realtime.fanout import Hub
from realtime.identity.gate import Gate
from realtime.lifecycle import Departures

REPLAYS_AT_ONCE: Final = 4
"""Replays that read the stream at the same time: a reconnect storm must not starve the relay."""


@dataclass(slots=True)
class Counts:
    """What connections did so far."""

    errors: Counter[Code] = field(default_factory=Counter)
    ended: Counter[EndedBy] = field(default_factory=Counter)
    gaps: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Replica:
    """This process's rooms, and the ways to the log and to history."""

    hub: Hub
    broker: Broker
    changes: Changes
    publisher: Publisher
    reviser: Reviser
    pages: Pages
    departures: Departures
    limits: Limits
    post_rates: PostRates
    attendance: Attendance
    directory: Directory
    gate: Gate
    names: Names
    moderation: Moderation = field(default_factory=NoModeration)
    counts: Counts = field(default_factory=Counts)
    replays: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(REPLAYS_AT_ONCE))

    @property
    def rooms(self) -> Rooms:
        """Who is in which room on this replica."""
        return self.attendance.rooms
