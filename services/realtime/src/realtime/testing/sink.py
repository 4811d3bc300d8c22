"""A sink that keeps what it is given, and is full when the test says so."""

from realtime.sink import ToldSink


class MemorySink(ToldSink):
    """Keeps chunks; `fill` and `drain` play the socket.

    With ``high_chunks`` it fills by itself after so many chunks since the last `drain`.
    """

    def __init__(self, *, high_chunks: int | None = None) -> None:
        super().__init__()
        self.chunks: list[bytes] = []
        self.full = False
        self.closed = False
        self.aborted = False
        self._high = high_chunks
        self._undrained = 0

    @property
    def buffered_bytes(self) -> int:
        """Nothing waits here: it is kept."""
        return 0

    @property
    def text(self) -> str:
        """All chunks as one text."""
        return b"".join(self.chunks).decode()

    def write(self, chunk: bytes) -> None:
        """Keep a chunk."""
        if self.closed:
            return
        self.chunks.append(chunk)
        self._undrained += 1
        if self._high is not None and self._undrained >= self._high:
            self.fill()

    def write_shared(self, chunk: bytes) -> None:
        """Keep a chunk."""
        self.write(chunk)

    def close(self) -> None:
        """End."""
        if not self.closed:
            self.closed = True
            self._tell_closed()

    def abort(self) -> None:
        """End, and remember that it was not proper."""
        self.aborted = True
        self.close()

    def fill(self) -> None:
        """Play a socket that takes no more."""
        if not self.full:
            self.full = True
            self._tell_full()

    def drain(self) -> None:
        """Play a socket that has room again."""
        self._undrained = 0
        if self.full:
            self.full = False
            self._tell_drained()
