"""A sink that writes straight to the connection's transport: no task and no ``await`` per chunk.

uvicorn keeps the connection (parsing, keep-alive, the closing handshake); our protocol classes over
its own (`realtime.http_protocol`, `realtime.ws_protocol`) hand the transport out and forward what
it says.
"""

import asyncio
from collections.abc import Callable
from os import write as write_to
from typing import Final, TypeVar

from starlette.types import Scope

from realtime.sink import HIGH_BYTES, LOW_BYTES, ToldSink

EXTENSION: Final = "airwave.sink"
"""Where the ASGI scope holds the protocol of its connection."""


class SharedFrame:
    """Frames a chunk once for everybody: the loop over the live set passes the same object again.

    Remembers the last chunk by identity, so the framed bytes are one object for all sinks too.
    """

    __slots__ = ("_frame", "chunk", "framed")

    def __init__(self, frame: Callable[[bytes], bytes]) -> None:
        self._frame = frame
        self.chunk: bytes | None = None
        self.framed = b""

    def __call__(self, chunk: bytes) -> bytes:
        """The framed chunk."""
        if chunk is not self.chunk:
            self.framed = self._frame(chunk)
            self.chunk = chunk
        return self.framed


class TransportSink(ToldSink):
    """The writing end of one connection, from the moment its response has begun.

    Full while the transport has paused writing; its marks are set where the connection is made.
    ``lost`` says that the connection is gone, so that nothing may be sent by other ways either;
    ``over`` that nothing more will be written: closed by us, or lost.
    """

    __slots__ = ("_frame", "_on_over", "_transport", "aborted", "closed", "full", "lost", "over")

    def __init__(self, transport: asyncio.Transport, frame: SharedFrame) -> None:
        super().__init__()
        self._transport = transport
        self._frame = frame
        self._on_over: Callable[[], None] | None = None
        self.full = False
        self.closed = False
        self.aborted = False
        self.lost = False
        self.over = False

    @property
    def buffered_bytes(self) -> int:
        """What the kernel has not taken yet."""
        return 0 if self.lost else self._transport.get_write_buffer_size()

    def write(self, chunk: bytes) -> None:
        """Hand a chunk to the transport; after `close` it is dropped."""
        if self.closed:
            return
        try:
            self._transport.write(self._frame(chunk))
        except (RuntimeError, OSError):
            # uvloop refuses on a handle that closed a moment ago, before it tells the protocol.
            self.connection_lost()

    def write_shared(self, chunk: bytes) -> None:
        """As `write`."""
        self.write(chunk)

    def close(self) -> None:
        """Let whoever asked by `when_over` end the response properly."""
        if not self.closed:
            self.closed = True
            self._tell_closed()
            if not self.aborted:
                self._end()

    def abort(self) -> None:
        """Reset the connection: what is buffered is for somebody who never reads."""
        self.aborted = True
        if not self.lost:
            self._transport.abort()
        self.close()

    def when_over(self, callback: Callable[[], None]) -> None:
        """Call back once it is over, or now; in the middle of whatever ended it."""
        if self.over:
            callback()
        else:
            self._on_over = callback

    # ---------------------------------------------------------------- what the transport says

    def pause_writing(self) -> None:
        """The buffer is above its high mark."""
        if not self.full and not self.closed:
            self.full = True
            self._tell_full()

    def resume_writing(self) -> None:
        """The buffer is below its low mark."""
        if self.full and not self.closed:
            self.full = False
            self._tell_drained()

    def connection_lost(self) -> None:
        """Nothing written from now on arrives."""
        self.lost = True
        self.close()
        self._end()

    def _end(self) -> None:
        if not self.over:
            self.over = True
            callback, self._on_over = self._on_over, None
            if callback is not None:
                callback()


class DirectSink(TransportSink):
    """A sink that hands what everybody gets to the kernel itself, where nothing waits before it.

    The transport would put it into a queue, and call the kernel at the end of the loop's turn: half
    of what was ours of a delivery. Where the kernel doesn't take all, the transport gets the rest,
    and everything after it until that has gone out. Not for a transport that encrypts.
    """

    __slots__ = ("_fd",)

    def __init__(self, transport: asyncio.Transport, frame: SharedFrame, fd: int) -> None:
        super().__init__(transport, frame)
        self._fd = fd

    def write_shared(self, chunk: bytes) -> None:
        """As `write`."""
        if self.closed:
            return
        frame = self._frame
        # Not by calling it: of a thousand times once is it a new one.
        framed = frame.framed if frame.chunk is chunk else frame(chunk)
        transport = self._transport
        # Once it closes, the descriptor may soon be another connection's.
        if transport.is_closing() or transport.get_write_buffer_size():
            self.write(chunk)
            return
        try:
            sent = write_to(self._fd, framed)
        except OSError:
            # Full, or broken: the transport finds out the same, and acts on it.
            sent = 0
        if sent < len(framed):
            self._write_rest(memoryview(framed)[sent:])

    def _write_rest(self, rest: memoryview) -> None:
        try:
            self._transport.write(rest)
        except (RuntimeError, OSError):
            self.connection_lost()


def make_sink(transport: asyncio.Transport, frame: SharedFrame) -> TransportSink:
    """The quickest sink that a transport allows."""
    plain = transport.get_extra_info("socket")
    if plain is None or transport.get_extra_info("sslcontext") is not None:
        return TransportSink(transport, frame)
    return DirectSink(transport, frame, plain.fileno())


class SinkForwarding(asyncio.Protocol):
    """What our protocol classes add to uvicorn's, which stand after it in the order of bases.

    ``frame`` is the class's own. uvicorn keeps the transport in ``transport``.
    """

    transport: asyncio.Transport
    frame: SharedFrame
    sink: TransportSink | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Bound what the transport buffers: uvloop's default low mark is 16 bytes."""
        super().connection_made(transport)
        self.transport.set_write_buffer_limits(high=HIGH_BYTES, low=LOW_BYTES)

    def open_sink(self) -> TransportSink:
        """A sink for the response or WebSocket whose start was just sent."""
        self.sink = make_sink(self.transport, self.frame)
        if self.transport.is_closing():
            self.sink.connection_lost()
        return self.sink

    def pause_writing(self) -> None:
        """Forward to uvicorn's flow control and to the sink."""
        super().pause_writing()
        if self.sink is not None:
            self.sink.pause_writing()

    def resume_writing(self) -> None:
        """Forward to uvicorn's flow control and to the sink."""
        super().resume_writing()
        if self.sink is not None:
            self.sink.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forward, the sink first: nothing may be written to a transport that is gone."""
        if self.sink is not None:
            self.sink.connection_lost()
        super().connection_lost(exc)


P = TypeVar("P", bound=SinkForwarding)


def protocol_of(scope: Scope, kind: type[P]) -> P | None:
    """The protocol of a request's or WebSocket's connection; None under another server."""
    extensions = scope.get("extensions") or {}
    found = extensions.get(EXTENSION)
    return found if isinstance(found, kind) else None
