"""Streams over our protocol class on a real server, and what of uvicorn it rests on."""

import asyncio
import inspect
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT, FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from realtime.serving import make_server, open_listener
from realtime.sink import HIGH_BYTES, ClosedSink, Sink
from realtime.sse import StreamResponse
from realtime.testing import wait_until
from realtime.transport import SharedFrame, TransportSink, protocol_of

REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


class Stream:
    def __init__(self) -> None:
        self.sink: Sink = ClosedSink()
        self.ends = 0
        self.told: list[str] = []

    async def open(self, sink: Sink) -> None:
        self.sink = sink
        sink.listen(self)
        sink.write(b"hello")

    def ended(self) -> None:
        self.ends += 1

    def sink_full(self) -> None:
        self.told.append("full")

    def sink_drained(self) -> None:
        self.told.append("drained")

    def sink_closed(self) -> None:
        self.told.append("closed")


class App:
    """Streams at ``/``, plain text elsewhere."""

    def __init__(self) -> None:
        self.streams: list[Stream] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/":
            self.streams.append(Stream())
            await StreamResponse(self.streams[-1])(scope, receive, send)
        else:
            await PlainTextResponse("plain")(scope, receive, send)


@asynccontextmanager
async def serving(app: App) -> AsyncIterator[int]:
    server = make_server(app)
    listener = open_listener("127.0.0.1", 0)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield listener.getsockname()[1]
    finally:
        for stream in app.streams:
            stream.sink.abort()
        server.stop()
        await task


@asynccontextmanager
async def connected(
    port: int, *, receive_buffer: int | None = None
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    plain = socket.socket()
    if receive_buffer is not None:
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    plain.connect(("127.0.0.1", port))
    reader, writer = await asyncio.open_connection(sock=plain, limit=2**20)
    try:
        yield reader, writer
    finally:
        writer.close()


async def opened(app: App, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Stream:
    before = len(app.streams)
    writer.write(REQUEST)
    await reader.readuntil(b"5\r\nhello\r\n")
    assert len(app.streams) == before + 1
    return app.streams[-1]


async def test_a_stream_ends_properly_and_the_connection_is_used_again() -> None:
    app = App()
    async with serving(app) as port, connected(port) as (reader, writer):
        stream = await opened(app, reader, writer)
        assert isinstance(stream.sink, TransportSink)
        stream.sink.write(b"more")
        stream.sink.close()
        stream.sink.write(b"dropped")
        assert await reader.readuntil(b"0\r\n\r\n") == b"4\r\nmore\r\n0\r\n\r\n"
        await wait_until(lambda: stream.ends == 1)
        again = await opened(app, reader, writer)
        again.sink.close()
        await reader.readuntil(b"0\r\n\r\n")
        writer.write(b"GET /plain HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await reader.readuntil(b"plain")).startswith(b"HTTP/1.1 200 OK\r\n")


async def test_a_client_that_leaves_closes_the_sink() -> None:
    app = App()
    async with serving(app) as port, connected(port) as (reader, writer):
        stream = await opened(app, reader, writer)
        writer.close()
        await wait_until(lambda: stream.ends == 1)
        assert stream.told == ["closed"]
        stream.sink.write(b"into the void")


async def test_a_full_socket_is_told_and_when_it_has_room_again() -> None:
    app = App()
    async with serving(app) as port, connected(port, receive_buffer=4_096) as (reader, writer):
        stream = await opened(app, reader, writer)
        chunk = b"x" * 16_384

        async def fill() -> bool:
            stream.sink.write(chunk)
            await asyncio.sleep(0)
            return stream.sink.full

        await wait_until(fill)
        assert stream.told == ["full"]
        assert stream.sink.buffered_bytes <= HIGH_BYTES + len(chunk) + 16
        stream.sink.write(b"also when full, for control")

        async def read() -> bool:
            await reader.read(2**18)
            return not stream.sink.full

        await wait_until(read)
        assert stream.told == ["full", "drained"]


async def test_whoever_is_aborted_is_reset_and_holds_nothing() -> None:
    app = App()
    async with serving(app) as port, connected(port, receive_buffer=4_096) as (reader, writer):
        stream = await opened(app, reader, writer)
        while not stream.sink.full:
            stream.sink.write(b"x" * 16_384)
        stream.sink.abort()
        await wait_until(lambda: stream.ends == 1)
        assert stream.sink.buffered_bytes == 0
        with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
            await reader.readexactly(2**22)


def test_the_same_chunk_is_framed_once() -> None:
    made: list[bytes] = []

    def frame(chunk: bytes) -> bytes:
        made.append(chunk)
        return b"<" + chunk + b">"

    shared = SharedFrame(frame)
    one, two = b"one", b"two"
    assert shared(one) is shared(one)
    assert (shared(two), shared(one)) == (b"<two>", b"<one>")
    assert made == [b"one", b"two", b"one"]


def test_another_server_has_no_protocol_of_ours() -> None:
    assert protocol_of({"type": "http"}) is None
    assert protocol_of({"type": "http", "extensions": {"airwave.sink": object()}}) is None


def test_what_we_touch_of_uvicorn_is_as_we_know_it() -> None:
    """An upgrade that changes one of these must fail here, not in front of clients."""
    made = inspect.getsource(HttpToolsProtocol.on_message_begin)
    assert "self.scope = {" in made, "the scope is made where ours adds to it"
    assert "extensions" not in made, "and holds none that we would replace"
    lost = inspect.getsource(HttpToolsProtocol.connection_lost)
    assert "self.cycle.disconnected = True" in lost
    for name in ("pause_writing", "resume_writing", "connection_made"):
        assert callable(getattr(HttpToolsProtocol, name))
    for name in ("pause_writing", "resume_writing"):
        assert callable(getattr(FlowControl, name))
    start = inspect.getsource(RequestResponseCycle.send)
    assert 'self.transport.write(b"".join(content))' in start, "the start is written at once"
    assert "transfer-encoding: chunked" in start
    assert HIGH_WATER_LIMIT == HIGH_BYTES
