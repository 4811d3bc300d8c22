"""What a client was told wrongly, or told to be lost."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """A closed list; all but a gap that was told break the promise."""

    LOST = "lost"
    DUPLICATE = "duplicate"
    ORDER = "order"
    UNTOLD = "untold"
    GAP = "gap"


@dataclass(frozen=True, slots=True)
class Finding:
    """``count`` readings or messages, and where."""

    kind: Kind
    count: int
    detail: str

    @property
    def is_broken(self) -> bool:
        """Whether the promise is: a loss that was told is within it."""
        return self.kind is not Kind.GAP
