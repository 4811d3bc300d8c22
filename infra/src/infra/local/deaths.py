"""How long to wait before a process that died is started again, and when to give up."""

from collections import deque
from typing import Final

MOST: Final = 5
WINDOW: Final = 60.0  # seconds
SHORTEST: Final = 0.5
LONGEST: Final = 8.0
# Ready for so long, it was well: what killed it came from outside, and the count begins anew.
WELL: Final = 5.0


class Deaths:
    """The deaths of one process. Times are seconds of any steady clock.

    The first delay is ``shortest``, each further one twice the last.
    """

    def __init__(self, *, shortest: float = SHORTEST) -> None:
        self._shortest = shortest
        self._times: deque[float] = deque(maxlen=MOST)

    def delay_after(self, now: float, *, ready_for: float) -> float | None:
        """Seconds to wait after a death at ``now``; None: it keeps dying, give up.

        It keeps dying when it died `MOST` times within `WINDOW` seconds and was never ready for
        `WELL` seconds in between.
        """
        if ready_for >= WELL:
            self._times.clear()
        self._times.append(now)
        if len(self._times) == MOST and now - self._times[0] <= WINDOW:
            return None
        return min(self._shortest * 2.0 ** (len(self._times) - 1), LONGEST)
