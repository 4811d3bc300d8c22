"""Bytes of HTTP, WebSocket and NATS that the C programs send as they stand. Pure."""

from collections.abc import Mapping
from typing import Final

_LONG: Final = 126  # RFC 6455, section 5.2: longer payloads have a length of two bytes
# The nonce of RFC 6455's example; its answer is known without computing it.
_KEY: Final = "dGhlIHNhbXBsZSBub25jZQ=="
NATS_PREAMBLE: Final = (
    b'CONNECT {"verbose":false,"pedantic":false,"lang":"c","version":"1"}\r\nPING\r\n'
)
NATS_ANSWER: Final = "PONG"


def get(path: str, headers: Mapping[str, str] | None = None) -> bytes:
    """A GET request."""
    return _request("GET", path, headers or {})


def event_stream(path: str) -> bytes:
    """What an EventSource sends."""
    return get(path, {"Accept": "text/event-stream", "Cache-Control": "no-cache"})


def post(path: str, body: str, headers: Mapping[str, str] | None = None) -> bytes:
    """A POST request on a connection that stays."""
    content = body.encode()
    given = {**(headers or {}), "Content-Length": str(len(content))}
    return _request("POST", path, given) + content


def upgrade(path: str, subprotocol: str | None = None) -> bytes:
    """A WebSocket handshake."""
    headers = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": _KEY,
        "Sec-WebSocket-Version": "13",
    }
    if subprotocol is not None:
        headers["Sec-WebSocket-Protocol"] = subprotocol
    return get(path, headers)


def text_frame(text: str) -> bytes:
    """A client's text frame; the mask is zero, so that the payload's slots stay readable."""
    payload = text.encode()
    if len(payload) < _LONG:
        head = bytes((0x81, 0x80 | len(payload)))
    else:
        head = bytes((0x81, 0x80 | _LONG)) + len(payload).to_bytes(2, "big")
    return head + bytes(4) + payload


def nats_publish(subject: str, payload: str) -> bytes:
    """A PUB of NATS's own protocol."""
    content = payload.encode()
    return f"PUB {subject} {len(content)}\r\n".encode() + content + b"\r\n"


def _request(method: str, path: str, headers: Mapping[str, str]) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
