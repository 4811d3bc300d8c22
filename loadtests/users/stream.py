"""One connection to the feed, read without a buffer in between."""

import http.client
import socket
import time
import zlib
from collections.abc import Iterator
from contextlib import suppress
from typing import Final, Self
from urllib.parse import urlsplit

from crowd.sse import Event, SseParser

CONNECT_SECONDS: Final = 10.0
SILENCE_SECONDS: Final = 37.5
"""2.5 heartbeats: a stream that says nothing for so long has broken the promise."""
OK: Final = 200
_GZIP: Final = 16 + zlib.MAX_WBITS
_PART: Final = 1 << 16


class RefusedError(Exception):
    """The feed answered with something that is no stream."""


class HeldBackError(Exception):
    """Nothing came for a time in which something is always sent."""


def connection_to(host: str) -> http.client.HTTPConnection:
    """A connection to ``host`` (``http://…`` or ``https://…``), not yet opened."""
    parts = urlsplit(host)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    return kind(parts.hostname or "", parts.port, timeout=CONNECT_SECONDS)


class Stream:
    """``GET`` of an event stream, from ``last_event_id`` on if there is one.

    locust's own client waits for 1,024 bytes before it hands over a line, which would be measured
    as the feed's delay; this one takes what one read of the socket gives.
    """

    def __init__(self, host: str, target: str, *, last_event_id: str, gzip: bool) -> None:
        self.was_cut = False
        self._client = connection_to(host)
        self._target = target
        self._gzip = gzip
        self._parser = SseParser(last_event_id)
        self._response: http.client.HTTPResponse | None = None
        self._socket: socket.socket | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._response is not None:
            self._response.close()
        self._client.close()

    def cut(self) -> None:
        """End it from below: the reader finds the line dead."""
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def open(self) -> None:
        """Connect, and read the headers.

        Raises:
            RefusedError: what follows is not a stream.
            HeldBackError: no headers for 10 s, though the connection stands.
            OSError: and HTTPException: nobody answers, or with no HTTP.
        """
        self._client.connect()
        self._socket = self._client.sock
        encoding = "gzip" if self._gzip else "identity"
        headers = {"Accept": "text/event-stream", "Accept-Encoding": encoding}
        if self._parser.last_event_id:
            headers["Last-Event-ID"] = self._parser.last_event_id
        self._client.request("GET", self._target, headers=headers)
        try:
            response = self._client.getresponse()
        except TimeoutError as error:
            detail = f"connected, and no headers within {CONNECT_SECONDS:g} s"
            raise HeldBackError(detail) from error
        self._response = response
        type_ = response.headers.get("content-type", "")
        if response.status != OK or not type_.startswith("text/event-stream"):
            detail = f"status {response.status}, {type_ or 'no content type'}"
            raise RefusedError(detail)

    def arrivals(self) -> Iterator[list[Event]]:
        """The events of each read, until the stream properly ends; a read may complete none.

        Raises:
            HeldBackError: nothing at all within 10 s of the headers.
            OSError: and HTTPException: it was cut, or silent.
        """
        if self._response is None or self._socket is None:
            return
        inflater = self._inflater(self._response)
        began, rest, anything = time.monotonic(), b"", False
        while part := self._read(began, anything=anything):
            if not anything:
                self._socket.settimeout(SILENCE_SECONDS)
            anything = True
            if inflater is not None:
                part = inflater.decompress(part)
            *lines, rest = (rest + part).split(b"\n")
            yield [event for line in lines if (event := self._parser.take(line)) is not None]

    def _read(self, began: float, *, anything: bool) -> bytes:
        if self._response is None:
            return b""
        try:
            return self._response.read1(_PART)
        except TimeoutError as error:
            seconds = time.monotonic() - began if not anything else SILENCE_SECONDS
            detail = f"nothing came for {seconds:.0f} s"
            raise HeldBackError(detail) from error

    def _inflater(self, response: http.client.HTTPResponse) -> "zlib._Decompress | None":
        if response.headers.get("content-encoding", "") != "gzip":
            return None
        return zlib.decompressobj(_GZIP)
