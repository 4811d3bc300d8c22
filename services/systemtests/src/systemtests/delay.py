"""``python -m systemtests.delay``: how long a reading takes from its intended time to a client.

Measures a running Airwave from outside, with one client. A figure of this kind says as much about
the machine as about Airwave: it is printed, never asserted.
"""

import argparse
import asyncio
import platform
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from realtime.testing import wait_until
from systemtests.listener import Listener, listening


@dataclass(frozen=True, slots=True)
class Delays:
    """Delays of readings, in milliseconds, ascending."""

    milliseconds: Sequence[float]

    def percentile(self, percent: float) -> float:
        """The smallest delay that ``percent`` of all are at or below (nearest rank)."""
        rank = max(1, -(-len(self.milliseconds) * percent // 100))
        return self.milliseconds[int(rank) - 1]


async def measure(url: str, *, seconds: float) -> tuple[Delays, float]:
    """Delays of what arrives within ``seconds``, and seconds from connecting to the first event."""
    began = time.perf_counter()
    async with listening(url) as listener:
        await wait_until(lambda: listener.events, what="the first event")
        first = time.perf_counter() - began
        return Delays(sorted(await _collect(listener, seconds))), first


async def _collect(listener: Listener, seconds: float) -> list[float]:
    delays: list[float] = []
    until = time.monotonic() + seconds
    taken = len(listener.records)
    while time.monotonic() < until:
        now = time.time()
        delays += [(now - record["t"]) * 1_000 for record in listener.records[taken:]]
        taken = len(listener.records)
        await asyncio.sleep(0)
    return delays


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m systemtests.delay", description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8080/feed/readings")
    parser.add_argument("--seconds", type=float, default=20.0)
    arguments = parser.parse_args()
    print(f"listening to {arguments.url} for {arguments.seconds:g} s")  # noqa: T201
    delays, first = asyncio.run(measure(arguments.url, seconds=arguments.seconds))
    if not delays.milliseconds:
        print("no reading arrived; does the producer run?", file=sys.stderr)  # noqa: T201
        return 1
    figures = ", ".join(f"p{p} {delays.percentile(p):.1f} ms" for p in (50, 90, 99))
    mean = statistics.fmean(delays.milliseconds)
    day = datetime.now(UTC).date()
    print(f"first event after {first * 1_000:.0f} ms")  # noqa: T201
    print(f"{len(delays.milliseconds)} readings: {figures}, mean {mean:.1f} ms")  # noqa: T201
    print(f"{day}, {platform.system()} {platform.machine()}, one client")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
