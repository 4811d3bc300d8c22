"""One connection to chat: JSON frames over a synchronous WebSocket."""

import json
import socket
import time
from contextlib import suppress
from typing import Any, Final, Self
from urllib.parse import urlencode

from websocket import (
    ABNF,
    WebSocket,
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
        self.was_cut = False
        self._socket: WebSocket | None = None
        scheme, _, rest = host.partition("://")
        self._url = f"{'wss' if scheme == 'https' else 'ws'}://{rest}{path}?{urlencode(query)}"

    def __enter__(self) -> Self:
        """Connect.

        Raises:
            NotOfChatError: refused, or the subprotocol was not taken.
            OSError: and the client's own errors: nobody answers.
        """
        try:
            opened = create_connection(
                self._url, timeout=CONNECT_SECONDS, subprotocols=[SUBPROTOCOL]
            )
        except WebSocketBadStatusException as error:
            detail = f"status {error.status_code}"
            raise NotOfChatError(detail) from error
        self._socket = opened
        if opened.getsubprotocol() != SUBPROTOCOL:
            detail = f"subprotocol {opened.getsubprotocol()}"
            raise NotOfChatError(detail)
        return self

    def __exit__(self, *_: object) -> None:
        # No closing handshake: a user whose network goes does not wait for an answer.
        if self._socket is not None:
            self._socket.shutdown()  # type: ignore[no-untyped-call]

    def cut(self) -> None:
        """End it from below: the reader finds the line dead."""
        below = self._socket.sock if self._socket is not None else None
        if below is not None:
            with suppress(OSError):
                below.shutdown(socket.SHUT_RDWR)

    def send(self, type_: str, **fields: object) -> None:
        """Send one frame."""
        self._open.send(json.dumps({"type": type_, **fields}, separators=(",", ":")))

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
        self._open.settimeout(remaining)
        try:
            opcode, payload = self._open.recv_data()
        except WebSocketTimeoutException:
            return None
        if opcode == ABNF.OPCODE_CLOSE:
            detail = f"code {int.from_bytes(payload[:2], 'big') or 1005}"
            raise ClosedError(detail)
        return _decode(payload)

    @property
    def _open(self) -> WebSocket:
        if self._socket is None:
            raise ConnectionError(self._url)
        return self._socket


def _decode(payload: bytes) -> Frame:
    try:
        frame = json.loads(payload)
    except ValueError as error:
        raise NotOfChatError(repr(payload[:80])) from error
    if not isinstance(frame, dict):
        raise NotOfChatError(repr(payload[:80]))
    return frame
