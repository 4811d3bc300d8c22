"""One fault alone, or a random mix of them, under a crowd."""

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from systemtests.chaos.catalogue import lanes_of
from systemtests.chaos.crowd import Crowd, Size, crowd_of
from systemtests.chaos.fault import Fault
from systemtests.chaos.judging import judge_crowd
from systemtests.chaos.outcome import Allowed, Flow, Outcome, Span, allowed_by
from systemtests.chaos.world import World
from systemtests.verdict import Saw, Told, Verdict

RANDOM_BOUND: Final = 150.0
"""Seconds that anything may be on its way in a random mix, where faults follow faults."""
_QUIET: Final = (2.0, 8.0)
"""Seconds between two faults of a lane."""


@dataclass
class Clock:
    """Seconds since a run began, and the faults of it."""

    begin: float = field(default_factory=time.monotonic)
    spans: list[Span] = field(default_factory=list)

    async def during(
        self, world: World, fault: Fault, chance: random.Random, seconds: float
    ) -> None:
        """Do a fault and note when."""
        began = time.monotonic() - self.begin
        try:
            await fault.act(world, chance, seconds)
        finally:
            ended = time.monotonic() - self.begin
            self.spans.append(Span(name=fault.name, begin=began, end=ended))


def slug(text: str) -> str:
    """A name that folders and rooms may have."""
    return "".join(c if c.isalnum() and c.isascii() else "-" for c in text).strip("-").lower()


async def run_alone(
    world: World, fault: Fault, folder: Path, *, size: Size, lasting: float | None = None
) -> Outcome:
    """One fault, and nothing else; ``lasting`` in seconds, where not as long as it says itself."""
    seconds = fault.seconds if lasting is None else lasting
    clock, error, verdict = Clock(), "", Verdict()
    chance = random.Random(f"{world.seed}/{fault.name}")  # noqa: S311 - replayable
    room = slug(fault.name)
    crowd: Crowd | None = None
    try:
        async with crowd_of(world, folder / room, size, room=room) as crowd:
            await clock.during(world, fault, chance, seconds)
            await crowd.flow_again()
            await crowd.finish()
            verdict = await judge_crowd(crowd, history=not fault.wounds)
    except Exception as failure:  # noqa: BLE001 - a fault that can't be done is a run that failed
        error = f"{type(failure).__name__}: {failure}"
        if crowd is not None:
            crowd.book.read()
            verdict = await judge_crowd(crowd, history=False)
    if dead := await world.revive_dead():
        error = f"{error} died: {', '.join(dead)}".strip()
    return _outcome(
        name=fault.name,
        row=fault.row,
        allowed=allowed_by(fault, seconds),
        clock=clock,
        crowd=crowd,
        verdict=verdict,
        error=error,
    )


async def run_random(world: World, folder: Path, *, seconds: float, size: Size) -> Outcome:
    """Two lanes of faults at once, drawn by the world's seed, for so long."""
    clock, error, verdict = Clock(), "", Verdict()
    crowd: Crowd | None = None
    lanes = lanes_of(world)
    try:
        async with crowd_of(world, folder / "random", size, room="random") as crowd:
            async with asyncio.TaskGroup() as group:
                for number, lane in enumerate(lanes):
                    group.create_task(_lane(world, clock, lane, number, seconds))
            await crowd.finish()
            verdict = await judge_crowd(crowd, history=True)
    except* Exception as failures:  # noqa: BLE001 - as above
        error = "; ".join(f"{type(e).__name__}: {e}" for e in failures.exceptions)
    if error and crowd is not None:
        crowd.book.read()
        verdict = await judge_crowd(crowd, history=False)
    if dead := await world.revive_dead():
        error = f"{error} died: {', '.join(dead)}".strip()
    telling = {fault.name for lane in lanes for fault in lane if fault.tells}
    told = any(span.name in telling for span in clock.spans)
    return _outcome(
        name="random mix",
        row=f"seed {world.seed}",
        allowed=Allowed(bound=RANDOM_BOUND, tells=told, cuts=True),
        clock=clock,
        crowd=crowd,
        verdict=verdict,
        error=error,
    )


def plan_of(seed: str, lane: Sequence[Fault], number: int) -> "Plan":
    """The lane's faults in the order in which this seed has them."""
    return Plan(random.Random(f"{seed}/lane{number}"), lane)  # noqa: S311 - replayable


@dataclass
class Plan:
    """Draws one fault after the other, without end: the same ones for the same seed."""

    chance: random.Random
    lane: Sequence[Fault]

    def draw(self) -> tuple[Fault, float, float, random.Random]:
        """A fault, how long it lasts, the quiet before it, and its own dice."""
        fault = self.chance.choice(self.lane)
        seconds = fault.seconds * self.chance.uniform(0.5, 1.5)
        quiet = self.chance.uniform(*_QUIET)
        return fault, seconds, quiet, random.Random(self.chance.random())  # noqa: S311 - as above


async def _lane(
    world: World, clock: Clock, lane: Sequence[Fault], number: int, seconds: float
) -> None:
    plan = plan_of(world.seed, lane, number)
    until = time.monotonic() + seconds
    while True:
        fault, lasting, quiet, chance = plan.draw()
        await asyncio.sleep(quiet)
        if time.monotonic() + lasting > until:
            return
        print(f"  {time.monotonic() - clock.begin:7.1f} s  {fault.name}", flush=True)  # noqa: T201
        await clock.during(world, fault, chance, lasting)


def _outcome(
    *,
    name: str,
    row: str,
    allowed: Allowed,
    clock: Clock,
    crowd: Crowd | None,
    verdict: Verdict,
    error: str,
) -> Outcome:
    outcome = Outcome(
        name=name,
        row=row,
        seconds=time.monotonic() - clock.begin,
        allowed=allowed,
        verdict=verdict,
        spans=clock.spans,
        flow=Flow(),
        error=error,
    )
    if crowd is not None:
        _count(outcome, crowd, clock)
    return outcome


def _count(outcome: Outcome, crowd: Crowd, clock: Clock) -> None:
    flow, seconds = outcome.flow, int(outcome.seconds) + 1
    flow.stored, flow.readings, flow.messages = [0] * seconds, [0] * seconds, [0] * seconds
    for stored in crowd.book.stored.values():
        _add(flow.stored, stored.at - clock.begin, 1)
    for client, facts in crowd.book.facts.items():
        row = flow.readings if client.startswith("feed") else flow.messages
        for fact in facts:
            if isinstance(fact, Saw):
                _add(row, fact.at - clock.begin, len(fact.keys))
            elif isinstance(fact, Told):
                flow.gaps.append(fact.at - clock.begin)
    outcome.sent = len(crowd.book.stored)
    outcome.delivered = sum(flow.readings) + sum(flow.messages)
    outcome.farewells = sum(ended.farewells for ended in crowd.book.ended.values())
    outcome.reconnects = sum(max(0, e.connections - 1) for e in crowd.book.ended.values())


def _add(row: list[int], at: float, count: int) -> None:
    if 0 <= at < len(row):
        row[int(at)] += count
