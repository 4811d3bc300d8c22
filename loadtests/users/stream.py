"""One connection to the feed, read without a buffer in between."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, Self

from geventhttpclient import HTTPClient

from crowd.sse import Event, SseParser

if TYPE_CHECKING:
    from geventhttpclient.response import HTTPSocketPoolResponse

CONNECT_SECONDS: Final = 10.0
SILENCE_SECONDS: Final = 37.5
"""2.5 heartbeats: a stream that says nothing for so long has broken the promise."""
OK: Final = 200


class RefusedError(Exception):
    """The feed answered with something that is no stream."""


class Stream:
    """``GET`` of an event stream, from ``last_event_id`` on if there is one.

    locust's own client waits for 1,024 bytes before it hands over a line, which would be measured
    as the feed's delay; this one reads lines as they come.
    """

    def __init__(self, host: str, path: str, *, last_event_id: str) -> None:
        self._client = HTTPClient.from_url(
            host, connection_timeout=CONNECT_SECONDS, network_timeout=SILENCE_SECONDS
        )
        self._path = path
        self._parser = SseParser(last_event_id)
        self._response: HTTPSocketPoolResponse | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # Closes the connection, because the response is not complete.
        if self._response is not None:
            self._response.release()
        self._client.close()

    def open(self) -> None:
        """Connect, and read the headers.

        Raises:
            RefusedError: what follows is not a stream.
            OSError: and HTTPParseError: nobody answers, or with no HTTP.
        """
        headers = {"Accept": "text/event-stream", "Accept-Encoding": "identity"}
        if self._parser.last_event_id:
            headers["Last-Event-ID"] = self._parser.last_event_id
        response = self._client.get(self._path, headers=headers)
        self._response = response
        type_ = str(response.get("content-type", ""))
        if response.status_code != OK or not type_.startswith("text/event-stream"):
            detail = f"status {response.status_code}, {type_ or 'no content type'}"
            raise RefusedError(detail)

    def __iter__(self) -> Iterator[Event]:
        """The events, until the stream properly ends.

        Raises:
            OSError: and HTTPParseError: it was cut, or silent.
        """
        while self._response is not None and (line := self._response.readline(b"\n")):
            event = self._parser.take(line)
            if event is not None:
                yield event
