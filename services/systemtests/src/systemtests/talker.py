"""A chat client that keeps what it was told, and checks what every client may rest on."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from realtime.position import parse_position
from realtime.testing import wait_until
from systemtests.wire import UndocumentedError, frames_told

Frame = dict[str, Any]


class Talker:
    """One WebSocket; `frames` grows by itself, `code` is set when the connection has ended."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.frames: list[Frame] = []
        self.code: int | None = None
        self.undocumented: UndocumentedError | None = None
        """The first frame that is not as `asyncapi.yaml` has it."""
        self.wire = frames_told()

    @property
    def welcome(self) -> Frame:
        """The first frame."""
        return self.frames[0]

    @property
    def user(self) -> str:
        """The name that was given."""
        return str(self.welcome["user"])

    async def listen(self) -> None:
        """Keep frames until the connection ends."""
        try:
            async for text in self.socket:
                frame: Frame = json.loads(text)
                self.frames.append(frame)
                self._check(frame)
        except ConnectionClosed:
            pass
        finally:
            self.code = self.socket.close_code

    def _check(self, frame: Frame) -> None:
        try:
            self.wire.told(frame)
        except UndocumentedError as error:
            self.undocumented = self.undocumented or error

    def check_documented(self, *, refusals: bool) -> None:
        """What came is as `asyncapi.yaml` has it, and what was not was not taken either."""
        if self.undocumented is not None:
            raise self.undocumented
        if refusals:
            self.wire.check_refusals()

    def all(self, *types: str, since: int = 0) -> list[Frame]:
        """The frames of some types."""
        return [frame for frame in self.frames[since:] if frame["type"] in types]

    async def wait_for(self, *types: str, count: int = 1, since: int = 0) -> list[Frame]:
        """Wait until so many frames of these types have come."""
        what = f"{count} of {types}"
        await wait_until(lambda: len(self.all(*types, since=since)) >= count, what=what)
        return self.all(*types, since=since)

    async def wait_closed(self) -> int | None:
        """Wait for the end; gives the close code."""
        await wait_until(lambda: self.code is not None, what="the connection's end")
        return self.code

    async def say(self, type_: str, **fields: Any) -> None:
        """Send a frame."""
        frame = {"type": type_, **fields}
        self.wire.asked(frame)
        await self.socket.send(json.dumps(frame))

    async def ask(self, type_: str, *answers: str, **fields: Any) -> Frame:
        """Send a frame and wait for its answer: one of ``answers``, or an error."""
        since = len(self.frames)
        await self.say(type_, **fields)
        return (await self.wait_for(*answers, "error", since=since))[0]

    async def join(self, room: str = "lobby", **fields: Any) -> Frame:
        """Enter a room."""
        return await self.ask("join", "joined", room=room, **fields)

    async def post(self, cid: str, text: str = "hello", room: str = "lobby") -> Frame:
        """Say something."""
        return await self.ask("post", "ack", room=room, cid=cid, text=text)

    async def post_all(self, first: int, last: int, *, room: str = "lobby") -> None:
        """Say texts that count, each acknowledged before the next."""
        for number in range(first, last + 1):
            answer = await self.post(f"{room}{number}", str(number), room=room)
            assert answer["type"] == "ack", answer

    async def history(self, room: str = "lobby", **fields: Any) -> Frame:
        """Ask for older messages."""
        return await self.ask("history", "history", room=room, **fields)

    def seen(self, room: str = "lobby") -> list[Frame]:
        """Every message of a room, in the order in which it was shown."""
        found: list[Frame] = []
        for frame in self.frames:
            if frame.get("room") != room:
                continue
            if frame["type"] == "joined":
                found += frame["messages"]
            elif frame["type"] == "message":
                found.append(frame)
        return found

    def check_unbroken(self, room: str = "lobby") -> None:
        """Positions rise: nothing came twice, nothing out of order."""
        offsets = [offset_of(message) for message in self.seen(room)]
        assert offsets == sorted(set(offsets)), offsets


def offset_of(message: Frame) -> int:
    """The offset in a message's position."""
    position = parse_position(message["position"])
    assert position is not None, message
    return position.offset


@asynccontextmanager
async def talking(
    url: str, *, welcomed: bool = True, token: str | None = None, **query: str
) -> AsyncIterator[Talker]:
    """Connect to ``url``, with a bearer token if given; welcomed when entered, unless not."""
    suffix = "?" + urlencode(query) if query else ""
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    async with connect(url + suffix, additional_headers=headers) as socket:
        talker = Talker(socket)
        listening = asyncio.create_task(talker.listen())
        try:
            if welcomed:
                await talker.wait_for("welcome")
            yield talker
        finally:
            ended = talker.code is not None
            await socket.close()
            await listening
            talker.check_documented(refusals=not ended)
