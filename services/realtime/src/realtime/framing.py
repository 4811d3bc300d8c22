"""How a channel's payloads become chunks for a sink, and the loss that a framing has to tell."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from realtime.position import Position


class GapReason(StrEnum):
    """Why a loss could not be filled."""

    EVICTED = "evicted"
    """The ring passed a slow subscriber by."""
    EPOCH = "epoch"
    """The stream was recreated or rolled back."""
    TOO_FAR = "too_far"
    """A client came back with a position that is older than what may be replayed."""
    OVERFLOW = "overflow"
    """The stream itself no longer has what this replica missed."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A loss that a subscriber is told: nothing after ``after`` up to ``upto`` will come."""

    after: Position
    upto: Position
    reason: GapReason


class Framing(Protocol):
    """How a channel's payloads become chunks for a sink."""

    def reduce(self, payloads: Sequence[bytes]) -> Sequence[bytes]:
        """What of the payloads of one flush is delivered: all, unless the channel conflates."""
        ...

    def frame(self, payloads: Sequence[bytes], upto: Position) -> Sequence[bytes]:
        """Frame payloads (at least one); everything up to ``upto`` is in them or was before."""
        ...

    def gap(self, gap: Gap) -> Sequence[bytes]:
        """Tell a loss, with whatever lets the reader go on from ``gap.upto``."""
        ...

    def heartbeat(self, upto: Position) -> Sequence[bytes]:
        """Prove the connection, and that nothing is missing up to ``upto``."""
        ...
