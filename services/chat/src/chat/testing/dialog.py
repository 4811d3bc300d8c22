"""A session over a sink in memory: what is said, and what is answered."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from chat.replica import Replica
from chat.session import Session
from realtime.closing import LEFT
from realtime.testing import MemorySink

Frame = dict[str, Any]


class Dialog:
    """Says frames to a session; `frames` is everything that it wrote."""

    def __init__(self, replica: Replica, sink: MemorySink, *, name: str, session: str) -> None:
        self.sink = sink
        self.session = Session(replica, sink, name=name, session=session, ip="127.0.0.1")
        self.session.welcome()

    @property
    def frames(self) -> list[Frame]:
        """Every frame so far."""
        return [json.loads(chunk) for chunk in self.sink.chunks]

    def all(self, type_: str) -> list[Frame]:
        """The frames of one type."""
        return [frame for frame in self.frames if frame["type"] == type_]

    @property
    def texts(self) -> list[str]:
        """The texts of all messages shown, in ``joined`` and after."""
        found: list[str] = []
        for frame in self.frames:
            if frame["type"] == "message":
                found.append(frame["text"])
            elif frame["type"] == "joined":
                found += [message["text"] for message in frame["messages"]]
        return found

    async def say(self, type_: str, **fields: Any) -> Frame:
        """Say a frame; gives what was written last."""
        await self.session.take(json.dumps({"type": type_, **fields}))
        last: Frame = json.loads(self.sink.chunks[-1])
        return last

    async def join(self, room: str = "lobby", **fields: Any) -> Frame:
        """Enter a room; gives the answer."""
        since = len(self.sink.chunks)
        await self.say("join", room=room, **fields)
        answer: Frame = json.loads(self.sink.chunks[since])
        return answer

    async def post(self, cid: str, text: str = "hello", room: str = "lobby") -> Frame:
        """Say something to a room; gives the answer."""
        return await self.say("post", room=room, cid=cid, text=text)


def texts(frame: Frame) -> list[str]:
    """The texts of the messages that a frame lists."""
    return [message["text"] for message in frame["messages"]]


def counted(first: int, last: int) -> list[str]:
    """What `fill` posts."""
    return [str(number) for number in range(first, last + 1)]


async def fill(replica: Replica, first: int, last: int, *, room: str = "lobby") -> None:
    """Post texts that count."""
    for text in counted(first, last):
        await replica.publisher.publish(user="filler", room=room, cid=room + text, text=text)


@contextmanager
def dialog(
    replica: Replica, name: str = "ada", *, session: str = "", sink: MemorySink | None = None
) -> Iterator[Dialog]:
    """A session that has been welcomed, and is ended afterwards."""
    talk = Dialog(replica, sink or MemorySink(), name=name, session=session)
    try:
        yield talk
    finally:
        talk.session.ended(LEFT)
