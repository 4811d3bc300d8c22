"""The plainest code that does what a path must do: the unit that its cost is told in.

It uses the same libraries on the same connections, so another machine, Python or uvloop moves both
sides. It checks nothing, keeps nothing and serves one channel.
"""

from typing import Final

import msgspec
from sse_starlette.event import ServerSentEvent
from websockets.frames import Frame, Opcode

from chat.entries import PostEntry
from chat.protocol import Message
from realtime.contracts import Record
from systemtests.cost.bench import Bench, Run, turn
from systemtests.cost.kernel import EPOCH, NOW, POST, READINGS, ROOM

CHUNK: Final = b"\n" * 256
"""As long as a small event; what is in it costs nothing, nobody copies it."""

_readings: Final = msgspec.json.Decoder(list[Record])
_posts: Final = msgspec.json.Decoder(PostEntry)
_encoder: Final = msgspec.json.Encoder()


def deliveries(bench: Bench, transports: int, *, flushes: int) -> Run:
    """Write the same bytes to so many transports."""
    chosen = bench.connections.transports[:transports]

    async def run() -> None:
        for _ in range(flushes):
            for transport in chosen:
                transport.write(CHUNK)
            await turn()

    return run


def _record(offset: int) -> bytes:
    (record,) = _readings.decode(READINGS[offset % len(READINGS)])
    return _encoder.encode(record)


def _event(pack: bytes, offset: int) -> bytes:
    event = ServerSentEvent(pack.decode(), event="readings", id=f"{EPOCH}-{offset}", sep="\n")
    return event.encode()


def _message(offset: int) -> bytes:
    post = _posts.decode(POST)
    message = Message(
        room=ROOM,
        position=f"{EPOCH}-{offset}",
        cid=post.cid,
        user=post.user,
        text=post.text,
        time=NOW,
    )
    return _encoder.encode(message)


def events(bench: Bench, flushes: int, *, readings: int) -> Run:
    """Decode and encode readings, frame so many at a time, write to one transport."""
    transport = bench.connections.transports[0]

    async def run() -> None:
        for offset in range(flushes):
            pack = b",".join([_record(offset + number) for number in range(readings)])
            transport.write(_event(b"[" + pack + b"]", offset))
        await turn()

    return run


def messages(bench: Bench, count: int) -> Run:
    """Decode, encode and frame messages, write each to one transport."""
    transport = bench.connections.transports[0]

    async def run() -> None:
        for offset in range(count):
            frame = Frame(Opcode.TEXT, _message(offset)).serialize(mask=False)
            transport.write(frame)
        await turn()

    return run


def replayed_readings(bench: Bench, count: int, *, at_once: int) -> Run:
    """Frame readings that are encoded already, so many at a time."""
    transport = bench.connections.transports[0]
    records = [_record(offset) for offset in range(count)]

    async def run() -> None:
        for first in range(0, count, at_once):
            pack = b",".join(records[first : first + at_once])
            transport.write(_event(b"[" + pack + b"]", first))
            await turn()

    return run


def replayed_messages(bench: Bench, count: int) -> Run:
    """Frame messages that are encoded already."""
    transport = bench.connections.transports[0]
    kept = [_message(offset) for offset in range(count)]

    async def run() -> None:
        for message in kept:
            transport.write(Frame(Opcode.TEXT, message).serialize(mask=False))
        await turn()

    return run


class _Member:
    __slots__ = ("at", "transport")

    def __init__(self, transport: object, at: int) -> None:
        self.transport = transport
        self.at = at


def attachments(bench: Bench, count: int) -> Run:
    """Make an object for a member, keep it in a dictionary, take it out again."""
    transport = bench.connections.transports[0]
    members: dict[_Member, object] = {}

    async def run() -> None:
        for offset in range(count):
            member = _Member(transport, offset)
            members[member] = transport
            del members[member]

    return run
