"""Resident memory of an idle connection, as a slope over several counts; connects per second."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bench.contenders import Contender
from bench.statistics import slope
from bench.tools import Tools

_SETTLE: Final = (
    1.0  # seconds after the last connection until the server has done what it does then
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """``points``: connections and resident bytes; a slope leaves out what a server has anyway."""

    contender: str
    points: tuple[tuple[int, int], ...]
    bytes_per_connection: float
    connects_per_second: float


def measure_memory(tools: Tools, contender: Contender, counts: Sequence[int]) -> Memory:
    """Connect up to each of ``counts`` in turn, and look."""
    tools.say(f"memory of {', '.join(map(str, counts))} idle connections: {contender.title}")
    points, seconds, before = [], 0.0, 0
    with (
        tools.run(contender) as running,
        tools.subscribers(running.audience, sample=0) as subscribers,
    ):
        for count in counts:
            seconds += subscribers.connect(count - before)
            before = count
            time.sleep(_SETTLE)
            points.append((count, running.resident_bytes()))
    return Memory(
        contender=contender.name,
        points=tuple(points),
        bytes_per_connection=slope(points),
        connects_per_second=before / seconds if seconds else 0.0,
    )
