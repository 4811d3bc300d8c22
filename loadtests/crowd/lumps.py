"""Whether something on the way holds events back and lets them go in lumps.

A proxy that buffers or compresses a stream delivers everything, in order, and too late: several
events at once that were made seconds apart. Replayed events come so by right, and are left out.
"""

from typing import Final

LUMP_SECONDS: Final = 1.0
"""Between the oldest and the newest reading of one arrival; a flush takes 20 ms."""
_FEW: Final = 2


class Lumps:
    """Watches the arrivals of one connection; ``held`` counts those that came as a lump."""

    def __init__(self, *, since: float) -> None:
        self.held = 0
        self._since = since
        self._events = 0
        self._times: list[float] = []

    def event(self, oldest: float, newest: float) -> None:
        """An event came with the present arrival, of readings from ``oldest`` to ``newest``."""
        if oldest >= self._since:
            self._events += 1
            self._times += (oldest, newest)

    def arrived(self, *, late: float) -> float:
        """The arrival is complete; gives the seconds that it spans if it is a lump, else 0.

        ``late`` is how late the reader itself was: it makes lumps, too.
        """
        events, times = self._events, self._times
        self._events, self._times = 0, []
        if events < _FEW:
            return 0.0
        span = max(times) - min(times)
        if span < LUMP_SECONDS + late:
            return 0.0
        self.held += 1
        return span
