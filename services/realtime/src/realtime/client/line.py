"""One connection of a chat: what goes out in order, and which answer is whose."""

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import Any, Final

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from realtime.client.chat_frames import ErrorTold, ServerFrame, encode_frame
from realtime.client.errors import CommandRefusedError

_ANSWERS: Final = {
    "join": "Joined",
    "leave": "Left",
    "history": "HistoryPage",
    "refresh": "Refreshed",
}


class LineLostError(Exception):
    """The connection ended before the answer came: asking again is safe."""


@dataclass(eq=False)
class Asked:
    """A question without a ``cid``, which is told by its turn alone."""

    type_: str
    room: str
    answer: "asyncio.Future[ServerFrame]"


class Line:
    """The chat answers frame by frame in order, so the first question gets the first answer."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._outgoing: asyncio.Queue[str] = asyncio.Queue()
        self._asked: deque[Asked] = deque()
        self.welcomed = False

    async def write(self) -> None:
        """Send what is given, in order, until the connection ends."""
        try:
            while True:
                await self._socket.send(await self._outgoing.get())
        except ConnectionClosed:
            return

    def send(self, frame: str) -> None:
        """Send a frame soon."""
        self._outgoing.put_nowait(frame)

    def ask(self, type_: str, *, room: str = "", **fields: Any) -> "asyncio.Future[ServerFrame]":
        """Send a question; the future has its answer, or why there is none.

        Raises, from the future:
            CommandRefusedError: the chat said no.
            LineLostError: the connection ended first.
        """
        answer: asyncio.Future[ServerFrame] = asyncio.get_running_loop().create_future()
        self._asked.append(Asked(type_, room, answer))
        self.send(encode_frame(type_, room=room or None, **fields))
        return answer

    def answered(self, frame: ServerFrame) -> None:
        """A frame that answers the first question of its kind; ``typing`` never gets one."""
        kind = type(frame).__name__
        while self._asked:
            asked = self._asked.popleft()
            if _ANSWERS.get(asked.type_) == kind:
                if not asked.answer.done():
                    asked.answer.set_result(frame)
                return

    def refused(self, error: ErrorTold) -> Asked | None:
        """A no without a ``cid``: to what was asked first, which is returned."""
        if not self._asked:
            return None
        asked = self._asked.popleft()
        told = CommandRefusedError(
            asked.type_, error.code, error.message, retryable=error.retryable
        )
        if not asked.answer.done():
            asked.answer.set_exception(told)
            asked.answer.exception()  # a question that nobody waits for is no complaint
        return asked

    def lost(self) -> None:
        """The connection has ended."""
        for asked in self._asked:
            if not asked.answer.done():
                asked.answer.set_exception(LineLostError())
                asked.answer.exception()
        self._asked.clear()
