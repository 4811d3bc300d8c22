"""A WebSocket client without manners: it sends the bytes that it is told, whatever they are."""

import asyncio
import base64
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final
from urllib.parse import urlsplit

from realtime.testing import wait_until
from realtime.ws_protocol import PING_PAYLOAD

ANSWER_WITHIN: Final = 30.0
"""Seconds in which whatever is expected has to come."""
NO_CODE: Final = 1005
"""A close frame without a code (RFC 6455, section 7.4.1)."""
_KEY: Final = base64.b64encode(b"0123456789abcdef").decode()
_MASK: Final = b"\x11\x22\x33\x44"


class Op(IntEnum):
    """Opcodes of RFC 6455, section 5.2."""

    CONT = 0
    TEXT = 1
    BINARY = 2
    CLOSE = 8
    PING = 9
    PONG = 10


def frame(
    opcode: int,
    payload: bytes = b"",
    *,
    fin: bool = True,
    rsv: int = 0,
    masked: bool = True,
    says_length: int | None = None,
) -> bytes:
    """The bytes of a frame; ``says_length`` is for one that lies about it."""
    length = len(payload) if says_length is None else says_length
    first, mask_bit = (0x80 if fin else 0) | rsv << 4 | opcode, 0x80 if masked else 0
    if length < 126:
        head = struct.pack("!BB", first, mask_bit | length)
    elif length < 1 << 16:
        head = struct.pack("!BBH", first, mask_bit | 126, length)
    else:
        head = struct.pack("!BBQ", first, mask_bit | 127, length)
    return head + (_MASK + _masked(payload) if masked else payload)


def _masked(payload: bytes) -> bytes:
    size = len(payload)
    mask = (_MASK * (size // 4 + 1))[:size]
    return (int.from_bytes(payload) ^ int.from_bytes(mask)).to_bytes(size)


def close_frame(code: int, reason: bytes = b"") -> bytes:
    """A close frame with any code."""
    return frame(Op.CLOSE, struct.pack("!H", code) + reason)


@dataclass(slots=True)
class Heard:
    """What came: messages and pongs in their order, and the end."""

    frames: list[tuple[Op, bytes]] = field(default_factory=list)
    code: int | None = None
    reset: bool = False

    def all(self, *opcodes: Op) -> list[bytes]:
        """The payloads of some kinds of frames."""
        return [payload for opcode, payload in self.frames if opcode in opcodes]


class RawSocket:
    """An upgraded connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer
        self._shown_out = False

    async def send(self, *chunks: bytes) -> None:
        """Send bytes, chunk by chunk; a peer that has closed is no error here."""
        try:
            for chunk in chunks:
                if self._shown_out:
                    return
                self.writer.write(chunk)
                await self.writer.drain()
        except OSError:
            return

    async def push(self, chunk: bytes, *, most: int, stuck_after: float = 1.0) -> int:
        """Send a chunk up to so many times; how many, once the peer takes nothing for so long."""
        for number in range(1, most + 1):
            self.writer.write(chunk)
            try:
                await asyncio.wait_for(self.writer.drain(), stuck_after)
            except TimeoutError:
                return number
        return most

    async def dribble(self, data: bytes) -> None:
        """Send each byte in a segment of its own."""
        for number in range(len(data)):
            await self.send(data[number : number + 1])
            await asyncio.sleep(0.001)

    async def frame(self) -> tuple[Op, bytes]:
        """The next frame of the server, but for the pings by which it asks whether we live."""
        while True:
            opcode, payload = await self._any_frame()
            if (opcode, payload) != (Op.PING, PING_PAYLOAD):
                return opcode, payload

    async def _any_frame(self) -> tuple[Op, bytes]:
        """The next frame, which has to be whole and not masked."""
        first, second = await self._reader.readexactly(2)
        assert second < 0x80, "a server masks nothing"
        length = second
        if length >= 126:
            size = 2 if length == 126 else 8
            length = int.from_bytes(await self._reader.readexactly(size))
        assert first & 0xF0 == 0x80, "a server of ours sends no fragments and no reserved bits"
        return Op(first & 0x0F), await self._reader.readexactly(length)

    async def listen(self, heard: Heard) -> None:
        """Keep what comes until the server has closed the connection; told to go, go."""
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                while True:
                    opcode, payload = await self.frame()
                    if opcode is Op.CLOSE:
                        heard.code = int.from_bytes(payload[:2]) if payload else NO_CODE
                        self._leave()
                    else:
                        heard.frames.append((opcode, payload))
        except asyncio.IncompleteReadError:
            return
        except OSError:
            heard.reset = True

    def _leave(self) -> None:
        self._shown_out = True
        with suppress(OSError):
            self.writer.write_eof()

    async def abuse(self, *chunks: bytes, leaves: bytes | None = None, after: int = 0) -> Heard:
        """Send while listening, until the server has closed.

        ``leaves`` is sent at the end, when ``after`` frames were heard.
        """
        heard = Heard()
        async with asyncio.TaskGroup() as group:
            listening = group.create_task(self.listen(heard))
            await self.send(*chunks)
            if leaves is not None:
                await wait_until(lambda: len(heard.frames) >= after or listening.done())
                await self.send(leaves)
            await listening
        return heard


@asynccontextmanager
async def raw_socket(url: str) -> AsyncIterator[RawSocket]:
    """Upgrade a plain connection to ``url`` by hand; it is aborted at the end."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    try:
        lines = [
            f"GET {parts.path} HTTP/1.1",
            f"Host: {parts.netloc}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {_KEY}",
            "Sec-WebSocket-Version: 13",
        ]
        writer.write("\r\n".join([*lines, "", ""]).encode())
        answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), ANSWER_WITHIN)
        assert answer.startswith(b"HTTP/1.1 101 "), answer
        yield RawSocket(reader, writer)
    finally:
        writer.transport.abort()
