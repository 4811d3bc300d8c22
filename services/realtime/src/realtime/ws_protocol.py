"""uvicorn's WebSocket protocol, with the transport within reach of whoever writes frames.

Chosen by import string (``ws=``). It adds to what uvicorn does and replaces nothing: each private
name that it touches is pinned in ``tests/test_ws_protocol.py``.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final

from websockets.exceptions import InvalidState
from websockets.frames import Frame, Opcode
from websockets.http11 import Request

from realtime.keepalive import keepalive_of
from realtime.transport import EXTENSION, SharedFrame, SinkForwarding
from realtime.ws_guard import GuardedWebSocketProtocol


def _frame(chunk: bytes) -> bytes:
    """One unfragmented text frame, not masked and not compressed (RFC 6455, section 5.2)."""
    return Frame(Opcode.TEXT, chunk).serialize(mask=False)


class _Ear:
    """Stands where uvicorn's queue stood: what is put in is heard at once."""

    __slots__ = ("put_nowait",)

    def __init__(self, hear: Callable[[dict[str, Any]], None]) -> None:
        self.put_nowait = hear


class _NoTimer(asyncio.TimerHandle):
    """Stands where uvicorn's close timer would; stateless, so one for all connections."""

    def __init__(self) -> None:
        """Nothing is timed."""

    def cancel(self) -> None:
        """Nothing is timed."""


class _Always(asyncio.Event):
    """Stands where uvicorn's event for room in the buffer stood: the sink is told by itself.

    Stateless, so one for all connections.
    """

    _value = True

    def __init__(self) -> None:
        """There is nothing to wait for."""

    def set(self) -> None:
        """It always is."""

    def clear(self) -> None:
        """It stays set."""


NO_PONG: Final = 4009
"""Close code for a peer that doesn't answer pings; it may come back."""
PING_PAYLOAD: Final = b"airw"
_PING: Final = Frame(Opcode.PING, PING_PAYLOAD).serialize(mask=False)
_NO_TIMER: Final = _NoTimer()
_ALWAYS: Final = _Always()


class StreamWebSocketProtocol(SinkForwarding, GuardedWebSocketProtocol):
    """Hands out a `TransportSink` for the open WebSocket.

    Whole text frames only go to the sink, while uvicorn writes control frames: each write is one
    frame or more, so they never mix. Once a conversation runs, `hand_over` leaves no task of it.
    """

    # One for all connections of the process: the loop over a room crosses them in turn.
    frame = SharedFrame(_frame)
    _pinged = False

    def data_received(self, data: bytes) -> None:
        """Answer what can't be read: uvicorn says nothing then, and keeps the connection."""
        self._pinged = False
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            # The library has written why: a line of more than 8 KiB, more than 128 headers.
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.transport.close()

    def start_keepalive(self) -> None:
        """Be pinged in turns: two timers of its own for each connection cost more than pings."""
        if self.ping_interval:
            keepalive_of(self.loop, self.ping_interval).add(self)

    def stop_keepalive(self) -> None:
        """Be pinged no more."""
        if self.ping_interval:
            keepalive_of(self.loop, self.ping_interval).discard(self)

    @property
    def waits_for_pong(self) -> bool:
        """Whether nothing was heard since the last ping; while we don't read, nothing can be."""
        return self._pinged and not self.read_paused

    def ping(self) -> None:
        """Send a ping; whatever the peer sends is as good as its pong."""
        if not self.close_sent and not self.transport.is_closing():
            self._pinged = True
            self.transport.write(_PING)

    def give_up(self) -> None:
        """End: the peer is gone, or as good as gone."""
        self.stop_keepalive()
        self.say_close(NO_PONG, "no pong")
        self.queue.put_nowait({"type": "websocket.disconnect", "code": NO_PONG})

    def handle_connect(self, event: Request) -> None:
        """Put the protocol into the scope; the application's task has not begun yet."""
        super().handle_connect(event)
        scope: dict[str, Any] | None = getattr(self, "scope", None)
        if scope is not None:
            scope["extensions"][EXTENSION] = self

    def hand_over(self, hear: Callable[[dict[str, Any]], None]) -> None:
        """Take the connection from the application, which may return; ``hear`` gets what comes.

        What is heard are ASGI's events, each at once: frames, then a disconnect. After a frame
        nothing is read until `read_on`. What belonged to the handshake is let go.
        """
        # uvicorn keeps the connection open after its application while a close timer runs.
        self.close_timer = _NO_TIMER
        heard, self.queue = self.queue, _Ear(hear)  # type: ignore[assignment]
        self.writable = _ALWAYS
        # websockets' parser holds both for as long as it lives.
        self.request.headers.clear()
        self.response.headers.clear()
        for name in ("scope", "request", "response"):
            setattr(self, name, None)
        # What came while the application still waited (for whoever knows the tickets, say).
        while not heard.empty():
            hear(dict(heard.get_nowait()))

    def read_on(self) -> None:
        """Read again after a frame; not from within ``hear``, which uvicorn pauses after."""
        if self.read_paused and not self.transport.is_closing():
            self.read_paused = False
            self.transport.resume_reading()

    def say_close(self, code: int, reason: str) -> None:
        """Begin the closing handshake; a peer that doesn't answer is cut after a while."""
        if self.close_sent or self.transport.is_closing():
            return
        try:
            self.conn.send_close(code, reason)
        except InvalidState:
            self.transport.close()
            return
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.read_on()
        self.close_timer = self.loop.call_later(self.close_timeout, self.transport.close)
