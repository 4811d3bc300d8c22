"""uvicorn's WebSocket protocol, with the transport within reach of whoever writes frames.

Chosen by import string (``ws=``). It adds to what uvicorn does and replaces nothing: each private
name that it touches is pinned in ``tests/test_ws_protocol.py``.
"""

from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame, Opcode
from websockets.http11 import Request

from realtime.transport import EXTENSION, SharedFrame, SinkForwarding


def _frame(chunk: bytes) -> bytes:
    """One unfragmented text frame, not masked and not compressed (RFC 6455, section 5.2)."""
    return Frame(Opcode.TEXT, chunk).serialize(mask=False)


class StreamWebSocketProtocol(SinkForwarding, WebSocketsSansIOProtocol):
    """Hands out a `TransportSink` for the open WebSocket.

    Whole text frames only go to the sink, while uvicorn writes control frames: each write is one
    frame or more, so they never mix.
    """

    # One for all connections of the process: the loop over a room crosses them in turn.
    frame = SharedFrame(_frame)

    def data_received(self, data: bytes) -> None:
        """Answer what can't be read: uvicorn says nothing then, and keeps the connection."""
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            # The library has written why: a line of more than 8 KiB, more than 128 headers.
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.transport.close()

    def handle_connect(self, event: Request) -> None:
        """Put the protocol into the scope; the application's task has not begun yet."""
        super().handle_connect(event)
        scope: dict[str, Any] | None = getattr(self, "scope", None)
        if scope is not None:
            scope["extensions"][EXTENSION] = self
