"""What an idle connection weighs: Python's own allocations, counted exactly and not by the kernel.

The slope of the resident set is `make bench`'s to measure; this is the guard against a reference
that is kept by mistake. Bounds are a quarter above what was counted (2026-11-23, Python 3.11).
"""

import asyncio
import base64
import gc
import socket
import tracemalloc
from collections.abc import Callable, Iterator

import pytest

from chat.testing import MemoryHistory, MemoryStore
from realtime.testing import MemoryBroker, wait_until
from systemtests.inprocess import running_feed
from systemtests.running_chat import running_chat

WARM, MORE = 50, 200
KEY = base64.b64encode(bytes(16)).decode()
HEADERS = "Host: x\r\nUser-Agent: a browser of today\r\nAccept-Language: de,en;q=0.5\r\nDNT: 1\r\n"
STREAM = f"GET /readings HTTP/1.1\r\n{HEADERS}Accept: text/event-stream\r\n\r\n".encode()
UPGRADE = (
    f"GET /ws HTTP/1.1\r\n{HEADERS}Upgrade: websocket\r\nConnection: Upgrade\r\n"
    f"Sec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Version: 13\r\n\r\n"
).encode()
JOIN = b'{"type":"join","room":"lobby"}'
JOIN_FRAME = bytes([0x81, 0x80 | len(JOIN)]) + bytes(4) + JOIN


@pytest.fixture
def sockets() -> Iterator[list[socket.socket]]:
    made: list[socket.socket] = []
    yield made
    for one in made:
        one.close()


async def weigh(
    sockets: list[socket.socket], port: int, words: tuple[bytes, ...], count: Callable[[], int]
) -> float:
    """Bytes that the process holds for each of `MORE` connections beyond the first `WARM`."""

    async def open_more(wanted: int) -> None:
        loop = asyncio.get_running_loop()
        while len(sockets) < wanted:
            one = socket.socket()
            one.setblocking(False)  # noqa: FBT003 - the standard library's signature
            sockets.append(one)
            await loop.sock_connect(one, ("127.0.0.1", port))
            for word in words:
                await loop.sock_sendall(one, word)
                await loop.sock_recv(one, 2**16)
        await wait_until(lambda: count() == wanted)
        await asyncio.sleep(0)
        gc.collect()

    await open_more(WARM)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        await open_more(WARM + MORE)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return (after - before) / MORE


async def test_an_idle_stream_weighs_little(sockets: list[socket.socket]) -> None:
    async with running_feed(MemoryBroker(), drain_window=0) as feed:
        port = int(feed.url.rsplit(":", 1)[1])
        weight = await weigh(sockets, port, (STREAM,), lambda: feed.feed.fanout.hub.subscribers)
    assert weight < 6_000, weight


async def test_an_idle_member_weighs_little(sockets: list[socket.socket]) -> None:
    history = MemoryHistory(MemoryStore())
    async with running_chat(MemoryBroker(), history, drain_window=0) as chat:
        port = int(chat.url.rsplit(":", 1)[1])
        hub = chat.chat.replica.hub
        weight = await weigh(sockets, port, (UPGRADE, JOIN_FRAME), lambda: hub.subscribers)
    assert weight < 10_500, weight
