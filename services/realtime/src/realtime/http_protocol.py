"""uvicorn's HTTP protocol, with the transport within reach of a streaming response.

Chosen by import string (``http=``). It adds to what uvicorn does and replaces nothing: each private
name that it touches is pinned in ``tests/test_http_protocol.py``.
"""

import asyncio
from typing import Any, Final

from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from realtime.sink import HIGH_BYTES, LOW_BYTES
from realtime.transport import SharedFrame, TransportSink

EXTENSION: Final = "airwave.sink"
"""Where the ASGI scope holds the protocol of its connection."""


def _frame(chunk: bytes) -> bytes:
    """One chunk of the chunked transfer coding (RFC 9112, section 7.1)."""
    return b"%x\r\n%b\r\n" % (len(chunk), chunk)


# One for all connections of the process: the loop over a live set crosses them one after another.
_shared_frame: Final = SharedFrame(_frame)


class StreamHttpProtocol(HttpToolsProtocol):
    """Hands out a `TransportSink` for the response in progress; forwards flow and loss to it."""

    sink: TransportSink | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Bound what the transport buffers: uvloop's default low mark is 16 bytes."""
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=HIGH_BYTES, low=LOW_BYTES)

    def on_message_begin(self) -> None:
        """Put the protocol into the scope of the request that begins."""
        super().on_message_begin()
        scope: dict[str, Any] = self.scope  # type: ignore[assignment]
        scope["extensions"] = {EXTENSION: self}

    def open_sink(self) -> TransportSink:
        """A sink for the response whose start was just sent with the chunked transfer coding."""
        self.sink = TransportSink(self.transport, _shared_frame)
        if self.transport.is_closing():
            self.sink.connection_lost()
        return self.sink

    def release_sink(self) -> None:
        """Forget the sink: its response has ended, another request may follow."""
        self.sink = None

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


def protocol_of(scope: Scope) -> StreamHttpProtocol | None:
    """The protocol of a request's connection; None under another server."""
    extensions = scope.get("extensions") or {}
    found = extensions.get(EXTENSION)
    return found if isinstance(found, StreamHttpProtocol) else None
