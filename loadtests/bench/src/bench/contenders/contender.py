"""What every contender is: something that can be started, subscribed to and published to."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from bench.cores import Cores
from bench.running import Running


class Wire(StrEnum):
    """What carries the deliveries; ratios to the floor are taken within one of them."""

    SSE = "SSE"
    WEBSOCKET = "WebSocket"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a contender runs: a directory of its own, its core, and what was made beforehand."""

    directory: Path
    cores: Cores
    compiled: Path
    installed: Path


class Contender(Protocol):
    """One line of the table.

    ``missing`` says why it can't run here, or None. ``version`` names the software. ``run`` starts
    it on the server's core, with all that it needs on the client's.
    """

    @property
    def name(self) -> str:
        """What it is chosen by."""
        ...

    @property
    def title(self) -> str:
        """What the table says."""
        ...

    @property
    def wire(self) -> Wire:
        """What carries the deliveries."""
        ...

    def missing(self, installed: Path) -> str | None:
        """Why it can't run here, None if it can."""
        ...

    def version(self, installed: Path) -> str:
        """Which software in which version."""
        ...

    def run(self, place: Place) -> AbstractContextManager[Running]:
        """Start it; it is gone after the block."""
        ...
