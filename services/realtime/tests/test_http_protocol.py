"""Streams over our protocol class on a real server, and what of uvicorn it rests on."""

import asyncio
import inspect
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeAlias

import pytest
import uvloop
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT, FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from realtime.http_protocol import StreamHttpProtocol
from realtime.serving import make_server, open_listener
from realtime.sink import HIGH_BYTES, ClosedSink, Sink
from realtime.sse import StreamResponse
from realtime.testing import wait_until
from realtime.transport import (
    DirectSink,
    SharedFrame,
    TransportSink,
    make_sink,
    protocol_of,
)

NewLoop: TypeAlias = Callable[[], asyncio.AbstractEventLoop]
REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


class Stream:
    def __init__(self, *, fails: bool = False) -> None:
        self.sink: Sink = ClosedSink()
        self.ends = 0
        self.told: list[str] = []
        self.may_open = asyncio.Event()
        self.may_open.set()
        self._fails = fails

    async def open(self, sink: Sink) -> None:
        self.sink = sink
        sink.listen(self)
        sink.write(b"hello")
        await self.may_open.wait()
        if self._fails:
            raise ValueError

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

    def __init__(self, *, waits: bool = False, fails: bool = False) -> None:
        self.streams: list[Stream] = []
        self._waits = waits
        self._fails = fails

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/":
            self.streams.append(Stream(fails=self._fails))
            if self._waits:
                self.streams[-1].may_open.clear()
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


def unchunked(raw: bytes) -> bytes:
    """The body of a response in the chunked transfer coding."""
    body = b""
    while raw:
        size, _, raw = raw.partition(b"\r\n")
        body, raw = body + raw[: int(size, 16)], raw[int(size, 16) + 2 :]
    return body


async def opened(app: App, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Stream:
    before = len(app.streams)
    writer.write(REQUEST)
    await reader.readuntil(b"5\r\nhello\r\n")
    assert len(app.streams) == before + 1
    return app.streams[-1]


async def test_a_stream_ends_properly_and_its_connection_with_it() -> None:
    app = App()
    async with serving(app) as port, connected(port) as (reader, writer):
        stream = await opened(app, reader, writer)
        assert isinstance(stream.sink, TransportSink)
        stream.sink.write(b"more")
        stream.sink.close()
        stream.sink.write(b"dropped")
        assert await reader.read() == b"4\r\nmore\r\n0\r\n\r\n"
        await wait_until(lambda: stream.ends == 1)


async def test_a_stream_follows_other_requests_and_says_that_it_is_the_last() -> None:
    app = App()
    async with serving(app) as port, connected(port) as (reader, writer):
        writer.write(b"GET /plain HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await reader.readuntil(b"\r\n\r\nplain")).startswith(b"HTTP/1.1 200 OK\r\n")
        writer.write(REQUEST)
        head = await reader.readuntil(b"\r\n\r\n")
        assert b"\r\nconnection: close\r\n" in head
        await reader.readuntil(b"hello\r\n")


async def test_no_task_and_no_request_is_left_while_a_stream_runs() -> None:
    app = App()
    async with serving(app) as port, connected(port) as (reader, writer):
        before = len(asyncio.all_tasks())
        stream = await opened(app, reader, writer)
        await wait_until(lambda: len(asyncio.all_tasks()) == before)
        stream.sink.write(b"more")
        assert await reader.readexactly(9) == b"4\r\nmore\r\n"


async def test_what_a_client_says_after_its_request_is_dropped() -> None:
    app = App()
    async with serving(app) as port, connected(port) as (reader, writer):
        stream = await opened(app, reader, writer)
        writer.write(REQUEST + b"\0 no request at all " * 4_096)
        await writer.drain()
        stream.sink.write(b"more")
        assert await reader.readexactly(9) == b"4\r\nmore\r\n"
        assert len(app.streams) == 1


async def test_who_leaves_while_the_stream_opens_is_given_back_after_it() -> None:
    app = App(waits=True)
    async with serving(app) as port, connected(port) as (reader, writer):
        writer.write(REQUEST)
        await reader.readuntil(b"5\r\nhello\r\n")
        (stream,) = app.streams
        writer.close()
        await wait_until(lambda: stream.sink.closed)
        assert stream.ends == 0
        stream.may_open.set()
        await wait_until(lambda: stream.ends == 1)


async def test_a_stream_whose_opening_fails_ends() -> None:
    app = App(fails=True)
    async with serving(app) as port, connected(port) as (reader, writer):
        writer.write(REQUEST)
        assert (await reader.read()).endswith(b"0\r\n\r\n")
        await wait_until(lambda: app.streams[0].ends == 1)


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


async def keep_order() -> None:
    """The kernel takes parts, the transport the rest; the order is that of the calls."""
    app = App()
    async with serving(app) as port, connected(port, receive_buffer=4_096) as (reader, writer):
        stream = await opened(app, reader, writer)
        assert isinstance(stream.sink, DirectSink)
        told, number = b"", 0
        while not stream.sink.full:
            chunk = b"%08d" % number * 1_000
            told += chunk
            (stream.sink.write if number % 3 == 0 else stream.sink.write_shared)(chunk)
            number += 1
        stream.sink.write_shared(b"also when full")
        stream.sink.close()
        raw = await reader.read()
    assert unchunked(raw) == told + b"also when full"


async def write_after_the_end() -> None:
    app = App()
    async with serving(app) as port, connected(port) as (reader, writer):
        stream = await opened(app, reader, writer)
        sink = stream.sink
        sink.abort()
        sink.closed = False  # type: ignore[misc] # plays a sink that has not been told yet
        # The descriptor is given to the next who comes.
        async with connected(port) as (other, its_writer):
            after = await opened(app, other, its_writer)
            for _ in range(100):
                sink.write_shared(b"for the one who left")
            after.sink.write_shared(b"for the one who came")
            assert (await other.readuntil(b"came\r\n")) == b"14\r\nfor the one who came\r\n"


LOOPS = pytest.mark.parametrize(
    "new_loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"]
)


@LOOPS
def test_what_is_for_everybody_keeps_its_place_among_what_is_for_one(new_loop: NewLoop) -> None:
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(keep_order())


@LOOPS
def test_what_is_for_everybody_never_reaches_who_came_after_a_connection_that_ended(
    new_loop: NewLoop,
) -> None:
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(write_after_the_end())


def test_a_transport_that_encrypts_is_not_gone_around() -> None:
    with socket.socket() as plain:
        for extra, kind in (
            ({"socket": plain}, DirectSink),
            ({"socket": plain, "sslcontext": "one"}, TransportSink),
            ({}, TransportSink),
        ):
            transport = asyncio.Transport(extra)
            assert type(make_sink(transport, SharedFrame(bytes))) is kind


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
    assert protocol_of({"type": "http"}, StreamHttpProtocol) is None
    scope = {"type": "http", "extensions": {"airwave.sink": object()}}
    assert protocol_of(scope, StreamHttpProtocol) is None


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


def test_what_we_let_go_of_uvicorn_is_no_longer_asked_for() -> None:
    """After `hand_over` these see None; an upgrade that uses them more must fail here."""
    run = inspect.getsource(RequestResponseCycle.run_asgi)
    assert "elif not self.response_complete and not self.disconnected:" in run
    lost = inspect.getsource(HttpToolsProtocol.connection_lost)
    assert "if self.cycle is not None:" in lost
    assert "if self.flow is not None:" in lost
    shutdown = inspect.getsource(HttpToolsProtocol.shutdown)
    assert "if self.cycle is None or self.cycle.response_complete:" in shutdown
    left = (lost, shutdown, inspect.getsource(HttpToolsProtocol.eof_received))
    for name in ("scope", "headers", "url", "pipeline"):
        assert not any(f"self.{name}" in source for source in left), name
