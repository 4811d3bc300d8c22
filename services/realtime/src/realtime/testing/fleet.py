"""Replicas that tell each other what they have, and clients who come back by way of a balancer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ClassVar

from realtime.departure_settings import DepartureSettings
from realtime.health import Health
from realtime.lifecycle import Departures, Reason
from realtime.shedding import SUBJECT, Held, Shedding
from realtime.testing.broker import MemoryBroker
from realtime.testing.clock import Clock


class FleetSettings(DepartureSettings):
    """Of every replica, as they are by default."""

    prefix: ClassVar[str] = "TEST_"
    nats_url: str = ""


@dataclass(eq=False)
class Replica:
    """One replica of the fleet, whose clients come back by way of the balancer."""

    health: Health
    departures: Departures
    shedding: Shedding
    late: bool = False

    def is_held(self, held: Held) -> bool:
        """Whether it sends nobody away, for this reason."""
        return self.shedding.held is held


@dataclass(eq=False)
class Mover:
    """A client that goes where the balancer leads it; ``delays`` are what it was asked for."""

    fleet: "Fleet"
    at: Replica
    delays: list[timedelta] = field(default_factory=list)

    def leave(self, reconnect_in: timedelta) -> None:
        """Come back at once, perhaps elsewhere."""
        self.delays.append(reconnect_in)
        self.at.departures.discard(self)
        self.at = self.fleet.choose()
        self.at.departures.add(self)


class Fleet:
    """Replicas that hear each other, and a balancer that takes them in turns."""

    def __init__(self, stack: AsyncExitStack, settings: FleetSettings) -> None:
        self.broker = MemoryBroker()
        self.clock = Clock()
        self.replicas: list[Replica] = []
        self.clients: list[Mover] = []
        self._settings = settings
        self._stack = stack
        self._next = 0

    async def add_replica(self) -> Replica:
        """One more, with nobody on it."""
        health = Health(started=True)
        departures = Departures(health, pause=timedelta(0), window=timedelta(0))
        shedding = Shedding(
            "feed",
            self.broker,
            departures,
            self._settings,
            is_late=lambda: replica.late,
            clock=self.clock,
        )
        replica = Replica(health, departures, shedding)
        census = shedding.census
        await self._stack.enter_async_context(
            self.broker.hear(SUBJECT + "feed", lambda _, payload: census.hear(payload))
        )
        self.replicas.append(replica)
        return replica

    def choose(self) -> Replica:
        """The next one, in turns."""
        self._next = (self._next + 1) % len(self.replicas)
        return self.replicas[self._next]

    def come(self, count: int) -> None:
        """Let so many clients come."""
        for _ in range(count):
            client = Mover(self, self.choose())
            client.at.departures.add(client)
            self.clients.append(client)

    @property
    def counts(self) -> list[int]:
        """Connections of each replica."""
        return [replica.departures.staying for replica in self.replicas]

    @property
    def shed(self) -> int:
        """How many were sent away so far."""
        return sum(replica.departures.asked[Reason.SHED] for replica in self.replicas)

    async def beat(self, times: int = 1) -> None:
        """Let everybody tell, hear and let go."""
        for _ in range(times):
            self.clock.now += self.replicas[0].shedding.beat.total_seconds()
            for replica in self.replicas:
                await replica.shedding.tell()
            await asyncio.sleep(0)
            for replica in self.replicas:
                await replica.departures.shed(replica.shedding.turn(), over=0.0)


@asynccontextmanager
async def fleet_of(count: int, **settings: Any) -> AsyncIterator[Fleet]:
    """So many replicas, whose time goes by with `Fleet.beat`."""
    async with AsyncExitStack() as stack:
        fleet = Fleet(stack, FleetSettings(**settings))
        for _ in range(count):
            await fleet.add_replica()
        yield fleet
