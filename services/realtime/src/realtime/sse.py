"""Server-Sent Events: encoding, once per event, and the response that carries a stream.

Encoding is sse-starlette's, with a bare line feed at line ends: its default of carriage return and
line feed makes some clients emit an empty event.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Final, Protocol

import structlog
from sse_starlette.event import ServerSentEvent
from sse_starlette.sse import EventSourceResponse
from starlette.types import Receive, Scope, Send

from realtime.buffer_sink import BufferSink
from realtime.gzip import Deflater, GzipSink
from realtime.http_protocol import StreamHttpProtocol
from realtime.sink import ClosedSink, Sink
from realtime.transport import protocol_of

MEDIA_TYPE: Final = "text/event-stream; charset=utf-8"


log: structlog.stdlib.BoundLogger = structlog.get_logger()


def encode_event(event: str, data: str, *, id_: str | None = None) -> bytes:
    """One event as one block; ``data`` is JSON, so no line break can end a field early."""
    return ServerSentEvent(data, event=event, id=id_, sep="\n").encode()


def encode_retry(milliseconds: int) -> bytes:
    """The reconnection time, as a line that belongs to the block after it.

    A block without data would be lost by clients that only look at events.
    """
    return f"retry: {milliseconds}\n".encode()


def stream_headers(*, gzip: bool) -> dict[str, str]:
    """The headers of a stream: nobody in between may keep, change or hold it back."""
    headers = {
        "Content-Type": MEDIA_TYPE,
        "Cache-Control": "no-store, no-transform",
        "X-Accel-Buffering": "no",
        "Vary": "Accept-Encoding",
    }
    return headers | {"Content-Encoding": "gzip"} if gzip else headers


class Stream(Protocol):
    """What is sent over one response."""

    async def open(self, sink: Sink) -> None:
        """Write what comes first, and see that the rest follows; may wait."""

    def ended(self) -> None:
        """Give everything back: the response is over, or never began."""


class StreamResponse:
    """An ASGI response that lasts until its sink is closed, or the client leaves.

    Under our own protocol class the stream writes to the transport itself, and the call returns
    once the stream is open: the protocol carries it on. Under any other server an
    `EventSourceResponse` drains a buffer as long as it lasts. ``stream.ended`` is called exactly
    once, however it ends, and after `Stream.open`. With a ``deflater`` it is one gzip stream.
    """

    def __init__(self, stream: Stream, deflater: Deflater | None = None) -> None:
        self._stream = stream
        self._deflater = deflater
        self._headers = stream_headers(gzip=deflater is not None)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Begin, and where no protocol of ours takes it over, send until it is over."""
        protocol = protocol_of(scope, StreamHttpProtocol)
        if protocol is not None:
            await self._to_the_transport(protocol, send)
            return
        try:
            await self._through_a_buffer(scope, receive, send)
        finally:
            self._stream.ended()

    async def _to_the_transport(self, protocol: StreamHttpProtocol, send: Send) -> None:
        headers = [(b"connection", b"close")]
        headers += [
            (name.lower().encode(), value.encode()) for name, value in self._headers.items()
        ]
        sink: Sink = ClosedSink()
        try:
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            sink = self._coded(protocol.open_sink())
            await self._open(sink)
        except BaseException:
            sink.close()
            self._stream.ended()
            raise
        protocol.hand_over(self._stream.ended)

    async def _through_a_buffer(self, scope: Scope, receive: Receive, send: Send) -> None:
        buffer = BufferSink()
        sink = self._coded(buffer)
        response = EventSourceResponse(
            _joined(buffer), headers=self._headers, media_type=MEDIA_TYPE, ping=0, sep="\n"
        )
        opening = asyncio.create_task(self._open(sink))
        sending = asyncio.create_task(response(scope, receive, send))
        # A peer that never reads leaves the task in a send for ever.
        buffer.on_abort(lambda: _cancel(sending))
        try:
            await asyncio.wait([sending])
        finally:
            await _end(opening)
            await _end(sending)
            sink.close()
        if not sending.cancelled() and (error := sending.exception()) is not None:
            raise error

    def _coded(self, sink: Sink) -> Sink:
        return sink if self._deflater is None else GzipSink(sink, self._deflater)

    async def _open(self, sink: Sink) -> None:
        try:
            await self._stream.open(sink)
        except Exception:
            log.exception("opening_failed")
            sink.close()


async def _joined(sink: BufferSink) -> AsyncIterator[bytes]:
    async for batch in sink.chunks():
        yield b"".join(batch)


def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
