"""The facts of a ledger, and what is said of it: the classes of broken promises. Pure.

A ledger is lists of these facts; who writes them is `systemtests.ledger`, `systemtests.writers` and
`systemtests.chaos`. Times are those of one monotonic clock of the machine, in seconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from realtime.position import Position


class Key(NamedTuple):
    """One reading or message: its source, whose numbers rise in the order of sending."""

    source: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledged:
    """Where and when something was stored, by the word of whoever stored it."""

    offset: int
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Saw:
    """One event: what it brought, and the position that a client holds after it."""

    keys: tuple[Key, ...]
    position: Position | None
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A loss was told: what is missing here is no broken promise."""

    at: float
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stood:
    """How the client said that it stood, from here on; ``live`` is the claim to be up to date."""

    at: float
    live: bool


Fact: TypeAlias = Saw | Told | Stood


@dataclass(frozen=True, slots=True)
class Sent:
    """Everything that was tried, and what of it was acknowledged.

    ``others``: offsets that hold nothing that a client can see (malformed readings).
    """

    tried: Mapping[str, int]
    """The highest number that each source has tried."""
    acknowledged: Mapping[Key, Acknowledged]
    others: frozenset[int] = frozenset()


@dataclass(slots=True)
class Verdict:
    """What a ledger shows: each list is empty, or a promise was broken."""

    lost: list[object] = field(default_factory=list)
    """Acknowledged, never delivered, and no loss was told in its place."""
    duplicate: list[object] = field(default_factory=list)
    reordered: list[object] = field(default_factory=list)
    phantom: list[object] = field(default_factory=list)
    """Seen, and never sent."""
    undetected_gap: list[object] = field(default_factory=list)
    """Positions between two events of which nothing came, and no loss was told."""
    stale_seconds: float = 0.0
    """The longest that something acknowledged was on its way."""
    silent_seconds: float = 0.0
    """The longest that a client heard nothing while it said that it was live."""
    told: int = 0
    """Losses that were told."""

    @property
    def clean(self) -> bool:
        """Nothing lost, repeated, out of order, made up, or missing without a word."""
        return not any(self.classes().values())

    def classes(self) -> dict[str, int]:
        """How often each promise was broken."""
        return {
            "lost": len(self.lost),
            "duplicate": len(self.duplicate),
            "reordered": len(self.reordered),
            "phantom": len(self.phantom),
            "undetected_gap": len(self.undetected_gap),
        }

    def add(self, other: "Verdict") -> None:
        """Take another client's verdict in."""
        self.lost += other.lost
        self.duplicate += other.duplicate
        self.reordered += other.reordered
        self.phantom += other.phantom
        self.undetected_gap += other.undetected_gap
        self.stale_seconds = max(self.stale_seconds, other.stale_seconds)
        self.silent_seconds = max(self.silent_seconds, other.silent_seconds)
        self.told += other.told
