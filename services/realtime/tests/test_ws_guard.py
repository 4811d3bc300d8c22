"""Each guard in front of a peer that needs it, and what of uvicorn and websockets they rest on."""

import asyncio
import inspect
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import pytest
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.protocol import Protocol

from realtime.serving import make_server, open_listener
from realtime.sink import HIGH_BYTES
from realtime.testing import wait_until
from realtime.transport import protocol_of
from realtime.ws_guard import LINGER_SECONDS
from realtime.ws_protocol import StreamWebSocketProtocol
from systemtests.raw_socket import Op, RawSocket, close_frame, frame, raw_socket


class Listening:
    """Accepts, and keeps what it hears and the protocols of its connections."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []
        self.protocols: list[StreamWebSocketProtocol] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        protocol = protocol_of(scope, StreamWebSocketProtocol)
        assert protocol is not None
        self.protocols.append(protocol)
        await send({"type": "websocket.accept"})
        while (event := await receive())["type"] == "websocket.receive":
            self.heard.append(dict(event))


@asynccontextmanager
async def serving() -> AsyncIterator[tuple[Listening, int]]:
    app = Listening()
    server = make_server(app)
    listener = open_listener("127.0.0.1", 0)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield app, listener.getsockname()[1]
    finally:
        server.stop()
        await task


@asynccontextmanager
async def opened() -> AsyncIterator[tuple[Listening, RawSocket]]:
    async with serving() as (app, port), raw_socket(f"ws://127.0.0.1:{port}/") as raw:
        await wait_until(lambda: app.protocols)
        yield app, raw


async def test_empty_fragments_are_not_kept() -> None:
    async with opened() as (app, raw):
        empty = frame(Op.CONT, fin=False)
        await raw.send(frame(Op.TEXT, b"a", fin=False), empty * 10_000, frame(Op.PING))
        await raw.frame()
        assert len(app.protocols[0].frames) == 1
        await raw.send(frame(Op.CONT, b"b", fin=False), empty, frame(Op.CONT))
        await wait_until(lambda: [event["text"] for event in app.heard] == ["ab"])


async def test_who_reads_no_pong_is_not_read_and_is_read_again_later() -> None:
    async with opened() as (app, raw):
        pings = frame(Op.PING, b"x" * 125) * 1_000
        sent = await raw.push(pings, most=400)
        assert sent < 400
        (protocol,) = app.protocols
        # One read of the loop's, 256 KiB, may have been full of them.
        assert protocol.transport.get_write_buffer_size() <= HIGH_BYTES + 256 * 1024
        assert protocol.read_paused
        for _ in range(sent * 1_000):
            await asyncio.wait_for(raw.frame(), 10)
        await raw.send(frame(Op.TEXT, b"still here"))
        await wait_until(lambda: app.heard)


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (frame(Op.TEXT, b"\xff"), 1007),
        (frame(Op.TEXT, b"ok", fin=False) + frame(Op.CONT, b"\xce"), 1007),
        (frame(Op.TEXT, b"\xff") + close_frame(4000), 4000),
        (frame(Op.TEXT, b"\xff") + frame(Op.TEXT, masked=False), 1002),
        (frame(Op.TEXT, b"\xff") * 3, 1007),
    ],
)
async def test_text_that_is_no_utf_8_is_answered_without_a_line_in_the_log(
    sent: bytes, code: int, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        async with opened() as (app, raw):
            heard = await raw.abuse(sent)
            assert heard.code == code
            assert not app.heard
    assert not caplog.records


BAD: Final = frame(3, b"no such opcode")


async def test_a_peer_that_broke_the_protocol_has_time_to_read_why_and_is_cut_then() -> None:
    async with opened() as (app, raw):
        began = time.monotonic()
        # Nothing of it is heard, and the connection is not reset over it.
        await raw.send(BAD, frame(Op.TEXT, b"more"), b"\xff" * 100_000)
        opcode, payload = await raw.frame()
        assert (opcode, payload[:2]) == (Op.CLOSE, b"\x03\xea")
        with pytest.raises(asyncio.IncompleteReadError):
            await raw.frame()
        assert time.monotonic() - began > 0.9 * LINGER_SECONDS
        assert not app.heard
        await wait_until(app.protocols[0].transport.is_closing)


async def test_a_peer_that_broke_the_protocol_and_leaves_is_gone_at_once() -> None:
    async with opened() as (app, raw):
        (protocol,) = app.protocols
        await raw.send(BAD)
        assert (await raw.frame())[0] is Op.CLOSE
        assert not protocol.transport.is_closing()
        raw.writer.write_eof()
        await wait_until(protocol.transport.is_closing)
        assert protocol.close_timer is None


async def test_frames_ahead_of_the_handshakes_answer_end_the_connection_quietly(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = Listening()
    server = make_server(app)
    server.config.load()
    made = StreamWebSocketProtocol(server.config, server.server_state, {})
    transport = _Transport()
    made.connection_made(transport)
    lines = ["GET / HTTP/1.1", "Host: x", "Upgrade: websocket", "Connection: Upgrade"]
    lines += ["Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==", "Sec-WebSocket-Version: 13"]
    with caplog.at_level(logging.WARNING):
        made.data_received("\r\n".join([*lines, "", ""]).encode())
        made.data_received(frame(Op.TEXT, b"early", masked=False))
        assert transport.is_closing()
        made.connection_lost(None)
        await wait_until(lambda: not server.server_state.tasks)
    assert not caplog.records


class _Transport(asyncio.Transport):
    """A transport that keeps nothing."""

    def __init__(self) -> None:
        super().__init__()
        self._closing = False

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Nothing is buffered."""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Drop it."""

    def close(self) -> None:
        self._closing = True

    def is_closing(self) -> bool:
        return self._closing


def test_what_the_guards_rest_on_is_as_we_know_it() -> None:
    """An upgrade that changes one of these must fail here, not in front of clients."""
    kind = WebSocketsSansIOProtocol
    handed = inspect.getsource(kind.send_receive_event_to_app)
    assert 'data = self.frames[0] if len(self.frames) == 1 else b"".join(self.frames)' in handed
    assert 'if self.curr_msg_data_type == "text":' in handed
    assert "self.frames.append(event.data)" in inspect.getsource(kind.handle_cont)
    ping = inspect.getsource(kind.handle_ping)
    assert 'self.transport.write(b"".join(output))' in ping, "no flow control of its own"
    failed = inspect.getsource(kind.handle_parser_exception)
    assert "assert self.conn.close_sent is not None" in failed
    assert "self.transport.close()" in failed
    assert "if self.state is OPEN:" in inspect.getsource(Protocol.fail)
