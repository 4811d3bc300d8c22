"""A place in a log that a client can come back to."""

import re
from typing import NamedTuple

# The offset's upper bound is 19 digits: JetStream sequences are unsigned 64-bit integers, of which
# a signed 64-bit reader (JavaScript's BigInt64, SQL) can still hold every value that we hand out.
_PATTERN = re.compile(r"([a-z0-9]{4,16})-([0-9]{1,19})", re.ASCII)


class Position(NamedTuple):
    """Epoch and offset: which incarnation of a stream, and how far into it.

    Positions of one epoch compare by offset; positions of different epochs do not compare, which is
    why a stream that was recreated or rolled back gets a new epoch.
    """

    epoch: str
    offset: int

    def __str__(self) -> str:
        return f"{self.epoch}-{self.offset}"


def parse_position(text: str) -> Position | None:
    """Read ``<epoch>-<offset>``; anything else is no position."""
    match = _PATTERN.fullmatch(text)
    if match is None:
        return None
    return Position(match[1], int(match[2]))
