"""Ways in which a connection comes and goes, each over in milliseconds."""

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

_RESET: Final = struct.pack("ii", 1, 0)
_STREAM: Final = b"GET /readings HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\n"
_UPGRADE: Final = (
    b"GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nSec-WebSocket-Version: 13\r\n"
)
_MASKED_CLOSE: Final = b"\x88\x82\x00\x00\x00\x00\x03\xe8"
_JOIN: Final = b'{"type":"join","room":"leaks"}'
_MASKED_JOIN: Final = bytes([0x81, 0x80 | len(_JOIN), 0, 0, 0, 0]) + _JOIN
_WITHIN: Final = 30.0

Cycle = Callable[[int], Awaitable[None]]
"""One connection to a port, from its beginning to its end."""


async def _open(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.wait_for(asyncio.open_connection("127.0.0.1", port), _WITHIN)


def _with_reset(writer: asyncio.StreamWriter) -> None:
    raw: socket.socket = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()


async def _until(reader: asyncio.StreamReader, word: bytes) -> None:
    await asyncio.wait_for(reader.readuntil(word), _WITHIN)


async def connects_and_closes(port: int) -> None:
    """Not a byte is said."""
    _, writer = await _open(port)
    writer.close()
    await writer.wait_closed()


async def connects_and_resets(port: int) -> None:
    """Not a byte is said, and RST ends it."""
    _, writer = await _open(port)
    _with_reset(writer)


def half_said(request: bytes) -> Cycle:
    """Half a request, then nothing."""

    async def cycle(port: int) -> None:
        _, writer = await _open(port)
        writer.write(request)
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    return cycle


def aborted(request: bytes, heard: bytes) -> Cycle:
    """A whole request, and RST once ``heard`` has come."""

    async def cycle(port: int) -> None:
        reader, writer = await _open(port)
        writer.write(request + b"\r\n")
        await _until(reader, heard)
        _with_reset(writer)

    return cycle


def left_at_once(request: bytes) -> Cycle:
    """A whole request, and RST without waiting for anything."""

    async def cycle(port: int) -> None:
        _, writer = await _open(port)
        writer.write(request + b"\r\n")
        await writer.drain()
        _with_reset(writer)

    return cycle


async def says_goodbye(port: int) -> None:
    """A member enters, and closes as it should."""
    reader, writer = await _open(port)
    writer.write(_UPGRADE + b"\r\n")
    await _until(reader, b'"type":"welcome"')
    writer.write(_MASKED_JOIN)
    await _until(reader, b'"type":"joined"')
    writer.write(_MASKED_CLOSE)
    await asyncio.wait_for(reader.read(), _WITHIN)
    writer.close()


async def vanishes_from_a_room(port: int) -> None:
    """A member enters, and is gone by RST."""
    reader, writer = await _open(port)
    writer.write(_UPGRADE + b"\r\n")
    await _until(reader, b'"type":"welcome"')
    writer.write(_MASKED_JOIN)
    await _until(reader, b'"type":"joined"')
    _with_reset(writer)


COMMON: Final[Mapping[str, Cycle]] = {
    "connects and closes": connects_and_closes,
    "connects and resets": connects_and_resets,
}
OF_FEED: Final[Mapping[str, Cycle]] = {
    **COMMON,
    "half a request": half_said(_STREAM),
    "a stream that is left at once": left_at_once(_STREAM),
    "a stream that is aborted": aborted(_STREAM, b"event: snapshot"),
}
OF_CHAT: Final[Mapping[str, Cycle]] = {
    **COMMON,
    "half a handshake": half_said(_UPGRADE),
    "a handshake that is left at once": left_at_once(_UPGRADE),
    "a WebSocket that is aborted": aborted(_UPGRADE, b'"type":"welcome"'),
    "a member that says goodbye": says_goodbye,
    "a member that vanishes": vanishes_from_a_room,
}
EVERY: Final[Mapping[str, Mapping[str, Cycle]]] = {"feed": OF_FEED, "chat": OF_CHAT}


async def run_cycles(cycle: Cycle, port: int, *, count: int, at_once: int = 20) -> None:
    """``count`` of them, so many at a time."""
    left = iter(range(count))

    async def one_after_another() -> None:
        for _ in left:
            await cycle(port)

    await asyncio.gather(*(one_after_another() for _ in range(at_once)))
