"""How long to wait before a process that died is started again, and when to give up."""

from collections import deque
from typing import Final

MOST: Final = 5
WINDOW: Final = 60.0  # seconds
SHORTEST: Final = 0.5
LONGEST: Final = 8.0
# Ready for so long, it was well: what killed it came from outside, and nobody gives up.
WELL: Final = 5.0
# Ready for so long, its deaths are forgotten. Less, and one that dies every six seconds would be
# started again at once for ever.
FORGOTTEN: Final = WINDOW


class Deaths:
    """The deaths of one process. Times are seconds of any steady clock.

    The first delay is ``shortest``, each further one twice the last, up to `LONGEST`.
    """

    def __init__(self, *, shortest: float = SHORTEST) -> None:
        self._shortest = shortest
        self._times: deque[float] = deque(maxlen=MOST)
        self._in_a_row = 0

    def delay_after(self, now: float, *, ready_for: float) -> float | None:
        """Seconds to wait after a death at ``now``; None: it keeps dying, give up.

        It keeps dying when it died `MOST` times within `WINDOW` seconds and was never ready for
        `WELL` seconds in between.
        """
        if ready_for >= WELL:
            self._times.clear()
        if ready_for >= FORGOTTEN:
            self._in_a_row = 0
        self._times.append(now)
        self._in_a_row += 1
        if len(self._times) == MOST and now - self._times[0] <= WINDOW:
            return None
        return min(self._shortest * 2.0 ** min(self._in_a_row - 1, 16), LONGEST)
