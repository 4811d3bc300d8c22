"""Real connections on the services' own protocol classes, while nobody's timers run."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

import uvicorn
from starlette.types import Receive, Scope, Send

from realtime.serving import Server, make_server, open_listener
from realtime.sink import Sink
from realtime.sse import StreamResponse
from realtime.testing import wait_until
from realtime.transport import SharedFrame, SinkForwarding, TransportSink, protocol_of
from realtime.ws_protocol import StreamWebSocketProtocol

_STREAM: Final = b"GET / HTTP/1.1\r\nHost: airwave\r\n\r\n"
_WEBSOCKET: Final = (
    b"GET / HTTP/1.1\r\nHost: airwave\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


@dataclass(frozen=True, slots=True)
class Connections:
    """The server's ends, as sinks and as the transports below them, and the clients' sockets."""

    sinks: list[TransportSink] = field(default_factory=list)
    transports: list[asyncio.Transport] = field(default_factory=list)
    clients: list[socket.socket] = field(default_factory=list)

    def drain(self) -> None:
        """Read all that has arrived, so that no socket fills."""
        for client in self.clients:
            with contextlib.suppress(BlockingIOError):
                while client.recv(2**16):
                    pass


class _Server(Server):
    """Leaves the loop alone: uvicorn looks around ten times a second, and that would be counted."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._stopped = asyncio.Event()

    async def main_loop(self) -> None:
        """Wait for `stop`."""
        await self._stopped.wait()

    def stop(self) -> None:
        """Begin to shut down."""
        super().stop()
        self._stopped.set()


class _App:
    """Opens a sink for every stream and WebSocket, as feed and chat do."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        protocol = protocol_of(scope, SinkForwarding)
        assert protocol is not None
        self._connections.transports.append(protocol.transport)
        if isinstance(protocol, StreamWebSocketProtocol):
            await receive()
            await send({"type": "websocket.accept"})
            await self.open(protocol.open_sink())
            protocol.hand_over(lambda _: None)
        else:
            await StreamResponse(self)(scope, receive, send)

    async def open(self, sink: Sink) -> None:
        """Keep the sink."""
        assert isinstance(sink, TransportSink)
        self._connections.sinks.append(sink)

    def ended(self) -> None:
        """Nothing to give back."""


@asynccontextmanager
async def opened(*, count: int, websocket: bool) -> AsyncIterator[Connections]:
    """So many open connections of one kind, served and used in this process."""
    connections = Connections()
    config = make_server(_App(connections)).config
    config.ws_ping_interval = None  # under valgrind its 20 s are over at any moment
    server, listener = _Server(config), open_listener("127.0.0.1", 0)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        for _ in range(count):
            await _connect(connections, listener.getsockname(), websocket=websocket)
        await wait_until(lambda: len(connections.sinks) == count, within=60)
        yield connections
    finally:
        for sink in connections.sinks:
            sink.abort()
        for client in connections.clients:
            client.close()
        server.stop()
        await serving


class _Nowhere(asyncio.Transport):
    """A transport without a socket: what is written is gone."""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Drop it."""

    def is_closing(self) -> bool:
        """Never."""
        return False


def nowhere(*, count: int, frame: SharedFrame) -> Connections:
    """As many connections without a socket.

    For the clock: no portable one tells the kernel's work from ours within milliseconds, and of a
    real write it is nine tenths.
    """
    transports: list[asyncio.Transport] = [_Nowhere() for _ in range(count)]
    return Connections([TransportSink(each, frame) for each in transports], transports)


async def _connect(connections: Connections, address: object, *, websocket: bool) -> None:
    client = socket.socket()
    connections.clients.append(client)
    client.setblocking(False)  # noqa: FBT003 - the standard library's signature
    loop = asyncio.get_running_loop()
    await loop.sock_connect(client, address)  # type: ignore[arg-type]
    await loop.sock_sendall(client, _WEBSOCKET if websocket else _STREAM)
