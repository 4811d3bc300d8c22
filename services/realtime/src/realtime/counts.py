"""What a hub did so far, as plain integers: the hot path knows no metrics library."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class HubCounts:
    """Totals since the start; ``gaps`` by reason."""

    flushes: int = 0
    deliveries: int = 0
    evicted: int = 0
    gaps: Counter[str] = field(default_factory=Counter)
