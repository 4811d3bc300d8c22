"""Ports that were handed out, and that nobody may listen on yet.

Between asking for a free port and a server's listening on it lies a moment, in which another
process would be given the same one.
"""

import fcntl
import os
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Final

HELD: Final = timedelta(minutes=1)
"""For as long a port is kept from others; whoever asked for it listens by then."""


class Claims:
    """Locks on single bytes of a file that all processes of one user open, a byte for each port.

    The kernel gives back what a process held when it ends, however it ends. One for each file and
    process: closing any descriptor of the file gives back all of them.
    """

    def __init__(
        self, path: Path, *, held: timedelta = HELD, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._path = path
        self._held = held.total_seconds()
        self._clock = clock
        self._file: int | None = None
        self._until: dict[int, float] = {}
        self._alone = threading.Lock()

    def take(self, port: int) -> bool:
        """Claim a port; False where somebody, this process included, has claimed it."""
        with self._alone:
            self._give_back_old()
            if port in self._until or not self._lock(port):
                return False
            self._until[port] = self._clock() + self._held
            return True

    def _give_back_old(self) -> None:
        now = self._clock()
        # They were put in by time.
        for port, until in list(self._until.items()):
            if until > now:
                return
            del self._until[port]
            fcntl.lockf(self._opened(), fcntl.LOCK_UN, 1, port)

    def _lock(self, port: int) -> bool:
        file = self._opened()
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
        except (BlockingIOError, PermissionError):  # which of them is the system's choice
            return False
        return True

    def _opened(self) -> int:
        if self._file is None:
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
            self._file = os.open(self._path, flags, 0o600)
        return self._file
