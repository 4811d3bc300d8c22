"""Where a subscriber's bytes go.

A sink takes bytes at once and never waits: the loop over a thousand sinks runs without a single
``await``. What it can't pass on it buffers, and says when it is full; the hub then stops writing to
it and catches it up later, so the buffer is bounded by the marks plus one chunk.
"""

from asyncio import Event
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


class WrappedSink:
    """A sink before another one; as that one, but for what is overridden."""

    __slots__ = ("_inner",)

    def __init__(self, inner: Sink) -> None:
        self._inner = inner

    @property
    def full(self) -> bool:
        """As the wrapped one."""
        return self._inner.full

    @property
    def closed(self) -> bool:
        """As the wrapped one."""
        return self._inner.closed

    @property
    def aborted(self) -> bool:
        """As the wrapped one."""
        return self._inner.aborted

    @property
    def buffered_bytes(self) -> int:
        """As the wrapped one."""
        return self._inner.buffered_bytes

    def write(self, chunk: bytes) -> None:
        """Pass it on."""
        self._inner.write(chunk)

    def write_shared(self, chunk: bytes) -> None:
        """Pass it on."""
        self._inner.write_shared(chunk)

    def join(self, tally: Tally) -> None:
        """Pass it on."""
        self._inner.join(tally)

    def part(self) -> None:
        """Pass it on."""
        self._inner.part()

    def close(self) -> None:
        """Pass it on."""
        self._inner.close()

    def abort(self) -> None:
        """Pass it on."""
        self._inner.abort()

    def listen(self, listener: SinkListener) -> None:
        """Tell ``listener`` from now on."""
        self._inner.listen(listener)

    def unlisten(self, listener: SinkListener) -> None:
        """Tell ``listener`` no more; one that never listened is no error."""
        self._inner.unlisten(listener)


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
