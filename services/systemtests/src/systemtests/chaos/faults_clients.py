"""Faults of clients: those that never read, never finish a request, come by the hundred, or lie."""

import asyncio
import random
import socket
from collections.abc import Iterable
from contextlib import ExitStack
from typing import Final

from systemtests.chaos.world import World

_UPGRADE: Final = (
    b"GET /chat/ws HTTP/1.1\r\nHost: airwave\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nSec-WebSocket-Version: 13\r\n"
)
_STREAM: Final = b"GET /feed/readings HTTP/1.1\r\nHost: airwave\r\nAccept: text/event-stream\r\n"
_SMALL: Final = 2_048
"""Bytes of receive buffer: the kernel's least, so that who doesn't read is felt soon."""


def _connection(port: int) -> socket.socket:
    opened = socket.socket()
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALL)
    opened.setblocking(False)  # noqa: FBT003 - the socket's own signature
    opened.connect_ex(("127.0.0.1", port))
    return opened


async def _hold(port: int, said: Iterable[bytes], seconds: float) -> None:
    """Open a connection for each word, say it, and read nothing."""
    loop = asyncio.get_running_loop()
    with ExitStack() as stack:
        for word in said:
            opened = stack.enter_context(_connection(port))
            try:
                async with asyncio.timeout(5):
                    await loop.sock_sendall(opened, word)
            except OSError:
                continue
        await asyncio.sleep(seconds)


async def never_reads(world: World, _: random.Random, seconds: float) -> None:
    """Streams and WebSockets whose clients read nothing at all."""
    words = [_STREAM + b"\r\n"] * 20 + [_UPGRADE + b"\r\n"] * 20
    await _hold(world.edge.port, words, seconds)


async def slowloris(world: World, _: random.Random, seconds: float) -> None:
    """Half a request, and never the rest, from many at once: at the edge and past it."""
    words = [_STREAM] * 100 + [_UPGRADE] * 100 + [b"G"] * 50 + [b""] * 50
    ports = (world.edge.port, world.feeds[0].port, world.chats[0].port)
    await asyncio.gather(*(_hold(port, words, seconds) for port in ports))


async def crowds_come_and_go(world: World, chance: random.Random, seconds: float) -> None:
    """Hundreds connect and are gone at once, before or after their request."""
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    while loop.time() < until:
        words = chance.choices([b"", _STREAM, _STREAM + b"\r\n", _UPGRADE + b"\r\n"], k=50)
        await _hold(world.edge.port, words, chance.uniform(0, 0.2))


async def nonsense(world: World, chance: random.Random, seconds: float) -> None:
    """Bytes that are no HTTP, headers without end, hostile positions and frames."""
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    positions = (
        b"*",
        b"-1",
        b"zzzz-99999999999999999999",
        b"\xff\xfe",
        b"aaaa-1\x00",
        b"e" * 9_000,
    )
    while loop.time() < until:
        words = [chance.randbytes(200), _STREAM + b"X: " + b"a" * 70_000 + b"\r\n\r\n"]
        words += [_STREAM + b"Last-Event-ID: " + p + b"\r\n\r\n" for p in positions]
        words += [_UPGRADE + b"\r\n" + chance.randbytes(300) for _ in range(10)]
        await _hold(world.edge.port, words, 0.2)
        await _hold(world.feeds[0].port, [w.replace(b"/feed", b"") for w in words], 0.2)
        await _hold(world.chats[0].port, [w.replace(b"/chat", b"") for w in words], 0.2)
