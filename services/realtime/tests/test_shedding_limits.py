"""The numbers that shedding goes by, each on both sides."""

from collections.abc import AsyncIterator
from datetime import timedelta

import msgspec
import pytest

from realtime.census import Share, State, encode_share
from realtime.health import Health
from realtime.lifecycle import Departures
from realtime.shedding import SUBJECT, Held, Shedding
from realtime.testing import Clock, MemoryBroker, wait_until
from realtime.testing.fleet import Fleet, FleetSettings, fleet_of

HEARD = SUBJECT + "feed"


class Resident:
    """A connection that stays."""

    def leave(self, reconnect_in: timedelta) -> None:
        raise AssertionError(reconnect_in)


class Alone:
    """One replica by itself, and what it tells."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.broker = MemoryBroker()
        self.departures = Departures(Health(started=True), pause=timedelta(0), window=timedelta(0))
        self.shedding = Shedding(
            "feed", self.broker, self.departures, FleetSettings(), clock=self.clock
        )
        self.told: list[State] = []

    def hear(self, _: str, payload: bytes) -> None:
        self.told.append(msgspec.json.decode(payload, type=Share).state)

    async def tell_after(self, arrivals: int) -> State:
        """What it says of itself after so many have come since it last spoke."""
        for _ in range(arrivals):
            self.departures.add(Resident())
        before = len(self.told)
        await self.shedding.tell()
        await wait_until(lambda: len(self.told) > before)
        return self.told[-1]


@pytest.fixture
async def alone() -> AsyncIterator[Alone]:
    one = Alone()
    async with one.broker.hear(HEARD, one.hear):
        yield one


def test_a_replica_counts_until_it_was_silent_for_three_and_a_half_beats() -> None:
    one = Alone()
    assert one.shedding.beat == timedelta(seconds=2)
    one.shedding.census.hear(encode_share(Share("other", 10, State.CALM)))
    one.clock.now += 7
    one.shedding.turn()
    assert (one.shedding.replicas, one.shedding.mean) == (2, 5)
    one.clock.now += 0.001
    one.shedding.turn()
    assert (one.shedding.replicas, one.shedding.mean) == (1, 0)


@pytest.mark.parametrize(
    ("there", "arrivals", "state"),
    [
        pytest.param(0, 8, State.CALM, id="eight of eight"),
        pytest.param(0, 9, State.STORM, id="nine of nine"),
        pytest.param(150, 8, State.CALM, id="eight of many"),
        pytest.param(150, 9, State.STORM, id="nine of many"),
        # Sheddings bring 1 % within a beat, and four times that is 40.
        pytest.param(960, 40, State.CALM, id="four times what sheddings bring"),
        pytest.param(959, 41, State.STORM, id="more than that"),
    ],
)
async def test_so_many_within_a_beat_are_a_storm(
    alone: Alone, there: int, arrivals: int, state: State
) -> None:
    await alone.tell_after(there)
    assert await alone.tell_after(0) is State.CALM
    assert await alone.tell_after(arrivals) is state
    assert await alone.tell_after(0) is State.CALM


async def test_between_two_sheddings_is_half_an_hour_at_most_and_less_at_first() -> None:
    settings = {"shed_every": timedelta(seconds=100), "shed_settle": timedelta(minutes=20)}
    async with fleet_of(2, **settings) as fleet:
        fleet.come(200)
        rests = [seconds async for seconds in rests_between(fleet, 3)]
    assert rests == [20 * 60, 30 * 60, 30 * 60]


async def rests_between(fleet: Fleet, count: int) -> AsyncIterator[float]:
    """How long the first replica rests between sheddings that chance undoes each time."""
    full = fleet.replicas[0]
    ended_at, found = 0.0, 0
    for _ in range(2_000):
        before = full.shedding.held
        await fleet.beat()
        if before is Held.NO and full.shedding.held is not Held.NO:
            ended_at = fleet.clock.now
        if full.is_held(Held.NO) and before is not Held.NO and ended_at:
            yield fleet.clock.now - ended_at
            found += 1
            if found == count:
                return
        if full.is_held(Held.EVEN) or full.is_held(Held.RESTING):
            play_back(fleet)
    message = f"only {found} sheddings"
    raise AssertionError(message)


def play_back(fleet: Fleet) -> None:
    """Bring back to the first replica what it has let go, too few at a time for a storm."""
    full, light = fleet.replicas
    movers = [client for client in fleet.clients if client.at is light]
    for mover in movers[: min(5, 130 - full.departures.staying)]:
        light.departures.discard(mover)
        mover.at = full
        full.departures.add(mover)
