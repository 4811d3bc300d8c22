"""What a post costs chat: members who post for themselves, each in a room of its own."""

import asyncio
import json
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Final

from websockets.asyncio.client import ClientConnection, connect

from bench.running import Running
from bench.tools import Tools
from capacity.member import OneOfSeveral
from capacity.points import Point

_RATE: Final = 3.0
"""Posts a second of one member; chat takes five."""
_WARM: Final = 1.0
_TEXT: Final = (
    "what somebody says to a room, with some hundred characters, as people do when they talk"
)


@dataclass
class _Heard:
    """What came back to all members: acknowledgements, messages, bytes."""

    acks: int = 0
    messages: int = 0
    bytes: int = 0


def measure_posts(tools: Tools, *, members: int, seconds: float) -> Point:
    """One point: so many members, each alone in a room, so that a post is one ack and one write."""
    tools.say(f"chat: {members} members post {_RATE:g} times a second each")
    with tools.run(OneOfSeveral(alone=True)) as running:
        return asyncio.run(_measure(running, members, seconds))


async def _measure(running: Running, members: int, seconds: float) -> Point:
    heard = _Heard()
    async with AsyncExitStack() as stack:
        lines = [
            await stack.enter_async_context(
                connect(
                    f"ws://127.0.0.1:{running.audience.port}/ws?name=m{n}",
                    proxy=None,
                    compression=None,
                )
            )
            for n in range(members)
        ]
        tasks = [asyncio.create_task(_listen(line, heard)) for line in lines]
        tasks += [asyncio.create_task(_post(line, n)) for n, line in enumerate(lines)]
        await asyncio.sleep(_WARM)
        before, began, acks, messages, size = (
            running.cpu(),
            time.monotonic(),
            heard.acks,
            heard.messages,
            heard.bytes,
        )
        await asyncio.sleep(seconds)
        cpu, took = running.cpu().since(before), time.monotonic() - began
        posts = (heard.acks - acks) / took
        point = Point(
            service="chat",
            connections=members,
            heard=posts,
            writes=(heard.messages - messages) / took,
            bytes=(heard.bytes - size) / took,
            posts=posts,
            cpu=cpu.total / took,
            resident=running.resident_bytes(),
            seconds=took,
            late=0,
            achieved=posts / (members * _RATE),
        )
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return point


async def _listen(line: ClientConnection, heard: _Heard) -> None:
    async for frame in line:
        heard.bytes += len(frame)
        heard.acks += '"type":"ack"' in str(frame)
        heard.messages += '"type":"message"' in str(frame)


async def _post(line: ClientConnection, number: int) -> None:
    room = f"posts-{number}"
    await line.send(json.dumps({"type": "join", "room": room}))
    due = time.monotonic() + (number % 50) / 50 / _RATE
    for count in range(1_000_000):
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        due += 1 / _RATE
        frame = {"type": "post", "room": room, "cid": f"c{count}", "text": _TEXT}
        await line.send(json.dumps(frame))
