"""Where a subscriber's bytes go.

A sink takes bytes at once and never waits: the loop over a thousand sinks runs without a single
``await``. What it can't pass on it buffers, and says when it is full; the hub then stops writing to
it and catches it up later, so the buffer is bounded by the marks plus one chunk.
"""

from asyncio import Event
from collections.abc import AsyncIterator, Callable
from typing import Final, Protocol

from realtime.tally import Tally

HIGH_BYTES: Final = 64 * 1024
"""A sink with this much waiting is full."""
LOW_BYTES: Final = 16 * 1024
"""A full sink with no more than this waiting takes bytes again."""


class SinkListener(Protocol):
    """Who wants to know how a sink fares."""

    def sink_full(self) -> None:
        """Stop writing until `sink_drained`."""

    def sink_drained(self) -> None:
        """There is room again."""

    def sink_closed(self) -> None:
        """Nothing written from now on arrives anywhere."""


class Sink(Protocol):
    """The writing end of one connection."""

    @property
    def full(self) -> bool:
        """Whether the high mark was passed and the low one not yet reached again."""
        ...

    @property
    def closed(self) -> bool:
        """Whether the connection has ended or is about to."""
        ...

    @property
    def aborted(self) -> bool:
        """Whether it was ended by `abort`."""
        ...

    @property
    def buffered_bytes(self) -> int:
        """How much was taken but not yet passed on."""
        ...

    def write(self, chunk: bytes) -> None:
        """Take one chunk (SSE blocks, or one WebSocket message); never waits, never raises."""
        ...

    def write_shared(self, chunk: bytes) -> None:
        """As `write`, for a chunk that everybody at the head of a channel takes: one object."""
        ...

    def join(self, tally: Tally) -> None:
        """From now on `write_shared` brings what ``tally`` counts, until `part`."""
        ...

    def part(self) -> None:
        """What ``tally`` counts comes no more; parting twice is once."""
        ...

    def close(self) -> None:
        """End properly after what was written has gone out."""
        ...

    def abort(self) -> None:
        """End now; what is buffered is thrown away."""
        ...

    def listen(self, listener: SinkListener) -> None:
        """Tell ``listener`` from now on."""
        ...

    def unlisten(self, listener: SinkListener) -> None:
        """Tell ``listener`` no more; one that never listened is no error."""
        ...


class ToldSink:
    """What all sinks share: whom they tell, and that most have no use for a tally.

    A tuple, for most of the time one listens, and there are as many of these as connections.
    """

    __slots__ = ("_listeners",)

    def __init__(self) -> None:
        self._listeners: tuple[SinkListener, ...] = ()

    def listen(self, listener: SinkListener) -> None:
        """Tell ``listener`` from now on."""
        self._listeners += (listener,)

    def unlisten(self, listener: SinkListener) -> None:
        """Tell ``listener`` no more; one that never listened is no error."""
        self._listeners = tuple(one for one in self._listeners if one is not listener)

    def join(self, tally: Tally) -> None:
        """Nothing of what is written needs a sum."""

    def part(self) -> None:
        """Nothing of what is written needs a sum."""

    def _tell_full(self) -> None:
        for listener in self._listeners:
            listener.sink_full()

    def _tell_drained(self) -> None:
        for listener in self._listeners:
            listener.sink_drained()

    def _tell_closed(self) -> None:
        listeners, self._listeners = self._listeners, ()
        for listener in listeners:
            listener.sink_closed()


class ClosedSink(ToldSink):
    """A sink before there is a connection, or without one: what is written goes nowhere."""

    __slots__ = ()

    full = False
    closed = True
    aborted = False
    buffered_bytes = 0

    def write(self, chunk: bytes) -> None:
        """Drop it."""

    write_shared = write

    def close(self) -> None:
        """Nothing to end."""

    def abort(self) -> None:
        """Nothing to end."""


async def room_in(sink: Sink) -> None:
    """Wait until ``sink`` takes bytes again, or is closed."""
    if sink.closed or not sink.full:
        return
    listener = _Room()
    sink.listen(listener)
    try:
        await listener.event.wait()
    finally:
        sink.unlisten(listener)


class _Room:
    def __init__(self) -> None:
        self.event = Event()

    def sink_full(self) -> None:
        """Nothing changes."""

    def sink_drained(self) -> None:
        self.event.set()

    def sink_closed(self) -> None:
        self.event.set()


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
