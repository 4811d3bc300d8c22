import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from typing import Any, ClassVar

import pytest

from realtime.departure_settings import DepartureSettings
from realtime.health import Health
from realtime.lifecycle import MOVE_MS, Departures, Reason
from realtime.shedding import BEATS, SUBJECT, Held, Shedding
from realtime.testing import MemoryBroker
from realtime.testing.clock import Clock
from realtime.testing.waiting import wait_until


class Settings(DepartureSettings):
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
        return self.shedding.held is held


@dataclass(eq=False)
class Client:
    fleet: "Fleet"
    at: Replica
    delays: list[timedelta] = field(default_factory=list)

    def leave(self, reconnect_in: timedelta) -> None:
        self.delays.append(reconnect_in)
        self.at.departures.discard(self)
        self.at = self.fleet.choose()
        self.at.departures.add(self)


class Fleet:
    """Replicas that hear each other, and a balancer that takes them in turns."""

    def __init__(self, stack: AsyncExitStack, settings: Settings) -> None:
        self.broker = MemoryBroker()
        self.clock = Clock()
        self.replicas: list[Replica] = []
        self.clients: list[Client] = []
        self._settings = settings
        self._stack = stack
        self._next = 0

    async def add_replica(self) -> Replica:
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
            self.broker.hear("replicas.feed", lambda _, payload: census.hear(payload))
        )
        self.replicas.append(replica)
        return replica

    def choose(self) -> Replica:
        self._next = (self._next + 1) % len(self.replicas)
        return self.replicas[self._next]

    def come(self, count: int) -> None:
        for _ in range(count):
            client = Client(self, self.choose())
            client.at.departures.add(client)
            self.clients.append(client)

    @property
    def counts(self) -> list[int]:
        return [replica.departures.staying for replica in self.replicas]

    @property
    def shed(self) -> int:
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
    async with AsyncExitStack() as stack:
        fleet = Fleet(stack, Settings(**settings))
        for _ in range(count):
            await fleet.add_replica()
        yield fleet


@pytest.mark.parametrize(("clients", "start", "end"), [(60, 1, 3), (1_000, 1, 3), (900, 2, 5)])
async def test_replicas_that_were_added_fill_and_then_everybody_stays(
    clients: int, start: int, end: int
) -> None:
    async with fleet_of(start) as fleet:
        fleet.come(clients)
        await fleet.beat(30)
        assert fleet.shed == 0
        for _ in range(end - start):
            await fleet.add_replica()
        await fleet.beat(400)
        mean = clients / end
        assert all(abs(count - mean) <= 0.15 * mean for count in fleet.counts), fleet.counts
        # Each move that was not needed is a client that the balancer brought back to a full one.
        needed = clients - clients * start / end
        assert fleet.shed <= 1.1 * needed / (1 - start / end)
        before = fleet.shed
        await fleet.beat(400)
        assert fleet.shed == before
        assert all(
            timedelta(milliseconds=MOVE_MS[0]) <= delay <= timedelta(milliseconds=MOVE_MS[1])
            for client in fleet.clients
            for delay in client.delays
        )


async def test_the_oldest_go_first_and_no_more_than_a_part_at_a_time() -> None:
    async with fleet_of(1) as fleet:
        fleet.come(1_000)
        await fleet.add_replica()
        went = []
        for _ in range(60):
            before = fleet.shed
            await fleet.beat()
            went.append(fleet.shed - before)
        # 5 % of those that are there, in any ten seconds.
        assert max(sum(went[n : n + BEATS]) for n in range(len(went))) <= 0.05 * 1_000
        assert max(went) <= 0.011 * 1_000
        asked = [bool(client.delays) for client in fleet.clients]
        assert asked.index(False) == sum(asked) > 100


async def settled_pair(fleet: Fleet) -> Replica:
    """A replica that has all, and one that has none, just before it begins."""
    fleet.come(100)
    await fleet.add_replica()
    await fleet.beat(14)
    assert fleet.replicas[0].is_held(Held.SETTLING)
    return fleet.replicas[0]


async def test_nobody_goes_before_the_replicas_have_settled() -> None:
    async with fleet_of(1) as fleet:
        full = await settled_pair(fleet)
        await fleet.beat(3)
        assert full.is_held(Held.NO)
        assert fleet.shed > 0


async def test_it_is_held_while_a_replica_drains_and_for_a_while_after() -> None:
    async with fleet_of(1) as fleet:
        full = await settled_pair(fleet)
        fleet.replicas[1].health.draining = True
        await fleet.beat(20)
        assert full.is_held(Held.DRAIN)
        fleet.replicas[1].health.draining = False
        await fleet.beat(14)
        assert full.is_held(Held.SETTLING)
        assert fleet.shed == 0
        await fleet.beat(3)
        assert full.is_held(Held.NO)


async def test_a_drain_of_its_own_lets_nobody_go_this_way() -> None:
    async with fleet_of(1) as fleet:
        full = await settled_pair(fleet)
        full.health.draining = True
        await fleet.beat(20)
        assert (full.shedding.held, fleet.shed) == (Held.DRAIN, 0)


async def test_it_is_held_in_a_storm() -> None:
    async with fleet_of(1) as fleet:
        full = await settled_pair(fleet)
        for _ in range(5):
            fleet.come(30)
            await fleet.beat()
            assert full.is_held(Held.STORM)
        await fleet.beat(14)
        assert full.is_held(Held.SETTLING)
        assert fleet.shed == 0


async def test_it_is_held_while_the_counts_are_old() -> None:
    async with fleet_of(1) as fleet:
        full = await settled_pair(fleet)
        await fleet.beat(2)
        before = fleet.shed
        fleet.broker.go_down()
        await fleet.beat(4)
        held_after = fleet.shed
        await fleet.beat(20)
        assert full.is_held(Held.DEAF)
        assert fleet.shed == held_after <= before + 4
        fleet.broker.come_up()
        await fleet.beat(2)
        assert full.is_held(Held.SETTLING)


async def test_one_replica_alone_and_one_that_may_not_let_nobody_go() -> None:
    async with fleet_of(1) as fleet:
        fleet.come(100)
        await fleet.beat(30)
        assert fleet.replicas[0].is_held(Held.ALONE)
    async with fleet_of(1, shed_share=0.0) as fleet:
        fleet.come(100)
        await fleet.add_replica()
        await fleet.beat(30)
        assert (fleet.replicas[0].shedding.held, fleet.shed) == (Held.OFF, 0)


async def test_within_the_margin_nobody_goes_and_beyond_it_some_do() -> None:
    async with fleet_of(2) as fleet:
        fleet.come(200)
        for client in [c for c in fleet.clients if c.at is fleet.replicas[1]][:18]:
            client.at.departures.discard(client)
        assert fleet.counts == [100, 82]  # 9.9 % from the mean
        await fleet.beat(30)
        assert (fleet.replicas[0].shedding.held, fleet.shed) == (Held.EVEN, 0)
        fleet.replicas[1].departures.discard(next(iter(fleet.replicas[1].departures._staying)))
        await fleet.beat(10)
        assert fleet.shed > 0


async def test_the_one_that_others_are_far_below_lets_go_though_it_is_near_the_mean() -> None:
    async with fleet_of(3) as fleet:
        fleet.come(300)
        for client in [c for c in fleet.clients if c.at is fleet.replicas[2]][:25]:
            client.at.departures.discard(client)
        await fleet.beat(40)
        assert fleet.shed > 0
        mean = sum(fleet.counts) / 3
        assert all(abs(count - mean) <= 0.1 * mean + 1 for count in fleet.counts)


async def test_sheddings_that_chance_undoes_become_rare() -> None:
    async with fleet_of(2) as fleet:
        fleet.come(400)
        full, light = fleet.replicas
        begins: list[float] = []

        async def once() -> None:
            before = full.shedding.held
            await fleet.beat()
            if full.shedding.held is Held.NO and before is not Held.NO:
                begins.append(fleet.clock.now)

        for _ in range(1_500):
            await once()
            # A balancer that plays it all back.
            if full.shedding.held is Held.EVEN or full.shedding.held is Held.RESTING:
                while full.departures.staying < 260:
                    mover = next(iter(light.departures._staying))
                    light.departures.discard(mover)
                    assert isinstance(mover, Client)
                    mover.at = full
                    full.departures.add(mover)
        waits = [after - before for before, after in pairwise(begins)]
        assert len(waits) >= 3
        assert all(after > before for before, after in pairwise(waits))
        assert waits[-1] > 3 * waits[0]


async def test_a_replica_that_is_late_lets_go_where_others_are_not() -> None:
    async with fleet_of(2) as fleet:
        fleet.come(200)
        await fleet.beat(20)
        late, other = fleet.replicas
        late.late = True
        await fleet.beat(20)
        assert late.is_held(Held.NO)
        assert late.departures.asked[Reason.SHED] >= 10
        other.late = True
        await fleet.beat(2)
        before = fleet.shed
        await fleet.beat(20)
        assert late.is_held(Held.BUSY)
        assert fleet.shed == before


async def test_run_tells_hears_and_lets_go_until_cancelled() -> None:
    settings = Settings(
        shed_every=timedelta(seconds=0.1), shed_settle=timedelta(seconds=0.1), shed_share=0.5
    )
    broker = MemoryBroker()
    fleets = [Departures(Health(), pause=timedelta(0), window=timedelta(0)) for _ in range(2)]

    class Mover:
        def __init__(self, at: Departures) -> None:
            self.at = at
            at.add(self)

        def leave(self, _: timedelta) -> None:
            self.at.discard(self)
            self.at = min(fleets, key=len)
            self.at.add(self)

    for _ in range(40):
        Mover(fleets[0])
    running = [
        asyncio.create_task(Shedding("feed", broker, departures, settings).run())
        for departures in fleets
    ]
    try:
        await wait_until(lambda: [len(f) for f in fleets] == [20, 20])
        assert not any(task.done() for task in running)
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


def test_the_subject_is_the_services_own() -> None:
    assert SUBJECT + "feed" == "replicas.feed"
