"""A connection to an edge, byte by byte: what goes over it is what a probe says."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

from infra.ports import LOOPBACK

PATIENCE = 20.0
"""Seconds: longer than a busy machine takes for anything that is not waited for on purpose."""
SOCKET = (
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
    "Origin: http://127.0.0.1",
)


class Wire:
    """Both directions of one connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.head = ""

    @property
    def status(self) -> int:
        """Of the answer whose head was read."""
        return int(self.head.split(" ", 2)[1])

    def header(self, name: str) -> str:
        """The value of a header of the answer, or nothing."""
        for line in self.head.split("\r\n")[1:]:
            key, _, value = line.partition(":")
            if key.lower() == name:
                return value.strip()
        return ""

    async def ask(self, target: str, *headers: str) -> None:
        """Send a request and read the head of its answer."""
        self.writer.write(
            "\r\n".join((f"GET {target} HTTP/1.1", "Host: x", *headers, "", "")).encode()
        )
        self.head = (await self.until("\r\n\r\n")).decode()

    async def until(self, text: str, within: float = PATIENCE) -> bytes:
        """Everything up to ``text``."""
        async with asyncio.timeout(within):
            return await self.reader.readuntil(text.encode())

    async def ended(self, within: float) -> bool:
        """Whether the other side ends it within so many seconds, whatever it says until then."""
        try:
            async with asyncio.timeout(within):
                while await self.reader.read(65536):
                    pass
        except TimeoutError:
            return False
        except ConnectionError:
            pass
        return True


@contextlib.asynccontextmanager
async def wire(port: int, *, receive_bytes: int | None = None) -> AsyncIterator[Wire]:
    """A connection to the edge at ``port``, reset at the end; ``receive_bytes`` as SO_RCVBUF."""
    made = socket.socket()
    made.setblocking(False)  # noqa: FBT003 - the socket's own signature
    if receive_bytes is not None:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
    await asyncio.get_running_loop().sock_connect(made, (LOOPBACK, port))
    reader, writer = await asyncio.open_connection(sock=made, limit=1 << 17)
    try:
        yield Wire(reader, writer)
    finally:
        writer.transport.abort()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
