"""What a replica has of descriptors, memory and time, and who is turned away before it is spent.

The kernel's own answers come too late: without a descriptor nothing can be accepted, read or
reconnected, and a process beyond its memory is killed with everybody on it. Decision 0028.
"""

import asyncio
import os
from collections.abc import Callable, Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import structlog

from realtime.admission import Refusal
from realtime.budget_settings import BudgetSettings
from realtime.descriptors import UNLIMITED, descriptor_limit, first_free_descriptor
from realtime.health import Health
from realtime.loop_lag import LoopLag
from realtime.overload import Overload
from realtime.stalls import Stalls

PERIOD: Final = timedelta(seconds=1)
"""Between two looks at memory."""
CONTAINERS_PART: Final = 0.8
"""Of a container's memory; the kernel's socket buffers are counted there too, but not by us."""
_CGROUP: Final = Path("/sys/fs/cgroup")
_LIMITS: Final = (_CGROUP / "memory.max", _CGROUP / "memory" / "memory.limit_in_bytes")
_STATM: Final = Path("/proc/self/statm")

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Budgets:
    """This process's, and whether each is spent."""

    def __init__(self, settings: BudgetSettings, health: Health) -> None:
        self.stalls = Stalls(settings.stall_after)
        self.overload = Overload(settings.lag_limit)
        self.loop_lag = LoopLag(self.overload.add)
        self.memory_bytes = 0
        self.memory_budget_bytes = settings.memory_bytes or container_budget()
        self._health = health
        self._spare = settings.spare_descriptors
        self._told: Refusal | None = None

    @property
    def background(self) -> list[Callable[[], Coroutine[Any, Any, None]]]:
        """What has to run while a service does."""
        return [self.run, self.loop_lag.run, self.stalls.run]

    @property
    def descriptors_budget(self) -> int:
        """How many descriptors may be open before newcomers are turned away."""
        return max(descriptor_limit() - self._spare, 1)

    def closed(self) -> Refusal | None:
        """Why this replica is there for nobody, if it leaves or has not begun."""
        if self._health.draining:
            return Refusal.DRAINING
        return None if self._health.started else Refusal.STARTING

    def obstacle(self) -> Refusal | None:
        """Why nobody should come here now, for what is spent."""
        if first_free_descriptor() >= self.descriptors_budget:
            return Refusal.DESCRIPTORS
        if 0 < self.memory_budget_bytes < self.memory_bytes:
            return Refusal.MEMORY
        return Refusal.LATE if self.overload.late else None

    @property
    def strained(self) -> bool:
        """Whether fewer connections would help."""
        return self.obstacle() is not None

    async def run(self) -> None:
        """Look, and tell whoever asks whether this replica is ready, until cancelled."""
        while True:
            self.look()
            await asyncio.sleep(PERIOD.total_seconds())

    def look(self) -> None:
        """Take the present use of memory, and say what has begun or is over."""
        self.memory_bytes = resident_bytes()
        obstacle = self.obstacle()
        # A little before newcomers are turned away, for what they come on is a descriptor itself.
        # Late is no reason: all replicas are, when all of them have too much.
        near = first_free_descriptor() >= self.descriptors_budget - self._spare // 8
        self._health.spent = near or obstacle is Refusal.MEMORY
        self._health.set_degraded("budget", obstacle and f"newcomers are turned away: {obstacle}")
        if obstacle is not self._told:
            say = log.info if obstacle is None else log.warning
            say("budget", spent=obstacle, memory_bytes=self.memory_bytes)
            self._told = obstacle


def resident_bytes() -> int:
    """This process's resident memory; 0 where that can't be asked (not Linux)."""
    try:
        return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return 0


def container_budget(limits: tuple[Path, ...] = _LIMITS) -> int:
    """What a container's limit leaves us, in bytes; 0 without a limit."""
    for path in limits:
        try:
            limit = int(path.read_text())
        except (OSError, ValueError):  # "max" is no number
            continue
        # Version 1 writes nearly 2^63 for "unlimited".
        return int(limit * CONTAINERS_PART) if limit < UNLIMITED else 0
    return 0
