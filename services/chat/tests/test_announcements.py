"""What replicas tell each other, and what they don't take from anybody else."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest

from chat.announcements import PAYLOAD_BYTES, Announcements, Kind
from chat.batches import NAMES_TOLD
from chat.presence import Told
from realtime.testing import MemoryBroker, wait_until

PRESENCE = {"replica": "r1", "joined": ["ada"], "left": [], "count": 1}
TYPING = {"replica": "r1", "user": "ada"}


class Replica:
    """Announcements, and what they heard."""

    def __init__(self, broker: MemoryBroker) -> None:
        self.told: list[Told] = []
        self.typing: list[tuple[str, str]] = []
        self.words = Announcements(
            broker,
            on_told=self.told.append,
            on_typing=lambda room, user: self.typing.append((room, user)),
        )


@asynccontextmanager
async def listening(*replicas: Replica) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(replica.words.run()) for replica in replicas]
    await asyncio.sleep(0)
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_others_hear_it_and_one_does_not_hear_oneself(broker: MemoryBroker) -> None:
    one, two = Replica(broker), Replica(broker)
    async with listening(one, two):
        await one.words.tell(Told("lobby", ("ada",), ("bob",), 7))
        await one.words.tell_typing("attic", "eve")
        await wait_until(lambda: two.told and two.typing)
    assert two.told == [Told("lobby", ["ada"], ["bob"], 7)]
    assert two.typing == [("attic", "eve")]
    assert (one.told, one.typing) == ([], [])


async def test_long_lists_are_cut_before_they_are_told(broker: MemoryBroker) -> None:
    one, two = Replica(broker), Replica(broker)
    users = [f"user{number}".ljust(64, "x") for number in range(NAMES_TOLD + 1)]
    async with listening(one, two):
        await one.words.tell(Told("lobby", users, users, 10_000))
        await wait_until(lambda: two.told)
    assert two.told == [Told("lobby", users[:NAMES_TOLD], users[:NAMES_TOLD], 10_000)]


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"nonsense",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"replica":"r1","joined":[],"left":[],"count":1' + b" " * PAYLOAD_BYTES + b"}",
        msgspec.json.encode(PRESENCE | {"extra": 1}),
        msgspec.json.encode({"replica": "r1", "joined": [], "left": []}),
        msgspec.json.encode(PRESENCE | {"count": -1}),
        msgspec.json.encode(PRESENCE | {"count": 10_000_001}),
        msgspec.json.encode(PRESENCE | {"count": "1"}),
        msgspec.json.encode(PRESENCE | {"joined": ["ada\n"]}),
        msgspec.json.encode(PRESENCE | {"joined": ["<script>"]}),
        msgspec.json.encode(PRESENCE | {"joined": ["x" * 65]}),
        msgspec.json.encode(PRESENCE | {"left": ["x"] * (NAMES_TOLD + 1)}),
        msgspec.json.encode(PRESENCE | {"replica": ""}),
        msgspec.json.encode(TYPING | {"user": "*"}),
    ],
)
async def test_what_we_would_not_say_is_dropped_and_counted(
    broker: MemoryBroker, payload: bytes
) -> None:
    one = Replica(broker)
    async with listening(one):
        await broker.broadcast("presence.lobby", payload)
        await broker.broadcast("typing.lobby", payload)
        await wait_until(lambda: one.words.unreadable.total() == 2)
        # It goes on hearing what is sound.
        await broker.broadcast("presence.lobby", msgspec.json.encode(PRESENCE | {"count": 10**7}))
        await wait_until(lambda: one.told)
    assert one.words.unreadable == {Kind.PRESENCE: 1, Kind.TYPING: 1}
    assert [told.count for told in one.told] == [10**7]
    assert one.typing == []


@pytest.mark.parametrize("room", ["x" * 65, "a b", "ü"])
async def test_a_room_that_is_none_is_dropped(broker: MemoryBroker, room: str) -> None:
    one = Replica(broker)
    async with listening(one):
        await broker.broadcast(f"presence.{room}", msgspec.json.encode(PRESENCE))
        await broker.broadcast(f"typing.{room}", msgspec.json.encode(TYPING))
        await wait_until(lambda: one.words.unreadable.total() == 2)
    assert (one.told, one.typing) == ([], [])


async def test_what_comes_too_fast_is_counted(broker: MemoryBroker) -> None:
    one = Replica(broker)
    assert one.words.dropped == 0
    async with listening(one):
        for _ in range(4_100):
            await broker.broadcast("typing.lobby", msgspec.json.encode(TYPING))
        await wait_until(lambda: len(one.typing) == 4_096)
        assert one.words.dropped == 4
