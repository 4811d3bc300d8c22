"""uvicorn's HTTP protocol, with the transport within reach of a streaming response.

Chosen by import string (``http=``). It adds to what uvicorn does and replaces nothing: each private
name that it touches is pinned in ``tests/test_http_protocol.py``.
"""

import contextlib
from collections.abc import Callable
from typing import Any, Final

from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from realtime.descriptors import descriptor_limit
from realtime.transport import EXTENSION, SharedFrame, SinkForwarding

_LAST_CHUNK: Final = b"0\r\n\r\n"


def _frame(chunk: bytes) -> bytes:
    """One chunk of the chunked transfer coding (RFC 9112, section 7.1)."""
    return b"%x\r\n%b\r\n" % (len(chunk), chunk)


class _NoFlow(FlowControl):
    """Stands where uvicorn's flow control stood: the sink is told by itself.

    Stateless, so one for all connections.
    """

    def __init__(self) -> None:
        self.read_paused = False
        self.write_paused = False

    def pause_writing(self) -> None:
        """Nobody waits in uvicorn's ``send``."""

    def resume_writing(self) -> None:
        """Nobody waits in uvicorn's ``send``."""


_NO_FLOW: Final = _NoFlow()


class StreamHttpProtocol(SinkForwarding, HttpToolsProtocol):
    """Hands out a `TransportSink` for the response in progress, which has to be chunked.

    Once a stream runs, `hand_over` leaves of the connection a transport, a sink and this: no task,
    no request and no parser. Its response must have said ``Connection: close``.
    """

    # One for all connections of the process: the loop over a live set crosses them in turn.
    frame = SharedFrame(_frame)
    keeps_free = 0
    """Descriptors that connections never take, not even those that ask nothing."""

    def on_message_begin(self) -> None:
        """Put the protocol into the scope of the request that begins."""
        super().on_message_begin()
        scope: dict[str, Any] = self.scope  # type: ignore[assignment]
        scope["extensions"] = {EXTENSION: self}

    def connection_made(self, transport: Any) -> None:
        """Begin, or end at once where descriptors run out."""
        super().connection_made(transport)
        if self.keeps_free:
            # By its own number: many are accepted at once, before the first of them is seen here.
            number = transport.get_extra_info("socket").fileno()
            if number >= descriptor_limit() - self.keeps_free:
                transport.abort()

    def hand_over(self, ended: Callable[[], None]) -> None:
        """Take the stream from the application, which may return; ``ended`` is called after it.

        What belonged to the request is let go: it is half of what a connection weighs.
        """
        self.cycle.response_complete = True
        self._unset_keepalive_if_required()
        for name in ("cycle", "scope", "headers", "url", "parser", "pipeline"):
            setattr(self, name, None)
        self.flow = _NO_FLOW
        self._stream_ended = ended
        assert self.sink is not None  # noqa: S101 - whoever hands over has opened it
        self.sink.when_over(self._finish)

    def data_received(self, data: bytes) -> None:
        """Drop what comes after the request of a stream: the response is the connection's last."""
        if self.parser is not None:
            super().data_received(data)

    def _finish(self) -> None:
        """End the response, or note that it was cut."""
        if self.sink is not None and not self.sink.lost:
            with contextlib.suppress(RuntimeError, OSError):
                self.transport.write(_LAST_CHUNK)
            self.transport.close()
        # Not now: whoever closed the sink has not come to its end.
        self.loop.call_soon(self._stream_ended)


class ClientHttpProtocol(StreamHttpProtocol):
    """Of clients, whose connections may be any number; the admin port's are few and come last.

    Who only connects and says nothing is not seen by `realtime.admission`: this is its bound.
    """

    keeps_free = 32
