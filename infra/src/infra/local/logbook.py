"""What one process printed: in a file that does not grow for ever, its end at hand."""

import contextlib
from collections import deque
from pathlib import Path
from typing import IO, Final

_TAIL: Final = 20
_MOST_BYTES: Final = 16 * 1024 * 1024  # then it becomes FILE.1 and a new one begins


class Logbook:
    """Lines of one process, of all its lives in this run. One thread writes."""

    def __init__(self, path: Path, *, most_bytes: int = _MOST_BYTES) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.tail: deque[str] = deque(maxlen=_TAIL)
        self._most_bytes = most_bytes
        self._file: IO[str] = path.open("w", encoding="utf-8", errors="replace")

    def write(self, line: str) -> None:
        """Add one line. A full disk costs lines, and never the process that prints them."""
        self.tail.append(line)
        with contextlib.suppress(OSError):
            self._file.write(f"{line}\n")
            self._file.flush()
            if self._file.tell() > self._most_bytes:
                self._turn()

    def close(self) -> None:
        """Write no more."""
        with contextlib.suppress(OSError):
            self._file.close()

    def _turn(self) -> None:
        self._file.close()
        self.path.replace(self.path.with_name(f"{self.path.name}.1"))
        self._file = self.path.open("w", encoding="utf-8", errors="replace")
