"""A DNS server that knows every name as 127.0.0.1: what Docker's own is for containers."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from infra.ports import LOOPBACK

_ANSWER: Final = 0x8180  # a response, recursion available, no error
_NO_NAME: Final = 0x8183
_HEADER: Final = 12
_ADDRESS: Final = 1  # a record of type A, and the class of the Internet


class Names(asyncio.DatagramProtocol):
    """Answers for the names that ``known`` has at that moment."""

    def __init__(self, known: Callable[[], set[str]]) -> None:
        self._known = known
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if self._transport is not None:
            self._transport.sendto(self._answer(data), addr)

    def _answer(self, asked: bytes) -> bytes:
        end = asked.index(0, _HEADER) + 5  # the name, its type and class
        there = _name(asked[_HEADER:]) in self._known()
        head = struct.pack("!2sHHHHH", asked[:2], _ANSWER if there else _NO_NAME, 1, there, 0, 0)
        record = struct.pack("!HHHIH4s", 0xC00C, _ADDRESS, 1, 1, 4, socket.inet_aton(LOOPBACK))
        return head + asked[_HEADER:end] + (record if there else b"")


def _name(question: bytes) -> str:
    labels, at = [], 0
    while length := question[at]:
        labels.append(question[at + 1 : at + 1 + length].decode())
        at += 1 + length
    return ".".join(labels)


@asynccontextmanager
async def names(known: Callable[[], set[str]]) -> AsyncIterator[int]:
    """The port of such a server while the context lasts."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(
        lambda: Names(known), local_addr=(LOOPBACK, 0)
    )
    try:
        yield transport.get_extra_info("sockname")[1]
    finally:
        transport.close()
