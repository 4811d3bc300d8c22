"""``python -m systemtests.chat_delay``: how long a post takes to its ack and to the room.

Posts are due at fixed times, whatever came of the last one (open loop), and delays count from
there. Measures a running chat from outside, over one WebSocket for each member. As with every
figure of this kind, it says as much about the machine as about Airwave: it is printed, never
asserted.
"""

import argparse
import asyncio
import platform
import sys
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime

import msgspec
import uvloop
from websockets.asyncio.client import ClientConnection, connect

from systemtests.delay import Delays


class _Frame(msgspec.Struct):
    type: str
    cid: str = ""
    text: str = ""
    code: str = ""


_decoder = msgspec.json.Decoder(_Frame)


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Who posts: ``members`` spread over ``rooms``, ``rate`` posts a second of all together."""

    members: int
    rooms: int
    rate: float
    seconds: float


@dataclass(slots=True)
class Seen:
    """Delays in milliseconds, and what went wrong."""

    acks: list[float] = field(default_factory=list)
    deliveries: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    due: dict[str, float] = field(default_factory=dict)

    def take(self, frame: _Frame) -> None:
        """Note a frame that a member was sent."""
        now = time.perf_counter()
        if frame.type == "ack":
            self.acks.append((now - self.due[frame.cid]) * 1_000)
        elif frame.type == "message" and frame.cid in self.due:
            self.deliveries.append((now - self.due[frame.cid]) * 1_000)
        elif frame.type == "error":
            self.errors.append(frame.code)


async def measure(url: str, load: Load) -> tuple[Seen, float]:
    """What was seen, and the greatest lateness of a post (ms): the generator's own fault."""
    seen, run = Seen(), f"{time.time_ns():x}"
    async with AsyncExitStack() as stack, asyncio.TaskGroup() as group:
        members: list[tuple[str, ClientConnection]] = []
        for number in range(load.members):
            room = f"delay-{run}-{number % load.rooms}"
            member = await stack.enter_async_context(connect(url, compression=None, proxy=None))
            await member.send(msgspec.json.encode({"type": "join", "room": room}).decode())
            members.append((room, member))
        # What the joins themselves cause is not what is measured.
        await asyncio.sleep(2)
        readers = [group.create_task(_read(member, seen)) for _, member in members]
        late = await _post(members, seen, load)
        await asyncio.sleep(1)
        for reader in readers:
            reader.cancel()
    return seen, late


async def _read(member: ClientConnection, seen: Seen) -> None:
    async for text in member:
        seen.take(_decoder.decode(text))


async def _post(members: list[tuple[str, ClientConnection]], seen: Seen, load: Load) -> float:
    began = time.perf_counter() + 0.1
    late = 0.0
    for number in range(int(load.rate * load.seconds)):
        due = began + number / load.rate
        if (wait := due - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        late = max(late, time.perf_counter() - due)
        room, member = members[number * 7 % len(members)]
        cid = str(number)
        seen.due[cid] = due
        post = {"type": "post", "room": room, "cid": cid, "text": "x" * 120}
        await member.send(msgspec.json.encode(post).decode())
    return late * 1_000


def _show(what: str, milliseconds: list[float]) -> None:
    delays = Delays(sorted(milliseconds))
    figures = ", ".join(f"p{p:g} {delays.percentile(p):.1f} ms" for p in (50, 99, 99.9))
    print(f"{what}: {figures} ({len(milliseconds)})")  # noqa: T201


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m systemtests.chat_delay", description=__doc__)
    parser.add_argument("--url", default="ws://127.0.0.1:8080/chat/ws")
    parser.add_argument("--members", type=int, default=500)
    parser.add_argument("--rooms", type=int, default=25)
    parser.add_argument("--rate", type=float, default=200.0, help="posts a second")
    parser.add_argument("--seconds", type=float, default=15.0)
    given = parser.parse_args()
    load = Load(members=given.members, rooms=given.rooms, rate=given.rate, seconds=given.seconds)
    print(f"{load.members} members join {load.rooms} rooms at {given.url}")  # noqa: T201
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        seen, late = runner.run(measure(given.url, load))
    if not seen.acks:
        print(f"no post was acknowledged: {set(seen.errors)}", file=sys.stderr)  # noqa: T201
        return 1
    _show("post to ack", seen.acks)
    _show("post to member", seen.deliveries)
    posted = int(load.rate * load.seconds)
    day = datetime.now(UTC).date()
    print(  # noqa: T201
        f"{posted} posts at {load.rate:g}/s, {posted - len(seen.acks)} without an ack, the latest "
        f"{late:.0f} ms late; {day}, {platform.system()} {platform.machine()}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
