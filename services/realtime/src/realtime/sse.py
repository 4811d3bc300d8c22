"""Server-Sent Events: encoding, once per event, and the portable response.

Encoding is sse-starlette's, with a bare line feed at line ends: its default of carriage return and
line feed makes some clients emit an empty event.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Final

import structlog
from sse_starlette.event import ServerSentEvent
from sse_starlette.sse import EventSourceResponse
from starlette.types import Receive, Scope, Send

from realtime.sink import BufferSink

STREAM_HEADERS: Final[Mapping[str, str]] = {
    "Cache-Control": "no-store, no-transform",
    "X-Accel-Buffering": "no",
}
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


class SinkResponse:
    """An ASGI response that sends what a `BufferSink` takes, until it is closed.

    ``opening`` runs beside the response and writes what comes first; it may wait. ``on_end`` is
    called exactly once, however the stream ends.
    """

    def __init__(
        self,
        sink: BufferSink,
        *,
        opening: Callable[[], Awaitable[None]],
        on_end: Callable[[], None],
    ) -> None:
        self._sink = sink
        self._opening = opening
        self._on_end = on_end
        self._response = EventSourceResponse(
            self._batches(),
            headers=STREAM_HEADERS,
            media_type=MEDIA_TYPE,
            ping=0,
            sep="\n",
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until the sink or the client ends it."""
        opening = asyncio.create_task(self._open())
        response = asyncio.create_task(self._response(scope, receive, send))

        def cut() -> None:
            # A peer that never reads leaves the task in a send for ever.
            response.cancel()

        self._sink.on_abort(cut)
        try:
            await asyncio.wait([response])
        finally:
            response.cancel()
            opening.cancel()
            await asyncio.gather(response, opening, return_exceptions=True)
            self._sink.close()
            self._on_end()
        if not response.cancelled() and (error := response.exception()) is not None:
            raise error

    async def _open(self) -> None:
        try:
            await self._opening()
        except Exception:
            log.exception("opening_failed")
            self._sink.close()

    async def _batches(self) -> AsyncIterator[bytes]:
        async for batch in self._sink.chunks():
            yield b"".join(batch)
