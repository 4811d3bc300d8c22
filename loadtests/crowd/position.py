"""A place in a log, as a client may resume from it."""

import re
from dataclasses import dataclass

_POSITION = re.compile(r"([a-z0-9]{4,16})-([0-9]{1,19})")


@dataclass(frozen=True, slots=True)
class Position:
    """Offsets of one epoch count what the log holds; another epoch is another log."""

    epoch: str
    offset: int

    def __str__(self) -> str:
        return f"{self.epoch}-{self.offset}"


def parse_position(text: str) -> Position:
    """Read ``<epoch>-<offset>``.

    Raises:
        ValueError: it is none.
    """
    found = _POSITION.fullmatch(text)
    if found is None:
        raise ValueError(text)
    return Position(found[1], int(found[2]))
