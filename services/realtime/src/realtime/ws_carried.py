"""An open WebSocket that its protocol carries: no task while nobody says anything.

`realtime.ws_connection` does the same with any ASGI server, at the price of two tasks for each.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from datetime import timedelta
from typing import Any

import structlog

from realtime.admission import Slot
from realtime.closing import BROKEN, CUT, LEFT, TOO_SLOW, Ending, left
from realtime.conversation import Conversation
from realtime.sink import room_in
from realtime.transport import TransportSink
from realtime.ws_protocol import StreamWebSocketProtocol

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class CarriedConnection:
    """Runs a session from the frames that the protocol hands in, one after the other.

    ``evict_after``: how long a client may leave everything unread before it is ended. Gives
    ``slot`` back at its end.
    """

    __slots__ = (
        "_client_code",
        "_ending",
        "_evict_after",
        "_inbox",
        "_protocol",
        "_session",
        "_sink",
        "_slot",
        "_worker",
    )

    def __init__(
        self,
        session: Conversation,
        sink: TransportSink,
        protocol: StreamWebSocketProtocol,
        slot: Slot,
        *,
        evict_after: timedelta,
    ) -> None:
        self._session = session
        self._sink = sink
        self._protocol = protocol
        self._slot = slot
        self._evict_after = evict_after
        # None until the first frame, and again when all are done: an empty deque weighs 0.6 KiB.
        self._inbox: deque[Any] | None = None
        self._worker: asyncio.Task[None] | None = None
        self._ending: Ending | None = None
        self._client_code: int | None = None

    def begin(self, opening: Callable[[], Awaitable[None]] | None = None) -> None:
        """Take the connection over from the ASGI call that opened it.

        ``opening`` comes before anything is taken; `Conversation.ended` comes after it.
        """
        if opening is not None:
            self._inbox = deque()
            self._start(self._open(opening, self._inbox))
        self._protocol.hand_over(self.hear)
        self._sink.when_over(self._over)

    def hear(self, event: dict[str, Any]) -> None:
        """Take an ASGI event: a frame, or that the client is gone."""
        if event["type"] == "websocket.disconnect":
            self._client_code = event.get("code")
            self._ending = self._ending or left(self._client_code)
            self._sink.close()
        elif event["type"] == "websocket.receive" and not self._sink.over:
            if self._inbox is None:
                self._inbox = deque()
            self._inbox.append(event.get("text"))
            if self._worker is None:
                self._start(self._work(self._inbox))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        self._worker = asyncio.create_task(work)
        self._worker.add_done_callback(self._worked)

    async def _open(self, opening: Callable[[], Awaitable[None]], inbox: deque[Any]) -> None:
        try:
            await opening()
        except Exception:
            log.exception("opening_failed")
            self._ending = BROKEN
            return
        await self._work(inbox)

    async def _work(self, inbox: deque[Any]) -> None:
        """Take what was said; meanwhile the protocol reads nothing more, and no pongs either."""
        try:
            while inbox:
                await self._session.take(inbox.popleft())
                await self._wait_for_room()
                if inbox:
                    # A thousand small frames fit into one read: the others come between them.
                    await asyncio.sleep(0)
        except Exception:
            log.exception("connection_failed")
            self._ending = BROKEN

    async def _wait_for_room(self) -> None:
        """Take nothing from a client that doesn't take our answers."""
        try:
            async with asyncio.timeout(self._evict_after.total_seconds()):
                await room_in(self._sink)
        except TimeoutError:
            self._session.evict()

    def _worked(self, worker: asyncio.Task[None]) -> None:
        """Read on, or end: as what the work led to."""
        self._worker = None
        self._inbox = None
        if worker.cancelled() and self._ending is None:
            self._ending = CUT
        if self._ending is not None:
            self._sink.close()
        if self._sink.over:
            self._end()
        else:
            self._protocol.read_on()

    def _over(self) -> None:
        """End, but not in the middle of whatever ended the sink."""
        if self._worker is not None:
            self._worker.cancel()
        else:
            self._protocol.loop.call_soon(self._end)

    def _end(self) -> None:
        if self._session.ending is None and self._sink.aborted:
            ending = TOO_SLOW
        else:
            ending = self._session.ending or self._ending or (LEFT if self._sink.lost else CUT)
        self._session.ended(ending, client_code=self._client_code)
        self._slot.leave()
        if ending.code is not None and not self._sink.lost:
            self._protocol.say_close(int(ending.code), ending.reason)
        else:
            self._protocol.finish()
