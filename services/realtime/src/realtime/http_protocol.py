"""uvicorn's HTTP protocol, with the transport within reach of a streaming response.

Chosen by import string (``http=``). It adds to what uvicorn does and replaces nothing: each private
name that it touches is pinned in ``tests/test_http_protocol.py``.
"""

from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from realtime.transport import EXTENSION, SharedFrame, SinkForwarding


def _frame(chunk: bytes) -> bytes:
    """One chunk of the chunked transfer coding (RFC 9112, section 7.1)."""
    return b"%x\r\n%b\r\n" % (len(chunk), chunk)


class StreamHttpProtocol(SinkForwarding, HttpToolsProtocol):
    """Hands out a `TransportSink` for the response in progress, which has to be chunked."""

    # One for all connections of the process: the loop over a live set crosses them in turn.
    frame = SharedFrame(_frame)

    def on_message_begin(self) -> None:
        """Put the protocol into the scope of the request that begins."""
        super().on_message_begin()
        scope: dict[str, Any] = self.scope  # type: ignore[assignment]
        scope["extensions"] = {EXTENSION: self}
