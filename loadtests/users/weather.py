"""A network that goes away for everybody at once: the storm's beginning."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Line(Protocol):
    """A connection that can be cut; ``was_cut`` says afterwards that it was us."""

    was_cut: bool

    def cut(self) -> None:
        """End it, without a word to anybody."""
        ...


class Weather:
    """Every line that is open in this process."""

    def __init__(self) -> None:
        self._lines: set[Line] = set()

    @contextmanager
    def over(self, line: Line) -> Iterator[None]:
        """The line may be cut while the block lasts."""
        self._lines.add(line)
        try:
            yield
        finally:
            self._lines.discard(line)

    def storm(self) -> None:
        """Cut all of them."""
        for line in tuple(self._lines):
            line.was_cut = True
            line.cut()


WEATHER = Weather()
