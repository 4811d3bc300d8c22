"""Shedding: a replica that has more than its part asks its oldest connections to move.

Without it a replica that was added fills only as connections reach their age. All replicas of a
service tell each other how many they have, by broadcasts that nobody stores. Who has more than the
mean lets some go, a small part of them at a time, and stops at the mean. Decision 0027.
"""

import asyncio
import secrets
import time
from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum
from typing import Final

import structlog

from realtime.broker import Broker
from realtime.census import Census, Share, State, encode_share
from realtime.departure_settings import DepartureSettings
from realtime.lifecycle import Departures

SUBJECT: Final = "replicas."
"""Before the service's name."""
BEATS: Final = 5
"""Broadcasts within `DepartureSettings.shed_every`."""
FRESH_BEATS: Final = 3.5
"""A replica that was silent for so many is counted no more."""
STORM: Final = 4
"""So many times more than all sheddings together could bring is a storm ..."""
STORM_LEAST: Final = 8
"""... and at least so many within a beat."""
REST_LONGEST: Final = timedelta(minutes=30)
"""Between two sheddings among the same replicas, at most."""

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Held(StrEnum):
    """Why nobody is sent away: a closed list, a metric's label."""

    NO = "no"
    """Somebody is."""
    OFF = "off"
    ALONE = "alone"
    EVEN = "even"
    """Nobody is far from the mean, or others are above it."""
    DEAF = "deaf"
    """Not even this replica's own word is heard: the counts are old."""
    DRAIN = "drain"
    STORM = "storm"
    BUSY = "busy"
    """Others have more than they can carry."""
    SETTLING = "settling"
    RESTING = "resting"


class Shedding:
    """This replica's part in it. ``is_late``: whether it has more than it can carry."""

    def __init__(
        self,
        service: str,
        broker: Broker,
        departures: Departures,
        settings: DepartureSettings,
        *,
        is_late: Callable[[], bool] = lambda: False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.beat = settings.shed_every / BEATS
        self.census = Census(fresh=self.beat * FRESH_BEATS, clock=clock)
        self.held = Held.ALONE
        self.mean = 0.0
        self.replicas = 1
        self._subject = SUBJECT + service
        self._broker = broker
        self._departures = departures
        self._share = settings.shed_share / BEATS
        self._margin = settings.shed_margin
        self._settle = settings.shed_settle.total_seconds()
        self._is_late = is_late
        self._clock = clock
        self._name = secrets.token_hex(8)
        self._arrived = 0
        self._state = State.CALM
        self._others: dict[str, Share] = {}
        self._settled_at = clock()
        self._sheds = False
        self._rest = self._settle
        self._rested_at = clock()
        self._allowance = 0.0

    async def run(self) -> None:
        """Tell, hear and let go, until cancelled."""
        beat = self.beat.total_seconds()
        async with self._broker.hear(self._subject, lambda _, payload: self.census.hear(payload)):
            due_at = self._clock()
            while True:
                await self.tell()
                # Spread over the beat, whose rest is slept.
                await self._departures.shed(self.turn(), over=beat)
                due_at = max(due_at + beat, self._clock())
                await asyncio.sleep(due_at - self._clock())

    async def tell(self) -> None:
        """Tell the others what this replica has."""
        self._state = self._look()
        share = Share(self._name, self._departures.staying, self._state)
        await self._broker.broadcast(self._subject, encode_share(share))

    def turn(self) -> int:
        """How many of the oldest are to go within this beat."""
        before, self.held = self.held, self._judge()
        if self.held is not Held.NO:
            self._end_of_shedding(before)
            return 0
        own = self._departures.staying
        if before is not Held.NO:
            log.info("shedding_begins", connections=own, mean=round(self.mean), state=self._state)
        # What is left of a whole one counts for the next beat.
        self._allowance += self._share * own
        excess = own if self._state is State.BUSY else int(own - self.mean)
        due = min(int(self._allowance), excess)
        self._allowance = min(self._allowance - due, 1.0)
        return due

    # ---------------------------------------------------------------- inside

    def _look(self) -> State:
        arrived, self._arrived = self._departures.arrived - self._arrived, self._departures.arrived
        if self._departures.draining:
            return State.DRAINING
        total = self._departures.staying + sum(s.connections for s in self._others.values())
        if arrived > max(STORM * self._share * total, STORM_LEAST):
            return State.STORM
        return State.BUSY if self._is_late() else State.CALM

    def _judge(self) -> Held:
        now = self._clock()
        shares = self.census.shares()
        heard_itself = shares.pop(self._name, None) is not None
        self._count(shares, now)
        if not self._share:
            return Held.OFF
        if not heard_itself:
            return Held.DEAF
        if not shares:
            return Held.ALONE
        return self._held_by_others(now) or self._held_by_counts(now)

    def _count(self, others: dict[str, Share], now: float) -> None:
        if others.keys() != self._others.keys():
            self._settled_at = now
            self._rest, self._rested_at = self._settle, now
        self._others = others
        staying = [s.connections for s in others.values() if s.state is not State.DRAINING]
        self.replicas = 1 + len(staying)
        self.mean = (self._departures.staying + sum(staying)) / self.replicas

    def _held_by_others(self, now: float) -> Held | None:
        """What has to be over, and be over for a while."""
        states = {share.state for share in self._others.values()}
        for state, held in (
            (State.DRAINING, Held.DRAIN),
            (State.STORM, Held.STORM),
        ):
            if state in states or self._state is state:
                self._settled_at = now
                return held
        if State.BUSY in states:
            return Held.BUSY
        return Held.SETTLING if now - self._settled_at < self._settle else None

    def _held_by_counts(self, now: float) -> Held:
        if self._state is State.BUSY:
            return Held.NO
        own = self._departures.staying
        if own - self.mean < 1:
            return Held.EVEN
        if not self._sheds:
            farthest = max(
                abs(connections - self.mean)
                for connections in (own, *(s.connections for s in self._others.values()))
            )
            if farthest <= max(self._margin * self.mean, 1):
                return Held.EVEN
            if now < self._rested_at:
                return Held.RESTING
        self._sheds = True
        return Held.NO

    def _end_of_shedding(self, before: Held) -> None:
        """Chance alone moves some: the next one among the same replicas waits twice as long."""
        self._allowance = 0.0
        if before is not Held.NO:
            return
        log.info("shedding_ends", connections=self._departures.staying, held=self.held)
        self._sheds = False
        self._rested_at = self._clock() + self._rest
        self._rest = min(self._rest * 2, REST_LONGEST.total_seconds())
