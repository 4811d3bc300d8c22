"""What a person sees: lines with the name of who said them, in colour on a terminal."""

import os
import queue
import re
import threading
from collections.abc import Callable, Sequence
from typing import Final, TextIO

_OWN: Final = "airwave"
_COLOURS: Final = (36, 32, 35, 34, 33, 96, 92, 95)
_BOLD: Final = 1
_MOST_WAITING: Final = 10_000  # lines; a terminal that is held (Ctrl-S) must not hold the servers
# What could move the cursor or forge a line. A tab is harmless.
_CONTROL: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]")


class Console:
    """Writes from a thread of its own, so that a slow terminal never slows what it shows.

    Any thread may call it. When nobody reads any more, ``on_broken`` is called once.
    """

    def __init__(
        self, stream: TextIO, names: Sequence[str], *, on_broken: Callable[[], None] | None = None
    ) -> None:
        self._stream = stream
        self._width = max(map(len, (_OWN, *names)))
        self._colours = dict(zip(names, _COLOURS * len(names), strict=False))
        self._colours[_OWN] = _BOLD
        self._coloured = stream.isatty() and not os.environ.get("NO_COLOR")
        self._on_broken = on_broken
        self._lines: queue.Queue[str | None] = queue.Queue(_MOST_WAITING)
        self._dropped = 0
        self._thread = threading.Thread(target=self._run, name="console", daemon=True)
        self._thread.start()

    def say(self, text: str) -> None:
        """Show a line of the run itself."""
        self.line(_OWN, text)

    def line(self, name: str, text: str) -> None:
        """Show a line that ``name`` printed; dropped, and counted, when too many wait."""
        text = _CONTROL.sub(lambda char: f"\\x{ord(char[0]):02x}", text)
        try:
            self._lines.put_nowait(f"{self._prefix(name)} {text}\n")
        except queue.Full:
            self._dropped += 1

    def text(self, text: str) -> None:
        """Show ``text`` as it is."""
        self._lines.put(f"{text}\n")

    def close(self) -> None:
        """Show what waits, for at most two seconds."""
        try:
            self._lines.put(None, timeout=1)
        except queue.Full:
            return
        self._thread.join(timeout=2)

    def _prefix(self, name: str) -> str:
        prefix = f"{name:<{self._width}} |"
        return f"\x1b[{self._colours.get(name, 0)}m{prefix}\x1b[0m" if self._coloured else prefix

    def _run(self) -> None:
        try:
            while (line := self._lines.get()) is not None:
                self._stream.write(line)
                if dropped := self._dropped:
                    self._dropped -= dropped
                    self._stream.write(f"{self._prefix(_OWN)} {dropped} lines not shown\n")
                if self._lines.empty():
                    self._stream.flush()
            self._stream.flush()
        except (OSError, ValueError):
            if self._on_broken is not None:
                self._on_broken()
