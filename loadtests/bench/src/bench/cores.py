"""Which core the server gets and which one everything else."""

import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cores:
    """``server`` is the contender's alone; publisher, subscribers and brokers share ``client``."""

    server: int
    client: int

    @property
    def shared(self) -> bool:
        """Whether both are the same one, so that delays mean little."""
        return self.server == self.client


def choose_cores(allowed: set[int] | None = None) -> Cores:
    """The first two of the cores that this process may use, or one for both."""
    cores = sorted(os.sched_getaffinity(0) if allowed is None else allowed)
    return Cores(server=cores[0], client=cores[min(1, len(cores) - 1)])
