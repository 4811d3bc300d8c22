"""When a client that was too fast may send again: one after the other, at the chat's rate."""

from collections.abc import Callable


class Turns:
    """Gives each that was refused a time of its own.

    Sent again together, all but the first would be refused again, and who is refused too often is
    closed with 4029.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._last = 0.0
        self.apply = False
        """Whether somebody has been refused, and not everything has been stored since."""

    def wait(self, per_second: float) -> float:
        """How long the next one waits (seconds)."""
        now = self._clock()
        self._last = max(self._last, now) + 1 / per_second
        self.apply = True
        return self._last - now

    def begin(self, *, apply: bool) -> None:
        """Begin with a new connection, over which nobody waits yet."""
        self._last = 0.0
        self.apply = apply
