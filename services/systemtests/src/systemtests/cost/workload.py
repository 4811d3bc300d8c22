"""``python -m systemtests.cost.workload``: runs every path in windows that a meter counts.

Started by `systemtests.cost.counting`, under callgrind or not. Writes which windows there were, in
their order, as JSON to standard output.
"""

import argparse
import asyncio
import gc
import json
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import TypeAlias

import uvloop

from realtime.http_protocol import StreamHttpProtocol
from realtime.ws_protocol import StreamWebSocketProtocol
from systemtests.cost.bench import Bench
from systemtests.cost.connections import Connections, nowhere, opened
from systemtests.cost.kernel import chat_kernel, feed_kernel
from systemtests.cost.meter import ClockMeter, InstructionMeter, Meter
from systemtests.cost.paths import CHAT, CLOCK_SCALE, CONNECTIONS, FEED, Path, seeded

Window: TypeAlias = tuple[str, str, int]
"""A path, which side of it, and how many operations."""


@asynccontextmanager
async def connected(*, sockets: bool) -> AsyncIterator[tuple[Connections, Connections]]:
    """Connections of feed's and of chat's kind."""
    if not sockets:
        yield (
            nowhere(count=CONNECTIONS * CLOCK_SCALE, frame=StreamHttpProtocol.frame),
            nowhere(count=CONNECTIONS * CLOCK_SCALE, frame=StreamWebSocketProtocol.frame),
        )
        return
    async with (
        opened(count=CONNECTIONS, websocket=False) as streams,
        opened(count=CONNECTIONS, websocket=True) as websockets,
    ):
        yield streams, websockets


async def measure(bench: Bench, path: Path, *, scale: int) -> list[Window]:
    """Measure both sides of a path at both sizes; the windows, in their order."""
    windows = []
    for size in (path.sizes[0], path.sizes[1] * scale):
        for side, prepare in (("ours", path.ours), ("plain", path.plain)):
            await bench.measure(prepare(bench, size))
            bench.clear()
            windows.append((path.name, side, size * path.per_size))
    return windows


async def run(*, rounds: int, clock: bool, seeds: Sequence[str]) -> dict[str, Sequence[object]]:
    """Measure every path in so many rounds."""
    meter: Meter = ClockMeter() if clock else InstructionMeter()
    scale = CLOCK_SCALE if clock else 1
    windows: list[Window] = []
    async with connected(sockets=not clock) as (streams, websockets):
        feed = Bench(streams, feed_kernel, meter)
        chat = Bench(websockets, chat_kernel, meter)
        meter.start()
        for _ in range(rounds):
            with _no_collections():
                for path in (*FEED, *map(seeded, seeds)):
                    windows += await measure(feed, path, scale=scale)
                for path in CHAT:
                    windows += await measure(chat, path, scale=scale)
    return {"windows": windows, "figures": meter.figures}


@contextmanager
def _no_collections() -> Iterator[None]:
    """Collect garbage now rather than in whichever window it would fall into."""
    gc.collect()
    gc.freeze()
    gc.disable()
    yield
    gc.unfreeze()
    gc.enable()


def main() -> int:
    """Measure and write."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--clock", action="store_true")
    parser.add_argument("--seed", action="append", default=[])
    given = parser.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        measured = runner.run(run(rounds=given.rounds, clock=given.clock, seeds=given.seed))
    json.dump(measured, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
