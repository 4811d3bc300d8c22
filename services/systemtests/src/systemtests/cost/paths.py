"""The paths whose cost is held: what Airwave does on each, with the plain code beside it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeAlias

from realtime.catchup import SLICE_ENTRIES
from realtime.sink import Sink
from systemtests.cost import plain
from systemtests.cost.bench import Bench, Run, turn
from systemtests.cost.busy import SEEDS, BusySink

Prepare: TypeAlias = Callable[[Bench, int], Run]

FLUSHES: Final = 16
CONNECTIONS: Final = 24
CLOCK_SCALE: Final = 10


@dataclass(frozen=True, slots=True)
class Path:
    """A cost per operation: the slope between two sizes, so that what is fixed cancels out.

    ``per_size``: the operations that one more of size stands for. The clock is coarser than a count
    of instructions, so for it the larger size is `CLOCK_SCALE` times as large.
    """

    name: str
    sizes: tuple[int, int]
    ours: Prepare
    plain: Prepare
    per_size: int = 1


def deliveries(
    bench: Bench, subscribers: int, *, sink_of: Callable[[Sink], Sink] = lambda sink: sink
) -> Run:
    """Publish to so many subscribers, one entry a flush."""
    kernel = bench.kernel()
    for sink in bench.connections.sinks[:subscribers]:
        kernel.attach(sink_of(sink))

    async def run() -> None:
        for _ in range(FLUSHES):
            kernel.publish(1)
            await turn()

    return run


def events(bench: Bench, flushes: int, *, entries: int = 1) -> Run:
    """Take in, encode, frame and flush so many entries at a time, for one subscriber."""
    kernel = bench.kernel()
    kernel.attach(bench.connections.sinks[0])

    async def run() -> None:
        for _ in range(flushes):
            kernel.publish(entries)
        await turn()

    return run


def entries(bench: Bench, count: int) -> Run:
    """Flush so many entries together."""
    return events(bench, FLUSHES // 2, entries=count)


def replay(bench: Bench, count: int) -> Run:
    """Bring a subscriber to the head from so many entries below it, in the kernel's slices."""
    kernel = bench.kernel()
    idle, sink = bench.connections.sinks[1], bench.connections.sinks[0]
    kernel.attach(idle)
    kernel.publish(count)

    async def run() -> None:
        subscriber = kernel.attach(sink, behind=count)
        while not subscriber.live:  # noqa: ASYNC110 - turning the loop is what is measured
            await asyncio.sleep(0)
        await turn()
        subscriber.close()

    return run


def attachments(bench: Bench, count: int) -> Run:
    """Attach at the head and leave, one after the other."""
    kernel = bench.kernel()
    idle, sink = bench.connections.sinks[1], bench.connections.sinks[0]
    kernel.attach(idle)

    async def run() -> None:
        for _ in range(count):
            kernel.attach(sink).close()

    return run


_PLAIN_DELIVERIES: Final = partial(plain.deliveries, flushes=FLUSHES)
_FEW_AND_MANY: Final = (4, CONNECTIONS)

FEED: Final = (
    Path("feed.delivery", _FEW_AND_MANY, deliveries, _PLAIN_DELIVERIES, per_size=FLUSHES),
    Path("feed.event", (8, 40), events, partial(plain.events, readings=1)),
    Path(
        "feed.reading",
        (1, 21),
        entries,
        lambda bench, count: plain.events(bench, FLUSHES // 2, readings=count),
        per_size=FLUSHES // 2,
    ),
    Path(
        "feed.replay",
        (SLICE_ENTRIES, 3 * SLICE_ENTRIES),
        replay,
        partial(plain.replayed_readings, at_once=SLICE_ENTRIES),
    ),
    Path("feed.attach", (8, 40), attachments, plain.attachments),
)
CHAT: Final = (
    Path("chat.delivery", _FEW_AND_MANY, deliveries, _PLAIN_DELIVERIES, per_size=FLUSHES),
    Path("chat.message", (8, 40), events, plain.messages),
    Path("chat.replay", (32, 128), replay, plain.replayed_messages),
)


def seeded(seed: str) -> Path:
    """`feed.delivery` with a regression of `busy.SEEDS`."""
    ours = partial(deliveries, sink_of=lambda sink: BusySink(sink, SEEDS[seed]))
    return Path(f"seeded.{seed}", _FEW_AND_MANY, ours, _PLAIN_DELIVERIES, per_size=FLUSHES)
