"""What every source of readings is."""

from collections.abc import AsyncGenerator
from typing import Protocol

from realtime.contracts import Record


class Source(Protocol):
    """Something that yields readings when they are due.

    To add one: write a class with these three members and name it in `producer.app`.
    """

    @property
    def name(self) -> str:
        """What counters and message ids call it: a token, the same in every run."""
        ...

    @property
    def can_wait(self) -> bool:
        """Whether readings keep: a file's do, what a live sensor measured is measured now.

        While the broker is away, a source that can wait is held up, and one that can't is spooled.
        """
        ...

    def readings(self) -> AsyncGenerator[Record]:
        """Yield each reading when it is due; ``t`` is the time it was meant for.

        Readings of one sensor come in order. The end of the iterator is the end of the source.
        """
        ...
