"""A clock that the test turns."""


class Clock:
    """Gives ``now``, in seconds, to whoever calls it."""

    def __init__(self, now: float = 100.0) -> None:
        self.now = now

    def __call__(self) -> float:
        """The time that the test has set."""
        return self.now
