"""One open WebSocket: a half that reads and a half that writes, and how they end each other."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, Final

import structlog
from starlette.types import Receive, Send

from realtime.buffer_sink import BufferSink
from realtime.closing import BROKEN, CUT, TOO_SLOW, UNWRITABLE, Ending, left
from realtime.conversation import Conversation
from realtime.sink import room_in

CLOSE: Final = timedelta(seconds=1)
"""Time for the close frame to leave; a peer that reads nothing doesn't get one."""

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Connection:
    """Runs a session over an accepted WebSocket, with any ASGI server.

    ``evict_after``: how long a client may leave everything unread before it is ended.
    """

    def __init__(
        self,
        session: Conversation,
        sink: BufferSink,
        receive: Receive,
        send: Send,
        *,
        evict_after: timedelta,
    ) -> None:
        self._session = session
        self._sink = sink
        self._receive = receive
        self._send = send
        self._evict_after = evict_after.total_seconds()
        self._ending: Ending | None = None
        self._client_code: int | None = None
        self._opening: Callable[[], Awaitable[None]] | None = None

    async def run(self, opening: Callable[[], Awaitable[None]] | None = None) -> None:
        """Serve until either side ends it; nothing of it is left then.

        ``opening`` comes before anything is taken.
        """
        self._opening = opening
        try:
            await self._run_halves()
        except asyncio.CancelledError:
            self._ending = CUT
            raise
        finally:
            self._sink.close()
            ending = self._how_it_ended()
            self._session.ended(ending, client_code=self._client_code)
        await self._say_goodbye(ending)

    async def _run_halves(self) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                reader = group.create_task(self._guarded(self._read))
                writer = group.create_task(self._guarded(self._write))
                # By callback and not in a half's own clean-up: a task that is cancelled before
                # its first step never gets there.
                reader.add_done_callback(lambda _: self._reader_ended(writer))
                writer.add_done_callback(lambda _: reader.cancel())
                # A peer that reads nothing leaves the writer in a send for ever.
                self._sink.on_abort(lambda: _cancel(writer))
        finally:
            self._sink.on_abort(lambda: None)

    async def _guarded(self, half: Callable[[], Awaitable[None]]) -> None:
        try:
            await half()
        except Exception:
            log.exception("connection_failed")
            self._ending = BROKEN

    def _reader_ended(self, writer: asyncio.Task[None]) -> None:
        """Nobody reads any more what waits; unless the session itself said its last word."""
        if self._ending is not None:
            writer.cancel()
        self._sink.close()

    # ---------------------------------------------------------------- halves

    async def _read(self) -> None:
        """Take frames, one after the other.

        Always in `receive`, or soon back in it: the server reads pongs only then.
        """
        if self._opening is not None:
            await self._opening()
        while True:
            event = await self._receive()
            if event["type"] == "websocket.disconnect":
                self._client_code = event.get("code")
                self._ending = left(self._client_code)
                return
            await self._session.take(event.get("text"))
            await self._wait_for_room()

    async def _wait_for_room(self) -> None:
        """Take nothing from a client that doesn't take our answers."""
        try:
            async with asyncio.timeout(self._evict_after):
                await room_in(self._sink)
        except TimeoutError:
            self._session.evict()

    async def _write(self) -> None:
        """Pass on what the sink takes."""
        try:
            async for batch in self._sink.chunks():
                for chunk in batch:
                    await self._send({"type": "websocket.send", "text": chunk.decode()})
        # OSError is what ASGI promises for a peer that has gone; between a failed keepalive and
        # that, uvicorn says RuntimeError.
        except (OSError, RuntimeError):
            self._ending = self._ending or UNWRITABLE

    # ---------------------------------------------------------------- end

    def _how_it_ended(self) -> Ending:
        if self._session.ending is None and self._sink.aborted:
            return TOO_SLOW
        return self._session.ending or self._ending or CUT

    async def _say_goodbye(self, ending: Ending) -> None:
        if ending.code is None:
            return
        close: dict[str, Any] = {
            "type": "websocket.close",
            "code": int(ending.code),
            "reason": ending.reason,
        }
        try:
            async with asyncio.timeout(CLOSE.total_seconds()):
                await self._send(close)
        except (OSError, RuntimeError, TimeoutError):
            log.debug("close_not_sent", code=int(ending.code))


def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
