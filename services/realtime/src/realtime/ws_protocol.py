"""uvicorn's WebSocket protocol, with the transport within reach of whoever writes frames.

Chosen by import string (``ws=``). It adds to what uvicorn does and replaces nothing: each private
name that it touches is pinned in ``tests/test_ws_protocol.py``.
"""

import asyncio
from typing import Any, Final

from starlette.types import Scope
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame, Opcode
from websockets.http11 import Request

from realtime.http_protocol import EXTENSION
from realtime.sink import HIGH_BYTES, LOW_BYTES
from realtime.transport import SharedFrame, TransportSink


def _frame(chunk: bytes) -> bytes:
    """One unfragmented text frame, not masked and not compressed (RFC 6455, section 5.2)."""
    return Frame(Opcode.TEXT, chunk).serialize(mask=False)


# One for all connections of the process: the loop over a room crosses them one after another.
_shared_frame: Final = SharedFrame(_frame)


class StreamWebSocketProtocol(WebSocketsSansIOProtocol):
    """Hands out a `TransportSink` for the open WebSocket; forwards flow and loss to it.

    Whole text frames only go to the sink, while uvicorn writes control frames: each write is one
    frame or more, so they never mix.
    """

    sink: TransportSink | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Bound what the transport buffers: uvloop's default low mark is 16 bytes."""
        super().connection_made(transport)
        self.transport.set_write_buffer_limits(high=HIGH_BYTES, low=LOW_BYTES)

    def handle_connect(self, event: Request) -> None:
        """Put the protocol into the scope; the application's task has not begun yet."""
        super().handle_connect(event)
        scope: dict[str, Any] | None = getattr(self, "scope", None)
        if scope is not None:
            scope["extensions"][EXTENSION] = self

    def open_sink(self) -> TransportSink:
        """A sink for the WebSocket that was just accepted."""
        self.sink = TransportSink(self.transport, _shared_frame)
        if self.disconnected or self.transport.is_closing():
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


def protocol_of(scope: Scope) -> StreamWebSocketProtocol | None:
    """The protocol of a WebSocket's connection; None under another server."""
    extensions = scope.get("extensions") or {}
    found = extensions.get(EXTENSION)
    return found if isinstance(found, StreamWebSocketProtocol) else None
