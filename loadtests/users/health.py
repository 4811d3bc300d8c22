"""How the generator itself does: what it adds to every delay that it reports."""

import time
from collections import deque
from typing import Final

import gevent  # type: ignore[import-untyped]
import psutil  # type: ignore[import-untyped]

from judging.lines import CPU, LAG
from users.telling import JOURNAL

_LOOK_SECONDS: Final = 0.1
_REMEMBERED: Final = 50
_CPU_EVERY: Final = 10


class Health:
    """``late``: the longest that this process was late in the last five seconds."""

    def __init__(self) -> None:
        self._recent: deque[float] = deque((0.0, 0.0), maxlen=_REMEMBERED)
        self._process = psutil.Process()
        self._watch: gevent.Greenlet | None = None
        self._looking_since = 0.0

    @property
    def late(self) -> float:
        """Seconds; a stall that is still going on shows in how long ago the last look was."""
        waiting = time.monotonic() - self._looking_since - _LOOK_SECONDS
        return max(*self._recent, waiting)

    def begin(self) -> None:
        """Look from now on, ten times a second."""
        self.end()
        self._process.cpu_percent()
        self._looking_since = time.monotonic()
        self._watch = gevent.spawn(self._look)

    def end(self) -> None:
        """Look no more."""
        if self._watch is not None:
            self._watch.kill(block=False)
        self._watch = None

    def _look(self) -> None:
        looks = 0
        while True:
            self._looking_since = time.monotonic()
            gevent.sleep(_LOOK_SECONDS)
            late = time.monotonic() - self._looking_since - _LOOK_SECONDS
            self._recent.append(late)
            JOURNAL.took(LAG, late, at=time.time())
            looks += 1
            if looks % _CPU_EVERY == 0:
                # A share of one core, kept where times are kept: 0.85 is 85 %.
                JOURNAL.took(CPU, self._process.cpu_percent() / 100, at=time.time())


HEALTH = Health()
