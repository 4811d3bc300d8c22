"""What was framed for those who catch up, so that thousands who come back are served one frame."""

from collections.abc import Sequence
from typing import NamedTuple

from realtime.framing import Framing
from realtime.position import Position


class Slice(NamedTuple):
    """A framed piece of a channel's log: its chunks, and how many payloads they carry."""

    chunks: Sequence[bytes]
    payloads: int


class Slices:
    """Slices of one channel's log by where they begin and end.

    Emptied at every tick of the hub: they serve a storm, which brings many to the same places
    within moments, and weigh nothing otherwise.
    """

    __slots__ = ("_framing", "_made")

    def __init__(self, framing: Framing) -> None:
        self._framing = framing
        self._made: dict[tuple[int, Position], Slice] = {}

    def framed(self, items: Sequence[tuple[int, tuple[bytes, ...]]], epoch: str) -> Slice:
        """The slice of ``items`` (at least one), the same objects for the same items."""
        upto = Position(epoch, items[-1][0])
        key = (items[0][0], upto)
        slice_ = self._made.get(key)
        if slice_ is None:
            flat = self._framing.reduce([payload for _, payloads in items for payload in payloads])
            slice_ = self._made[key] = Slice(self._framing.frame(flat, upto), len(flat))
        return slice_

    def clear(self) -> None:
        """Forget all."""
        self._made.clear()
