"""What every stream of a replica shares."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple

from feed.bad_queries import BadQueries
from feed.catalogue import Catalogue
from feed.costs import Costs, Transport
from feed.framings import Framings
from feed.pace import Pace
from feed.query import SensorFilter
from feed.relay import Relay
from realtime.broker import Broker
from realtime.fanout import Hub
from realtime.gzip import Deflater
from realtime.identity.watch import Watch
from realtime.lifecycle import Departures


class ChannelKey(NamedTuple):
    """Who has an equal one shares a channel, and its bytes."""

    sensors: SensorFilter
    pace: Pace | None
    transport: Transport


@dataclass(frozen=True, slots=True, kw_only=True)
class Fanout:
    """This replica's parts; without a ``deflater`` none is compressed."""

    hub: Hub
    relay: Relay
    catalogue: Catalogue
    broker: Broker
    departures: Departures
    replay_events: int
    poll_wait: timedelta
    framings: Framings
    deflater: Deflater | None
    watch: Watch
    costs: Costs = field(default_factory=Costs)
    bad_queries: BadQueries = field(default_factory=BadQueries)

    @property
    def connections(self) -> Counter[Transport]:
        """Open streams by transport."""
        counted: Counter[Transport] = Counter()
        for key, channel in self.hub.channels.items():
            if isinstance(key, ChannelKey):
                counted[key.transport] += len(channel.subscribers)
        return counted
