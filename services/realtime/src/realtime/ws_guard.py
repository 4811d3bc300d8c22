"""uvicorn's WebSocket protocol, closed where a peer could abuse it within the letter of RFC 6455.

Every override says what happens without it. ``tests/test_ws_guard.py`` shows each, and pins what of
uvicorn and websockets they rest on.
"""

from typing import Final

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode, Frame

from realtime.sink import HIGH_BYTES

LINGER_SECONDS: Final = 1.0
"""For a peer that broke the protocol to read why; what it sends is thrown away meanwhile."""


class GuardedWebSocketProtocol(WebSocketsSansIOProtocol):
    """Bounds what a connection may cost before its application hears a word."""

    # On the class, so that it weighs nothing on connections that never come to it.
    _held_back = False
    _failed = False

    def handle_cont(self, event: Frame) -> None:
        """Drop empty fragments (RFC 6455, section 5.4): no limit on sizes ever counts them.

        Without: a message that never ends grows by eight bytes for each six that are sent.
        """
        if event.data or event.fin:
            super().handle_cont(event)

    def handle_ping(self) -> None:
        """Answer, and read nothing more from a peer that doesn't take the answers.

        Without: who sends pings and reads no pong (section 5.5.2) fills our memory.
        """
        super().handle_ping()
        if not self.read_paused and self.transport.get_write_buffer_size() > HIGH_BYTES:
            self._held_back = self.read_paused = True
            self.transport.pause_reading()

    def resume_writing(self) -> None:
        """Read on once the answers have gone out."""
        super().resume_writing()
        if self._held_back:
            self._held_back = False
            if self.read_paused and not self.transport.is_closing():
                self.read_paused = False
                self.transport.resume_reading()

    def send_receive_event_to_app(self) -> None:
        """Hand a message on, or fail the connection with 1007 (sections 5.6 and 8.1).

        Without: a traceback in the log for each text that is no UTF-8, and, where the peer's close
        frame came along with it, an exception that ends the connection without a word.
        """
        if self.curr_msg_data_type == "text" and not self.close_sent:
            self.frames = [b"".join(self.frames)]
            if not _is_utf8(self.frames[0]):
                self.frames = []
                self.conn.fail(CloseCode.INVALID_DATA, "not UTF-8")
                self.handle_parser_exception()
                return
        super().send_receive_event_to_app()

    def handle_parser_exception(self) -> None:
        """Say the close code, and close once the peer has closed or had time to (section 7.1.1).

        Without: frames ahead of the handshake's answer, which no code can answer, are a traceback;
        and what the peer has sent meanwhile and nobody reads resets the connection, so that a proxy
        may drop the close frame before the browser has it.
        """
        if self._failed:
            return  # More from a peer that is being shown out: read, and let go.
        self._failed = True
        if self.close_sent or self.conn.close_sent is None:
            self._end_at_once()
            return
        said = self.conn.close_sent
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(LINGER_SECONDS, self.transport.close)
        self.queue.put_nowait(
            {"type": "websocket.disconnect", "code": said.code, "reason": said.reason}
        )

    def finish(self) -> None:
        """Close, unless a peer that broke the protocol is still reading why."""
        if not self._failed:
            self.transport.close()

    def _end_at_once(self) -> None:
        if self.conn.close_sent is None:
            self.transport.close()
        else:
            super().handle_parser_exception()


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
