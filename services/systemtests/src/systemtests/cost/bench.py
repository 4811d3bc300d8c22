"""Where paths are measured: connections of one service, a kernel, a meter."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from systemtests.cost.connections import Connections
from systemtests.cost.kernel import Kernel
from systemtests.cost.meter import Meter

TURNS: Final = 6
"""Turns of the loop after which nothing is left to do: written, and every task that was woken."""

Run: TypeAlias = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Bench:
    """One service's connections and kernels, and what counts."""

    connections: Connections
    make_kernel: Callable[[], Kernel]
    meter: Meter
    kernels: list[Kernel] = field(default_factory=list)

    def kernel(self) -> Kernel:
        """A kernel that `clear` ends."""
        self.kernels.append(self.make_kernel())
        return self.kernels[-1]

    async def measure(self, run: Run) -> None:
        """Run once to warm up (the interpreter adapts), and once for the figure."""
        await run()
        self.connections.drain()
        self.meter.begin()
        await run()
        self.meter.end()
        self.connections.drain()

    def clear(self) -> None:
        """End what was prepared."""
        for kernel in self.kernels:
            kernel.close()
        self.kernels.clear()


async def turn() -> None:
    """Turn the loop until what was begun is done."""
    for _ in range(TURNS):
        await asyncio.sleep(0)
