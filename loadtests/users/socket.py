"""One connection to chat: JSON frames over a synchronous WebSocket."""

import json
import time
from typing import Any, Final, Self
from urllib.parse import urlencode

from websocket import (
    ABNF,
    WebSocketBadStatusException,
    WebSocketTimeoutException,
    create_connection,
)

SUBPROTOCOL: Final = "airwave.chat.v1"
CONNECT_SECONDS: Final = 10.0

Frame = dict[str, Any]


class NotOfChatError(Exception):
    """The server speaks something else, or refuses to speak."""


class ClosedError(Exception):
    """The server ended the connection, with a code."""


class Socket:
    """A WebSocket that gives and takes frames; pings are answered while `receive` waits."""

    def __init__(self, host: str, path: str, **query: str) -> None:
        scheme, _, rest = host.partition("://")
        self._url = f"{'wss' if scheme == 'https' else 'ws'}://{rest}{path}?{urlencode(query)}"

    def __enter__(self) -> Self:
        """Connect.

        Raises:
            NotOfChatError: refused, or the subprotocol was not taken.
            OSError: and the client's own errors: nobody answers.
        """
        try:
            self._socket = create_connection(
                self._url, timeout=CONNECT_SECONDS, subprotocols=[SUBPROTOCOL]
            )
        except WebSocketBadStatusException as error:
            detail = f"status {error.status_code}"
            raise NotOfChatError(detail) from error
        if self._socket.getsubprotocol() != SUBPROTOCOL:
            detail = f"subprotocol {self._socket.getsubprotocol()}"
            raise NotOfChatError(detail)
        return self

    def __exit__(self, *_: object) -> None:
        # No closing handshake: a user whose network goes does not wait for an answer.
        self._socket.shutdown()  # type: ignore[no-untyped-call]

    def send(self, type_: str, **fields: str) -> None:
        """Send one frame."""
        self._socket.send(json.dumps({"type": type_, **fields}, separators=(",", ":")))

    def receive(self, until: float) -> Frame | None:
        """The next frame, or None when ``until`` (of `time.monotonic`) comes first.

        Raises:
            ClosedError: the server ended the connection.
            NotOfChatError: a frame that is no JSON object.
            OSError: and the client's own errors: the connection is gone.
        """
        remaining = until - time.monotonic()
        if remaining <= 0:
            return None
        self._socket.settimeout(remaining)
        try:
            opcode, payload = self._socket.recv_data()
        except WebSocketTimeoutException:
            return None
        if opcode == ABNF.OPCODE_CLOSE:
            detail = f"code {int.from_bytes(payload[:2], 'big') or 1005}"
            raise ClosedError(detail)
        return _decode(payload)


def _decode(payload: bytes) -> Frame:
    try:
        frame = json.loads(payload)
    except ValueError as error:
        raise NotOfChatError(repr(payload[:80])) from error
    if not isinstance(frame, dict):
        raise NotOfChatError(repr(payload[:80]))
    return frame
