"""WebSockets over our protocol class on a real server, and what of uvicorn it rests on."""

import asyncio
import inspect
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from realtime.keepalive import keepalive_of
from realtime.serving import make_server, open_listener
from realtime.sink import HIGH_BYTES
from realtime.testing import wait_until
from realtime.transport import TransportSink, protocol_of
from realtime.ws_protocol import StreamWebSocketProtocol


class App:
    """Accepts, hands its sink to the test, and closes with 1012 when the sink is closed."""

    def __init__(self) -> None:
        self.sinks: list[TransportSink] = []
        self.frames: list[str] = []
        self.ends = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        protocol = protocol_of(scope, StreamWebSocketProtocol)
        assert protocol is not None
        sink = protocol.open_sink()
        self.sinks.append(sink)
        reader = asyncio.create_task(self._read(receive))
        over = asyncio.Event()
        sink.when_over(over.set)
        await over.wait()
        if not sink.lost:
            await send({"type": "websocket.close", "code": 1012})
        reader.cancel()
        self.ends += 1

    async def _read(self, receive: Receive) -> None:
        while (event := await receive())["type"] != "websocket.disconnect":
            self.frames.append(event["text"])


@asynccontextmanager
async def serving(app: "App | Carried") -> AsyncIterator[int]:
    server = make_server(app)
    listener = open_listener("127.0.0.1", 0)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield listener.getsockname()[1]
    finally:
        for sink in app.sinks:
            sink.abort()
        server.stop()
        await task


@asynccontextmanager
async def opened(
    app: "App | Carried", port: int, *, receive_buffer: int | None = None
) -> AsyncIterator[tuple[ClientConnection, TransportSink]]:
    plain = socket.socket()
    if receive_buffer is not None:
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    plain.connect(("127.0.0.1", port))
    url = f"ws://127.0.0.1:{port}/"
    async with connect(url, sock=plain, ping_interval=None, close_timeout=0.1) as client:
        await wait_until(lambda: app.sinks)
        yield client, app.sinks[-1]


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, 200_000])
async def test_a_chunk_is_one_text_frame_of_any_length(size: int) -> None:
    app = App()
    async with serving(app) as port, opened(app, port) as (client, sink):
        sink.write(b"x" * size)
        sink.write("grün".encode())
        assert await client.recv() == "x" * size
        assert await client.recv() == "grün"


async def test_frames_of_both_ways_and_pings_do_not_disturb_each_other() -> None:
    app = App()
    async with serving(app) as port, opened(app, port) as (client, sink):
        for number in range(50):
            await client.send(str(number))
            pong = await client.ping()
            sink.write(str(number).encode())
            assert await client.recv() == str(number)
            await pong
        await wait_until(lambda: app.frames == [str(number) for number in range(50)])


async def test_closing_the_sink_lets_the_application_say_its_close() -> None:
    app = App()
    async with serving(app) as port, opened(app, port) as (client, sink):
        sink.write(b"last")
        sink.close()
        assert await client.recv() == "last"
        with pytest.raises(ConnectionClosed) as caught:
            await client.recv()
        assert caught.value.rcvd is not None
        assert caught.value.rcvd.code == 1012


async def test_a_client_that_leaves_closes_the_sink() -> None:
    app = App()
    async with serving(app) as port:
        async with opened(app, port) as (client, sink):
            await client.close()
            await wait_until(lambda: sink.closed)
        await wait_until(lambda: app.ends == 1)
        sink.write(b"into the void")


async def test_whoever_is_aborted_is_reset() -> None:
    app = App()
    async with serving(app) as port, opened(app, port, receive_buffer=4_096) as (client, sink):
        client.transport.pause_reading()
        while not sink.full:
            sink.write(b"x" * 16_384)
        assert sink.buffered_bytes <= HIGH_BYTES + 16_400
        sink.abort()
        await wait_until(lambda: app.ends == 1)
        assert sink.lost


def test_what_we_touch_of_uvicorn_is_as_we_know_it() -> None:
    """An upgrade that changes one of these must fail here, not in front of clients."""
    made = inspect.getsource(WebSocketsSansIOProtocol.handle_connect)
    assert '"extensions": {' in made, "the scope has a place for extensions"
    assert "self.loop.create_task(self.run_asgi())" in made, "the task begins after we add to it"
    lost = inspect.getsource(WebSocketsSansIOProtocol.connection_lost)
    assert "self.disconnected = True" in lost
    for name in ("pause_writing", "resume_writing", "connection_made"):
        assert callable(getattr(WebSocketsSansIOProtocol, name))
    for name in ("start_keepalive", "stop_keepalive"):
        assert callable(getattr(WebSocketsSansIOProtocol, name))
    begun = inspect.getsource(WebSocketsSansIOProtocol.send)
    assert "self.start_keepalive()" in begun
    for ended in (WebSocketsSansIOProtocol.connection_lost, WebSocketsSansIOProtocol.shutdown):
        assert "self.stop_keepalive()" in inspect.getsource(ended)
    pong = inspect.getsource(WebSocketsSansIOProtocol.handle_pong)
    assert "if self.pending_ping_payload is None or" in pong, "ours is none of its own"


class Carried:
    """Hands each connection over, keeps what it hears, and reads on when the test says so."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []
        self.protocols: list[StreamWebSocketProtocol] = []
        self.sinks: list[TransportSink] = []
        self.reads_on = True
        self.hands_over = asyncio.Event()
        self.hands_over.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        protocol = protocol_of(scope, StreamWebSocketProtocol)
        assert protocol is not None
        self.protocols.append(protocol)
        self.sinks.append(protocol.open_sink())
        await self.hands_over.wait()
        protocol.hand_over(self.hear)

    def hear(self, event: dict[str, Any]) -> None:
        self.heard.append(event)
        if self.reads_on:
            protocol = self.protocols[-1]
            protocol.loop.call_soon(protocol.read_on)

    @property
    def texts(self) -> list[str]:
        return [event["text"] for event in self.heard if event["type"] == "websocket.receive"]

    @property
    def goodbyes(self) -> list[int]:
        return [event["code"] for event in self.heard if event["type"] == "websocket.disconnect"]


async def test_a_conversation_handed_over_goes_on_without_a_task() -> None:
    app = Carried()
    async with serving(app) as port:
        before = len(asyncio.all_tasks())
        async with opened(app, port) as (client, sink):
            ours = len(asyncio.all_tasks())
            for number in range(50):
                await client.send(str(number))
                sink.write(str(number).encode())
                assert await client.recv() == str(number)
                await (await client.ping())
            await wait_until(lambda: len(app.texts) == 50)
            assert app.texts == [str(number) for number in range(50)]
            assert len(asyncio.all_tasks()) <= ours
            await client.close()
        await wait_until(lambda: len(asyncio.all_tasks()) == before)
        assert app.goodbyes[0] == 1000


async def test_what_came_before_a_conversation_is_handed_over_is_heard_first() -> None:
    app = Carried()
    app.hands_over.clear()
    async with serving(app) as port, opened(app, port) as (client, _):
        await client.send("early")
        await wait_until(lambda: not app.protocols[-1].queue.empty())
        app.hands_over.set()
        await wait_until(lambda: app.texts)
        await client.send("later")
        await wait_until(lambda: app.texts == ["early", "later"])


async def test_nothing_is_read_between_a_frame_and_reading_on() -> None:
    app = Carried()
    app.reads_on = False
    async with serving(app) as port, opened(app, port) as (client, _):
        await client.send("one")
        await wait_until(lambda: app.texts == ["one"])
        await client.send("two")
        # The pong would be read before anything that follows "two".
        pong = asyncio.ensure_future(await client.ping())
        assert not pong.done()
        app.reads_on = True
        app.protocols[-1].read_on()
        await pong
        assert app.texts == ["one", "two"]


async def test_a_conversation_handed_over_says_its_close_and_hears_the_answer() -> None:
    app = Carried()
    async with serving(app) as port, opened(app, port) as (client, sink):
        sink.write(b"last")
        app.protocols[-1].say_close(4501, "bad frames")
        app.protocols[-1].say_close(1012, "once only")
        assert await client.recv() == "last"
        with pytest.raises(ConnectionClosed) as caught:
            await client.recv()
        assert caught.value.rcvd is not None
        assert (caught.value.rcvd.code, caught.value.rcvd.reason) == (4501, "bad frames")
        await wait_until(lambda: sink.lost)


async def test_a_peer_that_vanishes_is_heard_once_it_is_handed_over() -> None:
    app = Carried()
    async with serving(app) as port, opened(app, port) as (client, sink):
        client.transport.abort()
        await wait_until(lambda: sink.over)
        await wait_until(lambda: app.goodbyes == [1005])


def test_what_we_let_go_of_uvicorn_is_no_longer_asked_for() -> None:
    """After `hand_over` these see None or a stand-in; an upgrade must fail here."""
    kind = WebSocketsSansIOProtocol
    run = inspect.getsource(kind.run_asgi)
    assert "if self.close_timer is None:\n            self.transport.close()" in run
    lost = inspect.getsource(kind.connection_lost)
    assert "self.queue.put_nowait(" in lost
    assert "self.writable.set()" in lost
    assert "self.close_timer.cancel()" in lost
    taken = inspect.getsource(kind.send_receive_event_to_app)
    assert "self.transport.pause_reading()" in taken, "after each frame"
    still_used = (
        "connection_lost data_received handle_events handle_text handle_cont handle_bytes "
        "handle_ping handle_pong handle_close handle_parser_exception send_receive_event_to_app "
        "shutdown"
    )
    for method in still_used.split():
        source = inspect.getsource(getattr(kind, method))
        for name in ("scope", "request", "response"):
            assert not re.search(rf"self\.{name}\b", source), (method, name)
        assert "self.queue.get" not in source
        assert "writable.wait" not in source


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"authorization": "x" * 8_000}, 101), ({"authorization": "x" * 9_000}, 431)],
)
async def test_a_header_that_is_too_long_is_answered_and_not_kept_waiting(
    headers: dict[str, str], status: int
) -> None:
    app = App()
    async with serving(app) as port:
        if status == 101:
            async with connect(f"ws://127.0.0.1:{port}", additional_headers=headers):
                return
        with pytest.raises(InvalidStatus) as raised:
            await connect(f"ws://127.0.0.1:{port}", additional_headers=headers)
        assert raised.value.response.status_code == status
        assert not app.sinks


async def test_upgrades_that_cannot_be_read_leave_no_connection() -> None:
    async with serving(App()) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        many = "".join(f"x{number}: 1\r\n" for number in range(200))
        upgrade = "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"
        writer.write(f"{upgrade}{many}\r\n".encode())
        async with asyncio.timeout(5):
            answer = await reader.read()
        assert answer.startswith(b"HTTP/1.1 431 ")
        writer.close()


@asynccontextmanager
async def pinging(app: "App | Carried", *, every: float) -> AsyncIterator[int]:
    """As `serving`, with pings as often as a test has time for."""
    server = make_server(app)
    server.config.ws_ping_interval = every
    listener = open_listener("127.0.0.1", 0)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield listener.getsockname()[1]
    finally:
        for sink in app.sinks:
            sink.abort()
        server.stop()
        await task


async def test_a_peer_that_answers_pings_stays_and_one_that_does_not_is_let_go() -> None:
    app = Carried()
    async with pinging(app, every=0.2) as port:
        silent = Raw(port)
        await wait_until(lambda: len(app.sinks) == 1)
        async with opened(app, port) as (client, sink):
            began = asyncio.get_running_loop().time()
            await wait_until(lambda: app.goodbyes == [4009], what="the end of the silent one")
            assert asyncio.get_running_loop().time() - began + 0.05 >= 0.2
            assert await silent.close_code() == 4009
            assert not sink.over
            sink.write(b"still here")
            assert await client.recv() == "still here"
        await wait_until(lambda: not keepalive_of(asyncio.get_running_loop(), 0.2))


class Raw:
    """A WebSocket client that upgrades and then answers nothing."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.sendall(
            b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )

    async def close_code(self) -> int:
        """The code of the close frame that ends what was received."""
        loop, received = asyncio.get_running_loop(), b""
        self._socket.setblocking(False)  # noqa: FBT003 - the standard library's signature
        while part := await loop.sock_recv(self._socket, 4_096):
            received += part
        self._socket.close()
        at = received.rindex(b"\x88")
        return int.from_bytes(received[at + 2 : at + 4])


async def test_who_is_not_read_is_not_blamed_for_its_silence() -> None:
    app = Carried()
    app.reads_on = False
    async with pinging(app, every=0.2) as port, opened(app, port) as (client, sink):
        await client.send("one")
        await wait_until(lambda: app.texts == ["one"])
        kept = keepalive_of(asyncio.get_running_loop(), 0.2)
        turns = 0

        def count() -> bool:
            nonlocal turns
            turns += 1
            return turns > 60

        # Three intervals, in which its pongs lie unread.
        await wait_until(count)
        assert len(kept) == 1
        app.protocols[-1].read_on()
        sink.write(b"go on")
        assert await client.recv() == "go on"
