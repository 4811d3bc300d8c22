"""A sink that writes straight to the connection's transport: no task and no ``await`` per chunk.

uvicorn keeps the connection (parsing, keep-alive, the closing handshake); its protocol classes of
ours (`realtime.http_protocol`) hand the transport out and forward what it says.
"""

import asyncio
from collections.abc import Callable

from realtime.sink import SinkListener


class SharedFrame:
    """Frames a chunk once for everybody: the loop over the live set passes the same object again.

    Remembers the last chunk by identity, so the framed bytes are one object for all sinks too.
    """

    def __init__(self, frame: Callable[[bytes], bytes]) -> None:
        self._frame = frame
        self._chunk: bytes | None = None
        self._framed = b""

    def __call__(self, chunk: bytes) -> bytes:
        """The framed chunk."""
        if chunk is not self._chunk:
            self._framed = self._frame(chunk)
            self._chunk = chunk
        return self._framed


class TransportSink:
    """The writing end of one connection, from the moment its response has begun.

    Full while the transport has paused writing; its marks are set where the connection is made.
    ``lost`` says that the connection is gone, so that nothing may be sent by other ways either.
    """

    __slots__ = (
        "_ended",
        "_frame",
        "_listeners",
        "_transport",
        "aborted",
        "closed",
        "full",
        "lost",
    )

    def __init__(self, transport: asyncio.Transport, frame: SharedFrame) -> None:
        self._transport = transport
        self._frame = frame
        self._ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._listeners: dict[object, SinkListener] = {}
        self.full = False
        self.closed = False
        self.aborted = False
        self.lost = False

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

    def close(self) -> None:
        """Let whoever waits in `ended` end the response properly."""
        if not self.closed:
            self.closed = True
            for listener in tuple(self._listeners.values()):
                listener.sink_closed()
            self._listeners.clear()
            if not self.aborted:
                self._end()

    def abort(self) -> None:
        """Reset the connection: what is buffered is for somebody who never reads."""
        self.aborted = True
        self._transport.abort()
        self.close()

    def listen(self, listener: SinkListener) -> Callable[[], None]:
        """Tell ``listener`` from now on; returns the undo."""
        key = object()
        self._listeners[key] = listener

        def undo() -> None:
            self._listeners.pop(key, None)

        return undo

    async def ended(self) -> None:
        """Wait until it is closed, by us or by the loss of the connection."""
        await asyncio.shield(self._ended)

    # ---------------------------------------------------------------- what the transport says

    def pause_writing(self) -> None:
        """The buffer is above its high mark."""
        if not self.full and not self.closed:
            self.full = True
            for listener in tuple(self._listeners.values()):
                listener.sink_full()

    def resume_writing(self) -> None:
        """The buffer is below its low mark."""
        if self.full and not self.closed:
            self.full = False
            for listener in tuple(self._listeners.values()):
                listener.sink_drained()

    def connection_lost(self) -> None:
        """Nothing written from now on arrives."""
        self.lost = True
        self.close()
        self._end()

    def _end(self) -> None:
        if not self._ended.done():
            self._ended.set_result(None)
