"""A sink that any ASGI server drains."""

from asyncio import Event
from collections.abc import AsyncIterator, Callable

from realtime.sink import HIGH_BYTES, LOW_BYTES, ToldSink


class BufferSink(ToldSink):
    """A sink that an ASGI response drains: works with every server, at a task's wake-up per chunk.

    `chunks` is the reading end; whoever iterates it owns the connection.
    """

    def __init__(self, *, high_bytes: int = HIGH_BYTES, low_bytes: int = LOW_BYTES) -> None:
        super().__init__()
        self._high = high_bytes
        self._low = low_bytes
        self._waiting: list[bytes] = []
        self._taken_bytes = 0
        self._waiting_bytes = 0
        self._wake = Event()
        self._on_abort: Callable[[], None] | None = None
        self.full = False
        self.closed = False
        self.aborted = False

    @property
    def buffered_bytes(self) -> int:
        """What waits, and what the server was given but has not sent yet."""
        return self._waiting_bytes + self._taken_bytes

    def write(self, chunk: bytes) -> None:
        """Take one chunk; after `close` it is dropped."""
        if self.closed:
            return
        self._waiting.append(chunk)
        self._waiting_bytes += len(chunk)
        self._wake.set()
        if not self.full and self.buffered_bytes >= self._high:
            self.full = True
            self._tell_full()

    write_shared = write

    def close(self) -> None:
        """Let `chunks` end after what waits."""
        if not self.closed:
            self.closed = True
            self._wake.set()
            self._tell_closed()

    def abort(self) -> None:
        """Let `chunks` end at once, and end the task that is stuck in a send."""
        self.aborted = True
        self._waiting.clear()
        self._waiting_bytes = 0
        self.close()
        if self._on_abort is not None:
            self._on_abort()

    def on_abort(self, callback: Callable[[], None]) -> None:
        """Call back on `abort`: the response's task may be waiting for a peer that never reads."""
        self._on_abort = callback

    async def chunks(self) -> AsyncIterator[list[bytes]]:
        """Everything that waits, again and again, until closed.

        Coming back for more says that the last batch was sent.
        """
        while True:
            self._sent()
            if not self._waiting:
                if self.closed:
                    return
                self._wake.clear()
                await self._wake.wait()
                continue
            batch, self._waiting = self._waiting, []
            self._taken_bytes, self._waiting_bytes = self._waiting_bytes, 0
            yield batch

    def _sent(self) -> None:
        self._taken_bytes = 0
        if self.full and not self.closed and self._waiting_bytes <= self._low:
            self.full = False
            self._tell_drained()
